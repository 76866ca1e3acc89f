"""Cloud Audit Logs: activity and data access, single calls and both ends of long-running operations.

Structure decides here (google/cloud/audit/audit_log.proto): status code 7, or the 403 that Compute Engine puts into
`response.error` of an operation's last entry, and the checked permissions without `granted`.
"""

from __future__ import annotations

from msgspec import Struct, ValidationError, convert

from shared.model.denial import AUDIT, TEXT, Check, Denial, Names, NotADenial, Origin, Signs, Trust
from shared.model.log_entry import (
    AuthenticationInfo,
    AuthorizationInfo,
    LogEntry,
    ProtoPayload,
    Status,
    instance_of,
)
from shared.model.names import Permission, ResourceName, parse_permission, parse_principal
from shared.renderings.body import Detail, note_details, read_body, read_details
from shared.renderings.findings import Findings
from shared.renderings.fold import fold
from shared.shapes import Shape

AUDIT_LOG = "type.googleapis.com/google.cloud.audit.AuditLog"
AUDIT_LOGS = frozenset(
    f"cloudaudit.googleapis.com{slash}{kind}"
    for kind in ("activity", "data_access", "policy", "system_event")
    for slash in ("/", "%2F")
)
MARK_OF_SERVICE = {
    "iap.googleapis.com": ("iap", "AuthorizeUser"),
    "contextawareaccess.googleapis.com": ("context_aware_access", ""),
}
NOBODY = AuthenticationInfo()


def _claims(entry: LogEntry) -> bool:
    return not isinstance(entry.proto_payload.status, int) if entry.proto_payload is not None else False


def read(entry: LogEntry) -> Denial | NotADenial:
    """The denial an audit entry states, or why it states none."""
    audit = entry.proto_payload
    assert audit is not None  # noqa: S101 - the shape claims entries that have one
    found = Findings()
    message = _failure(audit, found)
    if not found.statuses:
        return NotADenial(id=entry.insert_id or None, reason="the audited call did not fail", trust=AUDIT)
    caller = audit.authentication_info or NOBODY
    missing = [check for check in audit.authorization_info if not check.granted]
    resource = _resource(audit, missing)
    owner, _, log = entry.log_name.partition("/logs/")
    trust, notes = _trust(owner, log, audit, resource)
    return Denial(
        id=entry.insert_id or None,
        trust=trust,
        status=found.statuses[0],
        message=message,
        names=_names(entry, audit, missing, resource, found),
        signs=Signs(
            errors=tuple(found.errors),
            violations=tuple(found.violations),
            reasons=tuple(found.reasons),
            marks=_marks(audit, found),
        ),
        origin=Origin(
            owner=owner or None,
            instance=instance_of(entry),
            runs_on=entry.resource_type,
            by_key=caller.service_account_key_name != "",
            on_behalf=_chain(caller),
        ),
        evidence=notes,
    )


def _names(
    entry: LogEntry, audit: ProtoPayload, missing: list[AuthorizationInfo], resource: str, found: Findings
) -> Names:
    caller = audit.authentication_info or NOBODY
    who = caller.principal_email or caller.principal_subject
    stated = found.errors[0].metadata if found.errors else {}
    return Names(
        principal=parse_principal(who) if who else None,
        permissions=_permissions(missing) if missing else _stated_permission(stated),
        resource=ResourceName(resource) if resource else None,
        service=stated.get("service") or audit.service_name or None,
        consumer=stated.get("consumer"),
        account=_account(entry, audit),
        checks=_checks(audit, missing) if len(missing) > 1 else (),
    )


def _stated_permission(stated: dict[str, str]) -> tuple[Permission, ...]:
    permission = parse_permission(stated["permission"]) if "permission" in stated else None
    return (permission,) if permission else ()


def _failure(audit: ProtoPayload, found: Findings) -> str:
    """The error's message; its status, reasons and details go to `found`, with a refusal first."""
    status = audit.status
    message = ""
    if isinstance(status, Status):
        if status.code:
            found.add_code(status.code)
            message = status.message
            if status.details:
                read_details(status.details, found)
    elif status is not None:
        found.add_code(status)
    response = audit.response
    if isinstance(response, dict) and "error" in response:
        message = _response_error(response["error"], found) or message
    if len(found.statuses) > 1 and "PERMISSION_DENIED" in found.statuses:
        found.statuses.sort(key="PERMISSION_DENIED".__ne__)
    return fold(message) if message else ""


