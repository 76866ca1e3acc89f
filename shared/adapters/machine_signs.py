"""What recovering a machine has to see: whether flows of the machine are recorded."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from shared.adapters.asking import asking
from shared.adapters.audit_changes import time_of
from shared.adapters.cloud_logging import entries, project_of
from shared.adapters.log_filter import all_of, any_of, equals, not_before, of_log
from shared.model.machine import Machine
from shared.model.names import ResourceName

if TYPE_CHECKING:
    from shared.adapters.google_clients import GoogleClients

FLOW_LOGS = ("compute.googleapis.com/vpc_flows", "networkmanagement.googleapis.com/vpc_flows")
ENDS = ("src_instance", "dest_instance")
LOOK_FOR_FLOWS = "look for recorded flows"


def flow_seen(clients: GoogleClients, machine: Machine, since: datetime) -> datetime | None:
    """When a flow from or to a machine was last recorded since a time, None for never.

    The logs of a flow are in the project of its network, which for a Shared VPC is the host project.

    Raises:
        NotAllowedToLook: `logging.logEntries.list` is missing on a network's project.
        LookFailed: no usable answer.
    """
    named = any_of(
        *(
            all_of(
                equals(f"jsonPayload.{end}.vm_name", machine.name),
                equals(f"jsonPayload.{end}.project_id", machine.project),
                equals(f"jsonPayload.{end}.zone", machine.zone),
            )
            for end in ENDS
        )
    )
    query = all_of(any_of(*(of_log(one) for one in FLOW_LOGS)), named, not_before(since))
    owners = {project for one in machine.subnetworks if (project := ResourceName(one).project)} or {machine.project}
    seen: list[datetime] = []
    for owner in sorted(owners):
        project = project_of(owner, LOOK_FOR_FLOWS)
        with asking(LOOK_FOR_FLOWS, project, "logging.logEntries.list"):
            first = next(iter(entries(clients, project, query, LOOK_FOR_FLOWS)), None)
            if first is not None:
                seen.append(time_of(first))
    return max(seen, default=None)
