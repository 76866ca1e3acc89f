"""Who has given a role to a member, as the activity log tells it: a policy does not say whose a binding is."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from shared.adapters import storage
from shared.adapters.audit_changes import DELTAS, OF_POLICIES
from shared.adapters.cloud_logging import calls_done
from shared.adapters.log_filter import any_of, contains, not_before
from shared.errors import LookFailed
from shared.grants.members import as_stored
from shared.model.facts import Change
from shared.model.names import ResourceName, Role

if TYPE_CHECKING:
    from shared.adapters.google_clients import GoogleClients

WHAT = "look who gave the role"


def given_by(clients: GoogleClients, resource: str, role: Role, member: str, since: datetime) -> Change | None:
    """The newest change that gave a role on a resource to a member, whatever its condition.

    None where the activity log does not tell of one since then, or tells that the role was taken again: what was
    written a moment ago may still be missing there (Cloud Logging documentation, "Ingestion": seconds, as a rule).

    Raises:
        LookFailed: also where there were more changes than anybody would read: one that is missing could be the one.
    """
    named = (contains(f"{one}.member", member) for one in DELTAS)
    project = _project_of(clients, resource)
    wanted = (role, as_stored(member))
    for change in calls_done(clients, project, OF_POLICIES, WHAT, not_before(since), any_of(*named)):
        if _place(change.resource) != _place(resource):
            continue
        if wanted in map(_parts, change.removed):
            return None
        if wanted in map(_parts, change.added):
            return change
    return None


def _project_of(clients: GoogleClients, resource: str) -> str:
    """The project whose log tells of a resource; the name of a bucket does not say it."""
    if project := ResourceName(resource).project:
        return f"projects/{project}"
    if resource.startswith(f"//{storage.HOST}/"):
        return f"projects/{storage.project_number(clients, resource)}"
    raise LookFailed(WHAT, resource[:200], "its name does not tell a project")


def _place(resource: str) -> tuple[str, ...]:
    """A full name without its project, which is written with its id or with its number."""
    host, _, _, *rest = resource.removeprefix("//").split("/")
    return host, *rest


def _parts(binding: str) -> tuple[str, str]:
    role, _, member = binding.partition(" ")
    return role, as_stored(member)
