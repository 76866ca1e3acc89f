"""A first look at the bytes of an entry: an audited call that plainly succeeded is dropped without reading the rest.

Only what decides is decoded, which is why this is cheap. Anything but a plain success is left to the strict reading.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from shared.model.denial import AUDIT, NotADenial

SUCCEEDED = "the audited call did not fail"
KUBERNETES = "authorization.k8s.io/decision"
"""The label in which a GKE cluster says whether its own rules allowed a call."""


class _Status(Struct, gc=False):
    code: int = 0


class _Response(Struct, gc=False):
    error: msgspec.Raw = msgspec.Raw()


class _Audit(Struct, gc=False, rename="camel"):
    type: str = msgspec.field(name="@type", default="")
    status: _Status | None = None
    response: _Response | None = None
    policy_violation_info: msgspec.Raw = msgspec.Raw()


class _Entry(Struct, gc=False, rename="camel"):
    insert_id: str = ""
    labels: dict[str, str] | None = None
    proto_payload: _Audit | None = None


_decode = msgspec.json.Decoder(_Entry).decode


def glance(data: bytes) -> NotADenial | None:
    """Why the entry is no denial, if that shows at first sight; None where it has to be read."""
    if b'"code":7' in data or b"PERMISSION_DENIED" in data:
        return None
    if b":403" in data or b" 403" in data or b'"403' in data:  # a bare 403 is in many a number
        return None
    try:
        entry = _decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if not _succeeded(entry.proto_payload) or (entry.labels and KUBERNETES in entry.labels):
        return None
    return NotADenial(id=entry.insert_id or None, reason=SUCCEEDED, trust=AUDIT)


def _succeeded(audit: _Audit | None) -> bool:
    if audit is None or not audit.type.endswith("google.cloud.audit.AuditLog"):
        return False
    failed = audit.status is not None and audit.status.code
    failed_later = audit.response is not None and bytes(audit.response.error)
    return not failed and not failed_later and not bytes(audit.policy_violation_info)
