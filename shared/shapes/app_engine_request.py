"""Request logs of App Engine: an AuditLog's place is taken by a RequestLog, whose `status` is an HTTP number."""

from __future__ import annotations

from shared.model.denial import GOOGLE, Denial, Names, NotADenial, Origin, Signs
from shared.model.log_entry import LogEntry
from shared.model.names import parse_resource
from shared.shapes import Shape

TYPE = "google.appengine.logging.v1.RequestLog"


def _claims(entry: LogEntry) -> bool:
    return entry.proto_payload is not None and entry.proto_payload.type.endswith(TYPE)


def _read(entry: LogEntry) -> Denial | NotADenial:
    status = entry.proto_payload.status if entry.proto_payload else None
    if status != 403:
        reason = "the request was not answered with 403"
        return NotADenial(id=entry.insert_id or None, reason=reason, trust=GOOGLE)
    named = parse_resource(f"apps/{entry.label('project_id')}/services/{entry.label('module_id')}")
    return Denial(
        id=entry.insert_id or None,
        trust=GOOGLE,
        status="PERMISSION_DENIED",
        names=Names(resource=named, service="appengine.googleapis.com"),
        signs=Signs(marks=("app_403",)),
        origin=Origin(owner=entry.parent or None, runs_on=entry.resource_type),
    )


SHAPE = Shape(id="app_engine_request", payloads=("proto",), order=60, claims=_claims, read=_read)
