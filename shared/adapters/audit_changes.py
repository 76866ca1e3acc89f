"""From entries of the Admin Activity log to the changes they tell of.

Sources: google/cloud/audit/audit_log.proto; google/iam/v1/logging/audit_data.proto; Cloud Audit Logs, "Audit logs for
long-running operations": one entry when an operation begins and one when it ends, which says how;
google/rpc/context/attribute_context.proto, `Request.reason`: what was sent as X-Goog-Request-Reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from shared.model.facts import Change, Condition

_SETS = "setiam(policy|permissions)"
_POLICIES = f"{_SETS}|policies[.](create|update)policy"
_ROLES = "(create|update|undelete)role"
_APIS = "(batch)?enableservices?|disableservice|(de)?activateservices"
_ACCOUNTS = "(create|disable|enable|undelete)serviceaccount"
METHODS = f"(?i)(^|[.])({_POLICIES}|{_ROLES}|{_APIS}|{_ACCOUNTS}|delete[^.]*)$"
"""The methods that count as changes, as an RE2 pattern: allow and deny policies, custom roles, APIs, service accounts,
and everything whose last part begins with `delete`."""
OF_POLICIES = f"(?i)(^|[.])({_SETS})$"
"""The methods that set allow policies."""
OF_MACHINES = "(?i)(^|[.])instances[.](setmetadata|setserviceaccount|update)$"
"""The methods that can set what a machine runs when it starts, and as whom."""
DELTAS = tuple(f"protoPayload.{part}.policyDelta.bindingDeltas" for part in ("serviceData", "metadata", "request"))
"""Where entries tell what a policy lost and gained."""


def operation_of(entry: Any) -> tuple[str, str] | None:
    """The long-running operation that an entry belongs to, None for a call that was done at once."""
    operation = entry.operation
    return (operation.producer, operation.id) if operation.id else None


def time_of(entry: Any) -> datetime:
    """The time of an entry, in microseconds; `ValueError` for one without a time."""
    if entry.timestamp is None:
        raise ValueError("an entry without a time")
    return datetime.fromtimestamp(entry.timestamp.timestamp(), UTC)


def changes_of(entry: Any) -> Iterator[Change]:
    """What one entry says was changed; nothing if it failed. Switching several APIs at once is a change of each.

    Raises:
        ValueError: the entry is no audit entry, or cannot be read.
    """
    audit = _audit_of(entry)
    if audit.status.code:
        return
    deltas = _deltas(audit)
    removed = [one for one in deltas if one.get("action") == "REMOVE"]
    who = audit.authentication_info
    for resource in _resources(audit):
        yield Change(
            at=time_of(entry),
            method=audit.method_name,
            by=who.principal_email or who.principal_subject,
            resource=resource,
            removed=_bindings(removed),
            added=_bindings(one for one in deltas if one.get("action") == "ADD"),
            ended=_bindings(one for one in removed if _is_over(one, time_of(entry))),
            reason=audit.request_metadata.request_attributes.reason,
        )


def _audit_of(entry: Any) -> Any:
    from google.cloud.audit.audit_log_pb2 import AuditLog
    from google.protobuf.message import Error

    packed, audit = type(entry).pb(entry).proto_payload, AuditLog()
    try:
        if not packed.Unpack(audit):
            raise ValueError(f"an entry of the activity log carries {packed.type_url[:200]}")
    except Error as error:
        raise ValueError("an entry of the activity log cannot be unpacked") from error
    return audit


def _resources(audit: Any) -> list[str]:
    """The full names of what was changed."""
    name = audit.resource_name
    full = name if name.startswith("//") else f"//{audit.service_name}/{name}"
    services = _plain(audit.request).get("serviceIds")
    if audit.method_name.endswith("BatchEnableServices") and isinstance(services, list):
        return [f"{full}/services/{one}" for one in services]
    return [full]


def _bindings(deltas: Iterable[dict[str, Any]]) -> tuple[str, ...]:
    """Bindings as `ROLE MEMBER`: the entry tells the difference, not the two policies."""
    return tuple(f"{one.get('role', '')} {one.get('member', '')}" for one in deltas)


def _is_over(delta: dict[str, Any], at: datetime) -> bool:
    condition = delta.get("condition")
    expression = condition.get("expression") if isinstance(condition, dict) else None
    return isinstance(expression, str) and Condition(expression=expression).is_over(at)


def _deltas(audit: Any) -> list[dict[str, Any]]:
    """serviceData.policyDelta (google.iam.v1.logging.AuditData), which some services have elsewhere."""
    from google.iam.v1.logging.audit_data_pb2 import AuditData
    from google.protobuf.json_format import MessageToDict
    from google.protobuf.message import Error

    data = AuditData()
    try:
        if audit.service_data.Unpack(data):
            return [MessageToDict(one) for one in data.policy_delta.binding_deltas]
    except Error as error:
        raise ValueError("the change of a policy cannot be unpacked") from error
    for part in (audit.metadata, audit.request):
        delta = _plain(part).get("policyDelta")
        listed = delta.get("bindingDeltas") if isinstance(delta, dict) else None
        if isinstance(listed, list):
            return [one for one in listed if isinstance(one, dict)]
    return []


def _plain(struct: Any) -> dict[str, Any]:
    from google.protobuf.json_format import MessageToDict

    plain: dict[str, Any] = MessageToDict(struct)
    return plain
