"""A Kubernetes audit event as a cluster writes it, outside Cloud Logging: GKE's own arrive as audit log entries."""

from __future__ import annotations

from shared.model.denial import NotADenial
from shared.model.log_entry import LogEntry
from shared.shapes import Shape


def _claims(entry: LogEntry) -> bool:
    return str((entry.json_payload or {}).get("apiVersion", "")).startswith("audit.k8s.io/")


def _read(entry: LogEntry) -> NotADenial:
    reason = "an audit event of a Kubernetes cluster outside Google Cloud's audit logs"
    return NotADenial(id=entry.insert_id or None, reason=reason, see="gke.rbac")


SHAPE = Shape(id="kubernetes_native", payloads=("json",), order=44, claims=_claims, read=_read)
