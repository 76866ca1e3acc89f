"""Cloud Logging: its own copy of an entry, what was changed in a project, when a machine's agents were last heard.

Every list is bounded. An entry and the changes are only told if the list was read to its end, because that something is
not there counts as evidence: more than the bound is `LookFailed`. Of what agents say, the newest is enough.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from shared.adapters.asking import asking, limits
from shared.adapters.audit_changes import DELTAS, METHODS, OF_MACHINES, OF_POLICIES, changes_of, operation_of, time_of
from shared.adapters.log_filter import all_of, any_of, between, contains, equals, matches, not_before, of_log, without
from shared.adapters.log_json import rest_json
from shared.adapters.pages import every_page
from shared.adapters.resource_manager import is_container
from shared.errors import LookFailed, NotAllowedToLook
from shared.model.codec import to_json
from shared.model.facts import Beat, Change

if TYPE_CHECKING:
    from shared.adapters.google_clients import GoogleClients

LIST, PRIVATE = "logging.logEntries.list", "logging.privateLogEntries.list"
PRIVATE_LOGS = ("cloudaudit.googleapis.com%2Fdata_access", "cloudaudit.googleapis.com%2Faccess_transparency")
NEAR = timedelta(milliseconds=1)
"""An entry's time has nanoseconds, ours has not."""
MOST_COPIES, MOST_CHANGES, MOST_CODES = 100, 2_000, 500
PAGE = 1_000
"""The most entries of a page (entries.list)."""
SUCCEEDED = "NOT protoPayload.status.code>0"
PLATFORM_LOG = ".googleapis.com%2F"
"""Part of the names of logs that Google's services write about a machine: audit logs, its console, its host."""
HEALTH, ALIVE = "ops-agent-health", "LogPingOpsAgent"


def entry(clients: GoogleClients, log_name: str, insert_id: str, at: datetime) -> bytes | None:
    """Cloud Logging's own copy of an entry as LogEntry JSON, None if it has no such entry.

    It is what REST writes, but for fields that are newer than the client library: those are left out. None is also the
    answer for what a sink's exclusion kept from being stored.

    Raises:
        NotAllowedToLook: the logs may not be read; or these are private logs, which are left out without a word.
        NotFound: what owns the log does not exist.
        LookFailed: no usable answer, or more than one entry of that name and time.
    """
    what, owner = "fetch the entry", log_name.partition("/logs/")[0]
    if not _is_owner(owner) or log_name.count("/") != 3:
        raise LookFailed(what, log_name[:200], "no log has such a name")
    query = all_of(equals("logName", log_name), equals("insertId", insert_id), between(at - NEAR, at + NEAR))
    found: list[Any] = []
    with asking(what, log_name, LIST):
        for one in entries(clients, owner, query, what, MOST_COPIES):
            copy = rest_json(one, what, log_name)
            if copy not in found and (copy.get("logName"), copy.get("insertId")) == (log_name, insert_id):
                found.append(copy)
    if len(found) > 1:
        raise LookFailed(what, log_name, f"there are {len(found)} entries of the same id and time")
    if not found:
        _check_private(clients, log_name, owner)
    return to_json(found[0]) if found else None


def _is_owner(name: str) -> bool:
    kind, _, account = name.partition("/")
    return is_container(name) or (kind == "billingAccounts" and account.replace("-", "").isalnum())


def _check_private(clients: GoogleClients, log_name: str, owner: str) -> None:
    """Make sure that silence means absence: private logs are silent to whoever may not read them."""
    if not log_name.endswith(PRIVATE_LOGS):
        return
    kind = owner.partition("/")[0]
    if not is_container(owner):
        raise LookFailed("fetch the entry", log_name, f"nothing tells whether we may read private logs of {kind}")
    with asking("test our own permissions", owner, PRIVATE):
        request = {"resource": owner, "permissions": [PRIVATE]}
        held = getattr(clients, kind).test_iam_permissions(request=request, **limits())
    if PRIVATE not in held.permissions:
        raise NotAllowedToLook(PRIVATE, owner, "private logs are left out of what we are shown")


def changes(clients: GoogleClients, project: str, since: datetime, until: datetime) -> tuple[Change, ...]:
    """Successful changes of policies, roles, APIs and accounts in a project, and deletions, newest first.

    Raises:
        LookFailed: also where there were more than anybody would read: one that is missing could be the one.
    """
    what, owner = "list the changes", project_of(project, "list the changes")
    finished = any_of(SUCCEEDED, "operation.last=true")
    activity = of_log("cloudaudit.googleapis.com/activity")
    query = all_of(activity, between(since, until), matches("protoPayload.methodName", METHODS), finished)
    found: list[Change] = []
    ended: set[tuple[str, str]] = set()
    with asking(what, owner, LIST):
        for one in entries(clients, owner, query, what, MOST_CHANGES):
            operation = operation_of(one)
            if operation is None or operation not in ended:
                found += changes_of(one)  # the newest entry of an operation tells how it ended
            if operation is not None:
                ended.add(operation)
    return tuple(found)