class _Reason(Struct, gc=False):
    reason: str = ""


class _Error(Struct, gc=False):
    code: int | str = 0
    message: str = ""
    errors: list[_Reason] = []
    details: list[Detail] = []


def _response_error(value: object, found: Findings) -> str:
    """The error of an operation's response; one in a form of its own is read like any JSON error body."""
    try:
        error = convert(value, _Error)
    except ValidationError:
        read_body(value, found)
        return ""
    found.add_code(error.code)
    if error.details:
        note_details(error.details, found)
    if not found.errors:
        found.reasons.extend([one.reason for one in error.errors if one.reason])
    return error.message


def _permissions(missing: list[AuthorizationInfo]) -> tuple[Permission, ...]:
    if len(missing) == 1:
        permission = parse_permission(missing[0].permission)
        return (permission,) if permission else ()
    parsed = [parse_permission(check.permission) for check in missing]
    return tuple(dict.fromkeys([permission for permission in parsed if permission]))


def _checks(audit: ProtoPayload, missing: list[AuthorizationInfo]) -> tuple[Check, ...]:
    """Each permission with what it was checked on, each pair once."""
    found: dict[Check, None] = {}
    for check in missing:
        if permission := parse_permission(check.permission):
            on = _checked_on(audit, check)
            found[Check(permission, ResourceName(on) if on else None)] = None
    return tuple(found)


def _resource(audit: ProtoPayload, missing: list[AuthorizationInfo]) -> str:
    """The resource the first missing permission was checked on."""
    return _checked_on(audit, missing[0]) if missing else audit.resource_name


def _checked_on(audit: ProtoPayload, check: AuthorizationInfo) -> str:
    """The resource of a check; a bare number or an empty check says less than `resourceName`."""
    checked_on = check.resource or (check.resource_attributes.name if check.resource_attributes else "")
    return checked_on if "/" in checked_on else audit.resource_name or checked_on


def _trust(owner: str, log: str, audit: ProtoPayload, resource: str) -> tuple[Trust, tuple[str, ...]]:
    """Audit trust needs an audit log whose parent owns the resource: anyone may write into the logs of a project."""
    if log not in AUDIT_LOGS or audit.type != AUDIT_LOG:
        return TEXT, ("it is shaped like an audit entry but stands in no audit log: believed like text",)
    if resource == owner or resource[: len(owner) + 1] == owner + "/":
        return AUDIT, ()
    project, own_project = ResourceName(resource).project, owner.removeprefix("projects/")
    if (
        project
        and owner.startswith("projects/")
        and project.isdigit() == own_project.isdigit()
        and project != own_project
    ):
        return TEXT, (f"the log belongs to {owner}, the resource to projects/{project}: believed like text",)
    return AUDIT, ()


def _marks(audit: ProtoPayload, found: Findings) -> tuple[str, ...]:
    marks = found.marks
    if audit.policy_violation_info is not None:
        marks.append("org_policy")
    if audit.service_name in MARK_OF_SERVICE:
        mark, method = MARK_OF_SERVICE[audit.service_name]
        if audit.method_name.endswith(method):
            marks.append(mark)
            if isinstance(audit.metadata, dict) and audit.metadata.get("unsatisfied_access_levels"):
                marks.append("access_level")
    return tuple(marks)


def _account(entry: LogEntry, audit: ProtoPayload) -> str | None:
    """The service account a call was about, by label or by `serviceAccounts/EMAIL` in the resource's name."""
    if entry.resource_type == "service_account" and entry.label("email_id"):
        return entry.label("email_id")
    if "serviceAccounts/" not in audit.resource_name:
        return None
    return audit.resource_name.partition("serviceAccounts/")[2].partition("/")[0].partition(":")[0]


def _chain(caller: AuthenticationInfo) -> tuple[str, ...]:
    links = caller.service_account_delegation_info
    if not links:
        return ()
    names = []
    for link in links:
        google = link.first_party_principal
        if name := google.principal_email if google else link.principal_subject:
            names.append(name)
    return tuple(names)


SHAPE = Shape(id="audit_log", payloads=("proto",), order=50, claims=_claims, read=read)
