"""What carrying out a fix has to see: which APIs are on, how an operation ended, how calls like the refused one went.

Of the calls, the audit log tells. Data Access logs may be off, or not for us to see: then nothing is seen, which is
never taken for a success.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from shared.adapters.asking import asking, limits
from shared.adapters.log_filter import all_of, any_of, between, equals, of_log
from shared.adapters.pages import every_page
from shared.adapters.resource_manager import is_container
from shared.errors import LookFailed
from shared.model.names import ResourceName, is_target
from shared.model.outcomes import Operation, Outcomes
from shared.model.work import MachineName, OriginalCall

if TYPE_CHECKING:
    from shared.adapters.google_clients import GoogleClients

AUDIT_LOGS = ("cloudaudit.googleapis.com/activity", "cloudaudit.googleapis.com/data_access")
WHO = "protoPayload.authenticationInfo"
NOT_ALLOWED = (7, 16)
"""PERMISSION_DENIED and UNAUTHENTICATED (google.rpc.Code): every other error was met behind the check of access."""
MOST_CALLS = 1_000
LOOK_FOR = "look for the call"
PAGE = 200
"""The most services of a page (services.list)."""
ABOVE_RESOURCES = ("projects", "folders", "organizations")


def operation(clients: GoogleClients, machine: MachineName, name: str) -> Operation:
    """An operation on a machine, by its name.

    Raises:
        NotFound: it is not known any more; the machine itself tells what became of it.
        LookFailed: no usable answer, or it is an operation on another machine.
    """
    from google.cloud.compute_v1 import Operation as Started

    what, about = "read the operation", f"{machine.full_name.partition('/instances/')[0]}/operations/{name}"
    if not is_target(about) or "%" in about or "/" in name:
        raise LookFailed(what, about[:200], "no operation has such a name")
    request = {"project": machine.project, "zone": machine.zone, "operation": name}
    with asking(what, about, "compute.zoneOperations.get"):
        found = clients.zone_operations.get(request=request, **limits())
        if found.name != name or str(found.target_id) != machine.id:
            raise LookFailed(what, about, "the answer is about another operation, or another machine")
        is_done = found.status == Started.Status.DONE
        errors = list(found.error.errors)
        failed = bool(errors) or found.http_error_status_code >= 400
    if not is_done or not failed:
        return Operation(done=is_done)
    code = errors[0].code if errors else f"HTTP {found.http_error_status_code}"
    return Operation(done=True, code=code, said=errors[0].message if errors else found.http_error_message)


def enabled_services(clients: GoogleClients, project: str) -> frozenset[str]:
    """Every API that is on in `projects/ID` or `projects/NUMBER`, by its host.

    Raises:
        NotAllowedToLook: also where there is no such project.
    """
    from google.cloud.service_usage_v1 import State

    what = "list the APIs"
    if not project.startswith("projects/") or not is_container(project):
        raise LookFailed(what, project[:200], "no project has such a name")
    request = {"parent": project, "filter": "state:ENABLED", "page_size": PAGE}
    found: set[str] = set()
    with asking(what, project, "serviceusage.services.list"):
        for page in every_page(clients.service_usage.list_services(request=request, **limits()), what, project):
            for one in page.services:
                if one.state != State.ENABLED or "/services/" not in one.name:
                    raise LookFailed(what, project, "the answer is not the list that was asked for")
                found.add(one.name.rpartition("/services/")[2])
    return frozenset(found)


class _Seen(Struct, frozen=True, kw_only=True):
    """One call of the principal: when, and whether it is like the refused one and was let through or not."""

    at: datetime
    succeeded: bool = False
    refused: bool = False


def outcomes(clients: GoogleClients, call: OriginalCall, since: datetime, until: datetime) -> Outcomes:
    """What became of calls like the refused one between two times, as far as audit logs show: the newest 1,000.

    A success needs the same permission and resource, and no error at all. A refusal needs as much of them as is known:
    what is not known does not excuse it. An error behind the check of access (not found, busy) counts as neither.
    Where it is not known who called, or in which project, nothing can be seen.

    Raises:
        NotAllowedToLook: the logs may not be read.
    """
    if call.principal is None or call.project is None or not is_container(call.project):
        return Outcomes()
    service = (equals("protoPayload.serviceName", call.service),) if call.service else ()
    of_caller = (*_by(call.principal), between(since, until), *service)
    alike = (equals("protoPayload.authorizationInfo.permission", call.permission),) if call.permission else ()
    with asking(LOOK_FOR, call.project, "logging.logEntries.list"):
        seen = list(_calls(clients, call, all_of(*of_caller, *alike), MOST_CALLS))
        traffic = bool(seen) or any(True for _ in _calls(clients, call, all_of(*of_caller), 1))
    return Outcomes(
        succeeded=tuple(sorted(one.at for one in seen if one.succeeded)),
        refused=tuple(sorted(one.at for one in seen if one.refused)),
        traffic=traffic,
    )


def _by(principal: str) -> tuple[str, ...]:
    """Audit entries of a principal, however they name it: those that stand where Google writes its audit logs."""
    named = any_of(equals(f"{WHO}.principalEmail", principal), equals(f"{WHO}.principalSubject", principal))
    return any_of(*(of_log(log) for log in AUDIT_LOGS)), named


def _calls(clients: GoogleClients, call: OriginalCall, query: str, most: int) -> Iterator[_Seen]:
    """The newest calls that a filter lets through, as audit entries tell of them."""
    from google.cloud.logging_v2.types import ListLogEntriesRequest

    owner = str(call.project)
    request = ListLogEntriesRequest(resource_names=[owner], filter=query, order_by="timestamp desc", page_size=most)
    found = 0
    for page in every_page(clients.logging.list_log_entries(request=request, **limits()), LOOK_FOR, owner):
        for entry in page.entries:
            seen = _judged(call, entry)
            if seen is not None:
                yield seen
                found += 1
            if found == most:
                return


def _judged(call: OriginalCall, entry: Any) -> _Seen | None:
    """What an entry says of the call; None where it is of another caller, whom the filter did not tell apart."""
    audit = _audit_of(entry)
    who = audit.authentication_info
    if call.principal not in (who.principal_email, who.principal_subject.rpartition(":")[2], who.principal_subject):
        return None
    if entry.timestamp is None:
        raise ValueError("an entry without a time")
    at = datetime.fromtimestamp(entry.timestamp.timestamp(), UTC)
    checked = [one for one in audit.authorization_info if call.permission in (None, one.permission)]
    is_on_it = _is_same(call.resource, audit.resource_name) or _is_account(call.resource, entry.resource.labels)
    alike = [one for one in checked if is_on_it or _is_same(call.resource, one.resource)]
    is_known = call.permission is not None and call.resource is not None
    could_be = call.resource is None or is_on_it or bool(alike)
    return _Seen(
        at=at,
        succeeded=is_known and not audit.status.code and any(one.granted for one in alike),
        refused=could_be and audit.status.code in NOT_ALLOWED,
    )


def _audit_of(entry: Any) -> Any:
    """The audit log of an entry; `ValueError` for an entry that has none."""
    from google.cloud.audit.audit_log_pb2 import AuditLog
    from google.protobuf.message import Error

    audit = AuditLog()
    try:
        if not type(entry).pb(entry).proto_payload.Unpack(audit):
            raise ValueError("an entry without an audit log")
    except Error as error:
        raise ValueError("an entry whose audit log cannot be unpacked") from error
    return audit


def _is_account(wanted: str | None, labels: Mapping[str, str]) -> bool:
    """Whether an entry is about the account that is wanted: audit logs name it by number, its labels by mail."""
    email = ResourceName(wanted or "").part("serviceAccounts")
    return email is not None and labels.get("email_id") == email


def _is_same(wanted: str | None, found: str) -> bool:
    """Whether a name is that of the resource, or of something inside it: its object, its table, its version.

    Inside a project, a folder or an organisation is everything: there, only the same name is the same.
    """
    if not wanted or not found:
        return False
    name, other = ResourceName(wanted).name, ResourceName(found).name
    is_wide = name.count("/") == 1 and name.startswith(ABOVE_RESOURCES)
    return other == name or (not is_wide and other.startswith(f"{name}/"))
