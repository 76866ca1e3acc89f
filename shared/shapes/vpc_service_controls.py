"""Policy denied entries of VPC Service Controls: the perimeter's own account of a refused call."""

from __future__ import annotations

import msgspec

from shared.model.denial import AUDIT, Denial, NotADenial
from shared.model.log_entry import JsonObject, LogEntry
from shared.renderings.fold import fold
from shared.shapes import Shape, audit_log

METADATA = "google.cloud.audit.VpcServiceControlAuditMetadata"


def _claims(entry: LogEntry) -> bool:
    metadata = entry.proto_payload.metadata if entry.proto_payload else None
    return isinstance(metadata, dict) and str(metadata.get("@type", "")).endswith(METADATA)


def _read(entry: LogEntry) -> Denial | NotADenial:
    audit = entry.proto_payload
    assert audit is not None  # noqa: S101 - the shape claims entries that have one
    metadata: JsonObject = audit.metadata
    if metadata.get("dryRun") is True:
        return NotADenial(
            id=entry.insert_id or None,
            reason="a dry-run perimeter only reports what it would refuse; this call went through",
            see="perimeter.vpcsc",
            trust=AUDIT,
        )
    denial = audit_log.read(entry)
    if isinstance(denial, NotADenial):
        return denial
    told = (*denial.evidence, *_story(metadata))
    return msgspec.structs.replace(denial.marked("vpcsc"), evidence=told)


def _story(metadata: JsonObject) -> tuple[str, ...]:
    """What the perimeter says of itself, in sentences."""
    policy = metadata.get("securityPolicyInfo")
    named = policy.get("servicePerimeterName") if isinstance(policy, dict) else None
    facts = [
        ("violation reason", metadata.get("violationReason")),
        ("perimeter", named),
        ("unique id for the perimeter's owner", metadata.get("vpcServiceControlsUniqueId")),
    ]
    said = [f"{what}: {fold(value)[:300]}" for what, value in facts if isinstance(value, str) and value]
    if metadata.get("ingressViolations"):
        said.append("ingress: the caller stands outside the perimeter of the target")
    if metadata.get("egressViolations"):
        said.append("egress: a caller or resource inside the perimeter reached out of it")
    return tuple(said)


SHAPE = Shape(id="vpc_service_controls", payloads=("proto",), order=30, claims=_claims, read=_read)
