"""Cloud Audit Logs: activity and data access, single calls and both ends of long-running operations.

Structure decides here (google/cloud/audit/audit_log.proto): status code 7, or the 403 that Compute Engine puts into
`response.error` of an operation's last entry, and the checked permissions without `granted`.
"""

from __future__ import annotations

from typing import Any

from shared.model.denial import Denial, NotADenial, Trust
from shared.model.log_entry import AuthenticationInfo, AuthorizationInfo, LogEntry, MonitoredResource, ProtoPayload, RequestMetadata, Status, instance_of
from shared.model.names import Permission, parse_permission, parse_principal, parse_resource
from shared.renderings.body import read_body, read_detail
from shared.renderings.findings import Findings
from shared.renderings.fold import fold
from shared.shapes import Shape

AUDIT_LOGS = frozenset(
    f"cloudaudit.googleapis.com{slash}{kind}"
    for kind in ("activity", "data_access", "policy", "system_event")
    for slash in ("/", "%2F")
)
NOBODY = AuthenticationInfo()


def _claims(entry: LogEntry) -> bool:
    return entry.proto_payload is not None


def read(entry: LogEntry) -> Denial | NotADenial:
    """The denial an audit entry states, or why it states none."""
    audit = entry.proto_payload
    assert audit is not None
    found = Findings()
    message = _failure(audit, found)
    if not found.statuses:
        return NotADenial(id=entry.insert_id or None, reason="the audited call did not fail", trust=Trust.AUDIT)
    missing = [check for check in audit.authorization_info if not check.granted]
    resource = _resource(audit, missing)
    trust, notes = _trust(entry, audit, resource)
    caller = audit.authentication_info or NOBODY
    who = caller.principal_email or caller.principal_subject
    return Denial(
        id=entry.insert_id or None,
        shape=SHAPE.id,
        trust=trust,
        status=found.statuses[0],
        message=message,
        principal=parse_principal(who) if who else None,
        permissions=_permissions([check.permission for check in missing]),
        resource=parse_resource(resource),
        service=audit.service_name or None,
        method=audit.method_name,
        consumer=found.errors[0].metadata.get("consumer") if found.errors else None,
        owner=entry.parent or None,
        target_account=_target_account(entry, audit),
        errors=tuple(found.errors),
        violations=tuple(found.violations),
        reasons=tuple(found.reasons),
        marks=_marks(entry, audit, found),
        instance=instance_of(entry),
        runs_on=entry.resource_type,
        user_agent=_user_agent(audit),
        by_key=bool(caller.service_account_key_name),
        on_behalf=_chain(caller) if caller.service_account_delegation_info else (),
        happened_at=entry.timestamp,
        evidence=notes,
    )


def _failure(audit: ProtoPayload, found: Findings) -> str:
    """The error's message; its status, reasons and details go to `found`, with a refusal first."""
    status = audit.status
    message = ""
    if isinstance(status, Status) and status.code:
        found.add_code(status.code)
        message = status.message
        for detail in status.details:
            if isinstance(detail, dict):
                read_detail(str(detail.get("@type", "")), detail, found)
                if "quotaExceeded" in detail:
                    found.marks.append("quota")
    elif isinstance(status, int):
        found.add_code(status)
    error = audit.response.get("error") if isinstance(audit.response, dict) else None
    if isinstance(error, dict):
        message = _response_error(error, found) or message
    if len(found.statuses) > 1 and "PERMISSION_DENIED" in found.statuses:
        found.statuses.sort(key="PERMISSION_DENIED".__ne__)
    return fold(message) if message else ""


def _response_error(error: dict[str, Any], found: Findings) -> str:
    code, message = error.get("code"), error.get("message")
    found.add_code(code)
    for part in error.get("errors") or ():
        if isinstance(part, dict) and isinstance(part.get("reason"), str):
            found.reasons.append(part["reason"])
        elif isinstance(part, dict):
            read_body(part, found)
    for detail in error.get("details") or ():
        if isinstance(detail, dict):
            read_detail(str(detail.get("@type", "")), detail, found)
    return message if isinstance(message, str) else ""


def _permissions(checked: list[str]) -> tuple[Permission, ...]:
    parsed = [parse_permission(name) for name in dict.fromkeys(checked) if name]
    return tuple([permission for permission in parsed if permission])


def _resource(audit: ProtoPayload, missing: list[AuthorizationInfo]) -> str:
    """The resource the permission was checked on; a bare number or an empty check says less than `resourceName`."""
    if not missing:
        return audit.resource_name
    checked_on = missing[0].resource or str(missing[0].resource_attributes.get("name", ""))
    return checked_on if "/" in checked_on else audit.resource_name or checked_on


def _trust(entry: LogEntry, audit: ProtoPayload, resource: str) -> tuple[Trust, tuple[str, ...]]:
    """Audit trust needs an audit log whose parent owns the resource: anyone may write entries into their own project."""
    if entry.log_name.rpartition("/logs/")[2] not in AUDIT_LOGS or not audit.type.endswith("google.cloud.audit.AuditLog"):
        return Trust.TEXT, ("it is shaped like an audit entry but does not stand in an audit log: believed like text",)
    owner = entry.parent
    if resource.startswith(owner) and resource[len(owner) : len(owner) + 1] in ("", "/"):
        return Trust.AUDIT, ()
    named = parse_resource(resource)
    project = named.project if named and named.project else None
    own_project = owner.removeprefix("projects/")
    if project and owner.startswith("projects/") and project.isdigit() == own_project.isdigit() and project != own_project:
        return Trust.TEXT, (f"the log belongs to {owner}, the resource to projects/{project}: believed like text until looked at",)
    return Trust.AUDIT, ()


def _marks(entry: LogEntry, audit: ProtoPayload, found: Findings) -> tuple[str, ...]:
    marks = found.marks
    if audit.policy_violation_info is not None:
        marks.append("org_policy")
    if audit.service_name == "iap.googleapis.com" and audit.method_name.endswith("AuthorizeUser"):
        marks.append("iap")
    if audit.service_name == "contextawareaccess.googleapis.com":
        marks.append("context_aware_access")
    return tuple(marks)


def _target_account(entry: LogEntry, audit: ProtoPayload) -> str | None:
    """The service account a call was about, by label or by `serviceAccounts/EMAIL` in the resource's name."""
    if entry.resource_type == "service_account" and entry.label("email_id"):
        return entry.label("email_id")
    _, found, account = audit.resource_name.partition("serviceAccounts/")
    return account.partition("/")[0].partition(":")[0] if found else None


def _user_agent(audit: ProtoPayload) -> str:
    metadata = audit.request_metadata
    return fold(metadata.caller_supplied_user_agent)[:300] if isinstance(metadata, RequestMetadata) else ""


def _chain(caller: AuthenticationInfo) -> tuple[str, ...]:
    names = []
    for link in caller.service_account_delegation_info:
        first = link.get("firstPartyPrincipal")
        email = first.get("principalEmail") if isinstance(first, dict) else None
        name = email or link.get("principalSubject")
        if isinstance(name, str):
            names.append(name)
    return tuple(names)


SHAPE = Shape(id="audit_log", payloads=("proto",), order=50, claims=_claims, read=read)