def removals(clients: GoogleClients, project: str, who: str, since: datetime, until: datetime) -> tuple[Change, ...]:
    """Changes that took bindings from members with `who` in their names, newest first.

    Raises:
        LookFailed: also where there were more than anybody would read: one that is missing could be the one.
    """
    taken = (all_of(contains(f"{one}.member", who), equals(f"{one}.action", "REMOVE")) for one in DELTAS)
    found = calls_done(clients, project, OF_POLICIES, "list the removals", between(since, until), any_of(*taken))
    return tuple(one for one in found if one.removed)


def touched(
    clients: GoogleClients, project: str, instance_id: str, since: datetime, until: datetime
) -> tuple[Change, ...]:
    """Calls that changed a machine's metadata, account or scopes, newest first; each that was not refused counts.

    Raises:
        LookFailed: also where there were more than anybody would read: one that is missing could be the one.
    """
    what, of_machine = "list the changes of the machine", equals("resource.labels.instance_id", instance_id)
    return calls_done(clients, project, OF_MACHINES, what, between(since, until), of_machine)


def calls_done(clients: GoogleClients, project: str, methods: str, what: str, *more: str) -> tuple[Change, ...]:
    """The calls of some methods that a project's activity log tells of, newest first: those that were not refused.

    Raises:
        LookFailed: also where there are more than anybody would read.
    """
    owner, activity = project_of(project, what), of_log("cloudaudit.googleapis.com/activity")
    query = all_of(activity, matches("protoPayload.methodName", methods), SUCCEEDED, *more)
    with asking(what, owner, LIST):
        found = entries(clients, owner, query, what, MOST_CHANGES)
        return tuple(change for one in found for change in changes_of(one))


def beat(clients: GoogleClients, project: str, instance_id: str, since: datetime) -> Beat:
    """When the agents of a machine were last heard since a time, and what their self-checks failed with, newest first.

    Whatever writes with the machine as its resource counts as an agent, except Google's own services. Anyone who may
    write logs in the project can write such entries: a sign of life is a hint, never a proof.
    """
    what, owner = "hear the agents", project_of(project, "hear the agents")
    with asking(what, f"{owner} instance {instance_id}"[:200], LIST):
        heard = entries(clients, owner, all_of(*_of_machine(instance_id, since), AGENTS), what)
        last = next((time_of(one) for one in heard if _is_of(one, instance_id)), None)
        failed = all_of(*_of_machine(instance_id, since), of_log(HEALTH), FAILURES)
        codes: dict[str, None] = {}
        for place, one in enumerate(entries(clients, owner, failed, what)):
            if place == MOST_CODES:
                break
            if _is_of(one, instance_id):
                codes[str(one.json_payload["code"])[:100]] = None
    return Beat(last=last, codes=tuple(codes))


AGENTS = without(contains("logName", PLATFORM_LOG))
FAILURES = all_of("jsonPayload.code:*", without(equals("jsonPayload.code", ALIVE)))


def _of_machine(instance_id: str, at: datetime) -> tuple[str, ...]:
    return equals("resource.type", "gce_instance"), equals("resource.labels.instance_id", instance_id), not_before(at)


def _is_of(one: Any, instance_id: str) -> bool:
    return bool(one.resource.labels.get("instance_id") == instance_id)


def project_of(project: str, what: str) -> str:
    """`projects/ID` or `projects/NUMBER`; of machines the project is known without its collection."""
    name = project if "/" in project else f"projects/{project}"
    if not name.startswith("projects/") or not is_container(name):
        raise LookFailed(what, project[:200], "no project has such a name")
    return name


def entries(clients: GoogleClients, owner: str, query: str, what: str, most: int | None = None) -> Iterator[Any]:
    """The entries of an owner's own logs that a filter lets through, newest first.

    Raises:
        LookFailed: there are more than `most`; or the pages do not end, empty ones included, which Cloud Logging gives
            while it is still searching.
    """
    from google.cloud.logging_v2.types import ListLogEntriesRequest

    request = ListLogEntriesRequest(
        resource_names=[owner], filter=query, order_by="timestamp desc", page_size=min(most or PAGE, PAGE)
    )
    seen = 0
    for page in every_page(clients.logging.list_log_entries(request=request, **limits()), what, owner):
        for one in page.entries:
            seen += 1
            if most is not None and seen > most:
                raise LookFailed(what, owner, f"there are more than {most}")
            yield one
