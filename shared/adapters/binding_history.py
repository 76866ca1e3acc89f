"""Who has changed the policy of a resource, as the activity log tells it: a policy does not say whose a binding is."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from shared.adapters import storage
from shared.adapters.audit_changes import OF_POLICIES
from shared.adapters.cloud_logging import calls_done
from shared.adapters.log_filter import contains, not_before
from shared.errors import LookFailed
from shared.model.facts import Change
from shared.model.names import ResourceName, place_of

if TYPE_CHECKING:
    from shared.adapters.google_clients import GoogleClients

WHAT = "look who changed the policy"


def policy_changes(clients: GoogleClients, resource: str, since: datetime) -> tuple[Change, ...]:
    """Successful changes of the policy of one resource, newest first.

    What was written a moment ago may still be missing: Cloud Logging has entries within seconds, as a rule.

    Raises:
        LookFailed: also where there were more changes than anybody would read: one that is missing could be the one.
    """
    project, last = project_of(clients, resource), resource.rpartition("/")[2]
    named = contains("protoPayload.resourceName", last)
    found = calls_done(clients, project, OF_POLICIES, WHAT, not_before(since), named)
    return tuple(one for one in found if place_of(one.resource) == place_of(resource))


def project_of(clients: GoogleClients, resource: str) -> str:
    """The project whose log tells of a resource; the name of a bucket does not say it.

    Raises:
        LookFailed: also for what is in no project, such as a folder.
    """
    if project := ResourceName(resource).project:
        return f"projects/{project}"
    if resource.startswith(f"//{storage.HOST}/"):
        return f"projects/{storage.project_number(clients, resource)}"
    raise LookFailed("find the log", resource[:200], "its name does not tell a project")
