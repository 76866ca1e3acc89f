"""Cloud Scheduler executions and Cloud Tasks attempts: a call Google made for a job, and the status it got."""

from __future__ import annotations

from shared.model.denial import GOOGLE, Denial, NotADenial
from shared.model.log_entry import LogEntry
from shared.model.names import parse_resource
from shared.renderings.refusal import from_words
from shared.shapes import Shape

LOGS = ("cloudscheduler.googleapis.com/executions", "cloudtasks.googleapis.com/task_operations_log")


def _claims(entry: LogEntry) -> bool:
    return entry.log_id in LOGS


def _read(entry: LogEntry) -> Denial | NotADenial:
    payload = entry.json_payload or {}
    attempt = payload.get("attemptResponseLog")
    status = payload.get("status") or (attempt.get("status") if isinstance(attempt, dict) else None)
    if status in (None, "OK", 0):
        return NotADenial(id=entry.insert_id or None, reason="the attempt of the job did not fail", trust=GOOGLE)
    denial = from_words(entry, GOOGLE, payload, status=str(status)).marked("invoker")
    job = payload.get("jobName") or payload.get("task")
    named = parse_resource(job) if isinstance(job, str) else None
    return denial.naming(resource=denial.names.resource or named)


SHAPE = Shape(id="scheduler", payloads=("json",), order=42, claims=_claims, read=_read)
