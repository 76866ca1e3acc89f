"""Request logs of Cloud Run and Functions: the front end refused the caller, whom the log does not name."""

from __future__ import annotations

from shared.model.denial import GOOGLE, Denial, Names, NotADenial, Origin, Signs
from shared.model.log_entry import LogEntry
from shared.model.names import parse_resource
from shared.renderings.findings import status_name
from shared.renderings.fold import fold
from shared.shapes import Shape

LOGS = ("run.googleapis.com/requests", "cloudfunctions.googleapis.com/requests")
RUNS = ("cloud_run_revision", "cloud_run_job", "cloud_function")


def _claims(entry: LogEntry) -> bool:
    return entry.log_id in LOGS or (entry.text_payload is None and entry.resource_type in RUNS)


def _read(entry: LogEntry) -> Denial | NotADenial:
    request = entry.http_request
    status = request.status if request else 0
    text = fold(entry.text_payload or "")
    if status not in (401, 403):
        return NotADenial(
            id=entry.insert_id or None,
            reason=f"the request was answered with status {status or 'none'}",
            trust=GOOGLE,
        )
    if status == 401:
        return NotADenial(
            id=entry.insert_id or None,
            reason="status 401: the token was not accepted (audience, expiry), which no role changes",
            see="run.invoker",
            trust=GOOGLE,
        )
    ours = _answered_by_app(entry)
    return Denial(
        id=entry.insert_id or None,
        trust=GOOGLE,
        status=status_name(status),
        message=text,
        names=Names(
            resource=parse_resource(_service_name(entry)),
            service="run.googleapis.com" if entry.resource_type == "cloud_run_revision" else None,
        ),
        signs=Signs(marks=("app_403",) if ours else ("invoker",)),
        origin=Origin(owner=entry.parent or None, runs_on=entry.resource_type),
    )


def _answered_by_app(entry: LogEntry) -> bool:
    """Whether the container itself answered: only then does the log of a revision carry a latency above zero."""
    latency = entry.http_request.latency if entry.http_request else ""
    refused_words = "not authenticated" in (entry.text_payload or "") or "not authorized" in (entry.text_payload or "")
    return bool(latency.strip("0.s")) and not refused_words and bool(entry.label("revision_name"))


def _service_name(entry: LogEntry) -> str:
    project, place = entry.label("project_id"), entry.label("location")
    if service := entry.label("service_name"):
        return f"projects/{project}/locations/{place}/services/{service}"
    if function := entry.label("function_name"):
        return f"projects/{project}/locations/{entry.label('region')}/functions/{function}"
    return ""


SHAPE = Shape(id="run_request", payloads=("http", "text"), order=30, claims=_claims, read=_read)
