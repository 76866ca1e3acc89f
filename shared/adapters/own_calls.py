"""What accounts of ours have changed in a project, as its activity log tells it: every entry there is a change.

Sources: Cloud Audit Logs, "Admin Activity audit logs" (written always, for calls that modify configuration or metadata)
and "Audit logs for long-running operations"; Cloud Logging, "Monitored resources" (service_account: email_id);
BigQuery, "Audit logs overview": each call is told in two versions, the older one on a resource of its own type.
"""

from __future__ import annotations

from collections.abc import Hashable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from shared.adapters.asking import asking
from shared.adapters.audit_changes import changes_of, operation_of
from shared.adapters.cloud_logging import LIST, entries, project_of
from shared.adapters.log_filter import all_of, any_of, between, equals, matches, of_log, without
from shared.model.facts import Change

if TYPE_CHECKING:
    from shared.adapters.google_clients import GoogleClients

WHAT = "list our own calls"
MOST_CALLS = 5_000
CALLER = "protoPayload.authenticationInfo.principalEmail"
REASON, OUR_REASON = "protoPayload.requestMetadata.requestAttributes.reason", "^r-[0-9a-z]+/"
"""What our effects give as their reason begins with the run: also where a person carries them out."""
TOLD_TWICE = without(equals("resource.type", "bigquery_resource"))


def own_calls(
    clients: GoogleClients, project: str, accounts: frozenset[str], since: datetime, until: datetime
) -> tuple[Change, ...]:
    """The calls of some accounts in a project's activity log between two times, oldest first: those not refused.

    With them come those of others that gave a reason as ours do. An operation counts once, as its first entry tells it,
    however it ended.

    Raises:
        LookFailed: also where there are more than anybody would read.
    """
    owner, wanted = project_of(project, WHAT), {one.lower() for one in accounts}
    if not wanted:
        return ()
    by_us = any_of(*(equals(CALLER, one) for one in sorted(wanted)))
    for_us = any_of(by_us, matches(REASON, OUR_REASON))
    query = all_of(of_log("cloudaudit.googleapis.com/activity"), between(since, until), TOLD_TWICE, for_us)
    calls: dict[Hashable, list[Change]] = {}
    with asking(WHAT, owner, LIST):
        for place, one in enumerate(entries(clients, owner, query, WHAT, MOST_CALLS)):
            made = [_exactly(one, change) for change in changes_of(one)]
            if made:  # newest first: what stands in the end is how the operation began
                calls[operation_of(one) or place] = made
    return tuple(sorted((one for made in calls.values() for one in made), key=lambda one: one.at))


def _exactly(entry: Any, change: Change) -> Change:
    """The change with a service account named by its address: its entries name it by its number."""
    labels = entry.resource.labels
    if entry.resource.type != "service_account" or not labels.get("email_id"):
        return change
    name = f"projects/{labels.get('project_id', '-')}/serviceAccounts/{labels['email_id']}"
    return replace(change, resource=f"//iam.googleapis.com/{name}")
