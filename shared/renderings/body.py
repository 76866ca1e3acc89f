"""Google's JSON error bodies, wherever they stand in a JSON value: REST errors, audit details, client objects.

Shapes read: `{"error": {"code", "message", "status", "errors": [{"domain", "reason"}], "details": [{"@type"}]}}`
(google/rpc/error_details.proto, "Cloud APIs: Errors") and the same parts under other names, as wrappers nest them.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct, ValidationError, convert, field

from shared.model.denial import ErrorInfo, Violation
from shared.renderings.credentials import UNNAMED
from shared.renderings.findings import Findings

MOST_TEXT = 65_536
_CODE_KEYS = frozenset({"code", "status", "statusCode", "status_code", "httpStatus", "ResourceErrorCode", "grpc_code"})
_NOT_WORDS = frozenset(
    {"@type", "type_url", "insertId", "trace", "spanId", "timestamp", "time", "user_agent", "userAgent"}
)


def read_body(value: Any, found: Findings) -> None:
    """Collect every status, reason, detail and sentence of a JSON value, each object in turn."""
    stack: list[tuple[str, Any]] = [("", value)]
    room = MOST_TEXT
    while stack:
        key, item = stack.pop()
        if isinstance(item, dict):
            _read_object(item, found)
            stack.extend((name, part) for name, part in reversed(item.items()) if name.lower() not in UNNAMED)
        elif isinstance(item, list):
            stack.extend((key, part) for part in reversed(item))
        elif isinstance(item, str) and item and key not in _NOT_WORDS and room > 0:
            found.texts.append(item[:room])
            room -= len(item)


def _read_object(item: dict[str, Any], found: Findings) -> None:
    for key in _CODE_KEYS & item.keys():
        code = item[key]
        if not isinstance(code, int) or code > 99 or "details" in item:  # a small number is gRPC's only with details
            found.add_code(code)
    kind = item.get("@type")
    if isinstance(kind, str):
        read_detail(kind, item, found)
    reason = item.get("reason")
    if isinstance(reason, str) and reason:
        if not reason.isupper():
            found.reasons.append(reason)
        elif "domain" in item or "metadata" in item:
            found.add_error(_error_info(item, reason))


class Detail(Struct, gc=False):
    """One element of `details[]`, with the fields of the kinds that matter here."""

    type: str = field(name="@type", default="")
    reason: str = ""
    domain: str = ""
    metadata: dict[str, str] = {}
    violations: list[Violation] = []
    quota_exceeded: Any = field(name="quotaExceeded", default=None)


class _Details(Struct, gc=False):
    details: list[Detail] = []


def read_details(details: object, found: Findings) -> None:
    """Collect a whole `details[]`; one whose elements are built otherwise is read element by element."""
    try:
        parsed = convert({"details": details}, _Details).details
    except ValidationError:
        for item in details if isinstance(details, list) else ():
            if isinstance(item, dict):
                read_detail(str(item.get("@type", "")), item, found)
        return
    note_details(parsed, found)


def note_details(details: list[Detail], found: Findings) -> None:
    """Collect elements of `details[]` that are already typed."""
    for detail in details:
        name = detail.type.rpartition("/")[2]
        if name == "google.rpc.ErrorInfo":
            found.add_error(ErrorInfo(detail.reason, detail.domain, detail.metadata))
        elif name == "google.rpc.PreconditionFailure":
            found.violations.extend(detail.violations)
        elif name == "google.rpc.QuotaFailure" or detail.quota_exceeded:
            found.marks.append("quota")


def read_detail(kind: str, item: dict[str, Any], found: Findings) -> None:
    """Collect one element of `details[]` by its type."""
    name = kind.rpartition("/")[2]
    if name == "google.rpc.ErrorInfo":
        reason = item.get("reason")
        found.add_error(_error_info(item, reason if isinstance(reason, str) else ""))
    elif name == "google.rpc.PreconditionFailure":
        for violation in item.get("violations") or ():
            if isinstance(violation, dict):
                parts = (str(violation.get(part, "")) for part in ("type", "subject", "description"))
                found.violations.append(Violation(*parts))
    elif name == "google.rpc.QuotaFailure":
        found.marks.append("quota")


def _error_info(item: dict[str, Any], reason: str) -> ErrorInfo:
    domain = item.get("domain", "")
    metadata = item.get("metadata") or item.get("errorInfoMetadata")
    texts = (
        {key: value for key, value in metadata.items() if value.__class__ is str} if isinstance(metadata, dict) else {}
    )
    return ErrorInfo(reason, domain if isinstance(domain, str) else "", texts)
