"""Load balancer request logs: Identity-Aware Proxy and Cloud Armor answer before any backend."""

from __future__ import annotations

from shared.model.denial import GOOGLE, Denial, Names, NotADenial, Origin, Signs
from shared.model.log_entry import LogEntry
from shared.model.names import parse_resource
from shared.shapes import Shape


def _claims(entry: LogEntry) -> bool:
    return entry.resource_type == "http_load_balancer" or entry.log_id in (
        "requests",
        "loadbalancing.googleapis.com/requests",
    )


def _read(entry: LogEntry) -> Denial | NotADenial:
    details = str((entry.json_payload or {}).get("statusDetails", ""))
    status = entry.http_request.status if entry.http_request else 0
    by_proxy = "identity_aware_proxy" in details
    if status == 403 and by_proxy:
        return Denial(
            id=entry.insert_id or None,
            trust=GOOGLE,
            status="PERMISSION_DENIED",
            message=details,
            names=Names(resource=parse_resource(_backend(entry)), service="iap.googleapis.com"),
            signs=Signs(marks=("iap",)),
            origin=Origin(owner=entry.parent or None, runs_on=entry.resource_type),
        )
    return NotADenial(id=entry.insert_id or None, reason=_reason(details, status), see=_see(details), trust=GOOGLE)


def _reason(details: str, status: int) -> str:
    if "security_policy" in details:
        return "Cloud Armor filtered this request: a traffic rule, not a refusal of an identity"
    return f"a load balancer answered with status {status or 'none'}: no identity was refused by Google Cloud"


def _see(details: str) -> str | None:
    return "perimeter.armor" if "security_policy" in details else None


def _backend(entry: LogEntry) -> str:
    project, backend = entry.label("project_id"), entry.label("backend_service_name")
    return f"projects/{project}/global/backendServices/{backend}" if project and backend else ""


SHAPE = Shape(id="load_balancer", payloads=("json", "http"), order=25, claims=_claims, read=_read)
