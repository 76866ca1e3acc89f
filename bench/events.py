"""The events every measure uses: a denied call and one that went through, about 3.7 KB each, as Pub/Sub delivers them.

Every `nth` event has its own insertId and time, as the lines of a storm have; with `caller` it has its own fingerprint.
"""

from __future__ import annotations

import base64
import json
from typing import Any

PROJECT = "acme-shop-prod"
ACCOUNT = f"rollout@{PROJECT}.iam.gserviceaccount.com"
INSTANCE = f"projects/{PROJECT}/zones/europe-west4-a/instances/cart-3"
KEY = "5e0c" * 10
PERMISSION = "compute.instances.stop"
REFUSAL = f"Required '{PERMISSION}' permission for '{INSTANCE}'"
AGENT = (
    "google-cloud-sdk gcloud/545.0.0 command/gcloud.compute.instances.stop "
    "invocation-id/5bd0a2f36f1e4c0f9a7712aa41c2be10 environment/GCE environment-version/None client-os/LINUX "
    "client-os-ver/6.6.30 client-pltf-arch/x86_64 interactive/False from-script/True python/3.12.8 term/ "
    "(Linux 6.6.30),gzip(gfe)"
)
HEADERS = {
    "Content-Type": "application/json",
    "ce-specversion": "1.0",
    "ce-id": "2290000000000001",
    "ce-type": "google.cloud.pubsub.topic.v1.messagePublished",
    "ce-source": f"//pubsub.googleapis.com/projects/{PROJECT}/topics/unforbid-denials",
    "ce-time": "2026-11-20T22:10:31.902Z",
}


def denial(nth: int = 0, caller: str = ACCOUNT) -> bytes:
    """A denied call as the bytes of its log entry."""
    return _compact(_entry(nth, caller, granted=False, status={"code": 7, "message": REFUSAL}, response=_error()))


def success(nth: int = 0) -> bytes:
    """The same call where it went through: an entry to drop."""
    return _compact(_entry(nth, ACCOUNT, granted=True, status={}, response=_operation()))


def push(entry: bytes, nth: int = 0) -> bytes:
    """An entry in the body of a Pub/Sub push."""
    message = {
        "attributes": {"logging.googleapis.com/timestamp": "2026-11-20T22:10:30.117204Z"},
        "data": base64.b64encode(entry).decode(),
        "messageId": str(2290000000000000 + nth),
        "message_id": str(2290000000000000 + nth),
        "publishTime": "2026-11-20T22:10:31.902Z",
        "publish_time": "2026-11-20T22:10:31.902Z",
    }
    return _compact({"message": message, "subscription": f"projects/{PROJECT}/subscriptions/unforbid-detect"})


def _entry(nth: int, caller: str, *, granted: bool, status: dict[str, Any], response: dict[str, Any]) -> dict[str, Any]:
    checked = {
        "permission": PERMISSION,
        "resource": INSTANCE,
        "permissionType": "ADMIN_WRITE",
        "resourceAttributes": {"service": "compute", "name": INSTANCE, "type": "compute.instances"},
        **({"granted": True} if granted else {}),
    }
    also = {
        "permission": "compute.projects.get",
        "resource": f"projects/{PROJECT}",
        "permissionType": "ADMIN_READ",
        "granted": True,
        "resourceAttributes": {
            "service": "resourcemanager",
            "name": f"projects/{PROJECT}",
            "type": "resourcemanager.projects",
        },
    }
    return {
        "protoPayload": {
            "@type": "type.googleapis.com/google.cloud.audit.AuditLog",
            "status": status,
            "authenticationInfo": {
                "principalEmail": caller,
                "principalSubject": f"serviceAccount:{caller}",
                "serviceAccountKeyName": f"//iam.googleapis.com/projects/{PROJECT}/serviceAccounts/{caller}/keys/{KEY}",
                "serviceAccountDelegationInfo": [
                    {"principalSubject": f"serviceAccount:pipeline@{PROJECT}.iam.gserviceaccount.com"}
                ],
            },
            "requestMetadata": {
                "callerIp": "198.51.100.71",
                "callerSuppliedUserAgent": AGENT,
                "requestAttributes": {
                    "time": "2026-11-20T22:10:30.391455Z",
                    "auth": {},
                    "reason": "8uSywAYQGg5Db2xpc2V1bSBGbG93cw",
                },
                "destinationAttributes": {},
            },
            "serviceName": "compute.googleapis.com",
            "methodName": "v1.compute.instances.stop",
            "authorizationInfo": [checked, also],
            "resourceName": INSTANCE,
            "request": {
                "@type": "type.googleapis.com/compute.instances.stop",
                "discardLocalSsd": False,
                "requestId": "0d3d6c1f-58c2-4f0e-9a47-2f1b0f6b7c55",
                "metadata": [
                    {"key": "enable-oslogin"},
                    {"key": "startup-script-url"},
                    {"key": "google-logging-enabled"},
                ],
                "labels": {"env": "prod", "team": "checkout", "cost-center": "cc-2207", "owner": "shop-platform"},
                "selfLink": f"https://www.googleapis.com/compute/v1/{INSTANCE}/stop?discardLocalSsd=false&prettyPrint=false",
            },
            "response": response,
            "resourceLocation": {"currentLocations": ["europe-west4-a"]},
        },
        "insertId": f"-k7w{nth:09d}c3ab",
        "resource": {
            "type": "gce_instance",
            "labels": {"instance_id": "7120943386512207731", "project_id": PROJECT, "zone": "europe-west4-a"},
        },
        "timestamp": "2026-11-20T22:10:30.117204Z",
        "severity": "NOTICE" if granted else "ERROR",
        "labels": {"compute.googleapis.com/root_trigger_id": "c2b7f0de-19a5-4f3b-8c55-7d1f1e0a93b2"},
        "logName": f"projects/{PROJECT}/logs/cloudaudit.googleapis.com%2Factivity",
        "operation": {
            "id": f"operation-1763676{nth:09d}-6b0d-f31",
            "producer": "compute.googleapis.com",
            "first": True,
            **({} if granted else {"last": True}),
        },
        "receiveTimestamp": "2026-11-20T22:10:31.020774310Z",
    }


def _error() -> dict[str, Any]:
    info = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "IAM_PERMISSION_DENIED",
        "domain": "compute.googleapis.com",
        "metadata": {"permission": PERMISSION, "resource": INSTANCE},
    }
    error = {
        "code": 403,
        "message": REFUSAL,
        "errors": [{"message": REFUSAL, "domain": "global", "reason": "forbidden"}],
        "status": "PERMISSION_DENIED",
        "details": [info],
    }
    return {"@type": "type.googleapis.com/error", "error": error}


def _operation() -> dict[str, Any]:
    base = f"https://www.googleapis.com/compute/v1/projects/{PROJECT}/zones/europe-west4-a"
    return {
        "@type": "type.googleapis.com/operation",
        "id": "7120943386512207732",
        "name": "operation-1763676630391-6b0d-f31",
        "user": ACCOUNT,
        "progress": "0",
        "insertTime": "2026-11-20T14:10:30.9-08:00",
        "operationType": "stop",
        "status": "RUNNING",
        "targetId": "7120943386512207731",
        "targetLink": f"{base}/instances/cart-3",
        "selfLink": f"{base}/operations/operation-1763676630391-6b0d-f31",
        "zone": base,
    }


def _compact(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
