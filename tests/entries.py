"""Log entries for tests, in one line each."""

from __future__ import annotations

import base64
import json
from typing import Any

PROJECT = "acme-test"
AUDIT = "type.googleapis.com/google.cloud.audit.AuditLog"


def audit(
    *,
    code: int = 7,
    message: str = "",
    permission: str | None = None,
    resource: str | None = None,
    principal: str = f"app@{PROJECT}.iam.gserviceaccount.com",
    service: str = "storage.googleapis.com",
    log: str = "data_access",
    details: list[dict[str, Any]] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """One audit entry of a call that failed with a gRPC code."""
    resource = resource or f"projects/{PROJECT}"
    checked = [{"resource": resource, "permission": permission}] if permission else []
    status: dict[str, Any] = {"code": code, "message": message} if code else {}
    if details:
        status["details"] = details
    proto = {
        "@type": AUDIT,
        "status": status,
        "authenticationInfo": {"principalEmail": principal},
        "serviceName": service,
        "methodName": "some.method",
        "authorizationInfo": checked,
        "resourceName": resource,
        **more,
    }
    return {
        "insertId": "i1",
        "logName": f"projects/{PROJECT}/logs/cloudaudit.googleapis.com%2F{log}",
        "resource": {"type": "audited_resource", "labels": {"project_id": PROJECT}},
        "timestamp": "2026-11-21T09:00:00Z",
        "severity": "ERROR",
        "protoPayload": proto,
    }


def text(words: str, *, resource: str = "global", **labels: str) -> dict[str, Any]:
    """One line an application wrote."""
    return {
        "insertId": "t1",
        "logName": f"projects/{PROJECT}/logs/app",
        "resource": {"type": resource, "labels": {"project_id": PROJECT, **labels}},
        "timestamp": "2026-11-21T09:00:00Z",
        "textPayload": words,
    }


def on_vm(words: str) -> dict[str, Any]:
    """One line written on a virtual machine."""
    return text(words, resource="gce_instance", instance_id="42", zone="europe-west1-b")


def push(entry: object, message_id: str = "1") -> bytes:
    """The body of a Pub/Sub push with one entry in it."""
    data = base64.b64encode(entry if isinstance(entry, bytes) else json.dumps(entry).encode()).decode()
    message = {"data": data, "messageId": message_id, "message_id": message_id, "attributes": {}}
    return json.dumps({"message": message, "subscription": "projects/p/subscriptions/s"}).encode()


def error_info(reason: str, domain: str = "googleapis.com", **metadata: str) -> dict[str, Any]:
    """One ErrorInfo detail."""
    return {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": reason,
        "domain": domain,
        "metadata": metadata,
    }
