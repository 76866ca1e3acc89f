"""Kubernetes audit entries of GKE: the cluster's own authorisation, by RBAC or IAM, refused a request."""

from __future__ import annotations

import msgspec

from shared.model.denial import AUDIT, Denial, NotADenial
from shared.model.log_entry import LogEntry, Status
from shared.renderings.admission import ADMISSION, is_admission
from shared.shapes import Shape, audit_log

DECISION, REASON = "authorization.k8s.io/decision", "authorization.k8s.io/reason"


def _claims(entry: LogEntry) -> bool:
    return entry.proto_payload is not None and entry.proto_payload.service_name == "k8s.io"


def _read(entry: LogEntry) -> Denial | NotADenial:
    labels = entry.labels or {}
    forbidden = labels.get(DECISION) == "forbid"
    denial = audit_log.read(entry)
    if isinstance(denial, NotADenial):
        return denial if not forbidden else _by_label(entry)
    if labels.get(DECISION) == "allow" or is_admission(denial.message):
        return NotADenial(id=entry.insert_id or None, reason=ADMISSION, see="gke.rbac", trust=AUDIT)
    if denial.names.principal and denial.names.principal.text == "system:anonymous":
        return NotADenial(
            id=entry.insert_id or None,
            reason="an anonymous request to the cluster: nobody to help",
            see="gke.rbac",
            trust=AUDIT,
        )
    return denial.marked("rbac").naming(service="k8s.io")


def _by_label(entry: LogEntry) -> Denial | NotADenial:
    audit = entry.proto_payload
    assert audit is not None  # noqa: S101 - the shape claims entries that have one
    refused = msgspec.structs.replace(audit, status=Status(7, (entry.labels or {}).get(REASON, "")))
    denial = audit_log.read(msgspec.structs.replace(entry, proto_payload=refused))
    return denial if isinstance(denial, NotADenial) else denial.marked("rbac").naming(service="k8s.io")


SHAPE = Shape(id="gke_audit", payloads=("proto",), order=25, claims=_claims, read=_read)
