"""What recovering a machine has to see: how large a machine type is, and whether flows of the machine are recorded."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from shared.adapters.asking import asking, limits
from shared.adapters.audit_changes import time_of
from shared.adapters.cloud_logging import entries, project_of
from shared.adapters.log_filter import all_of, any_of, equals, not_before, of_log
from shared.model.machine import Machine
from shared.model.names import ResourceName
from shared.model.outcomes import MachineType

if TYPE_CHECKING:
    from shared.adapters.google_clients import GoogleClients

FLOW_LOGS = ("compute.googleapis.com/vpc_flows", "networkmanagement.googleapis.com/vpc_flows")
ENDS = ("src_instance", "dest_instance")
LOOK_FOR_FLOWS = "look for recorded flows"


def machine_type(clients: GoogleClients, project: str, zone: str, name: str) -> MachineType:
    """A machine type of a zone. What quota the region has left is not looked up: `free_cpus` is None.

    Raises:
        NotAllowedToLook: `compute.machineTypes.get` is missing.
        NotFound: the zone has none of that name.
        LookFailed: no usable answer.
    """
    about = f"projects/{project}/zones/{zone}/machineTypes/{name}"
    with asking("read the machine type", about, "compute.machineTypes.get"):
        request = {"project": project, "zone": zone, "machine_type": name}
        found = clients.machine_types.get(request=request, **limits())
        return MachineType(
            name=found.name,
            cpus=found.guest_cpus,
            memory_mb=found.memory_mb,
            architecture=found.architecture,
            deprecated=bool(found.deprecated.state),
            most_disks=found.maximum_persistent_disks,
            local_ssds=found.bundled_local_ssds.partition_count,
        )


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
