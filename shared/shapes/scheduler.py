"""Cloud Scheduler executions and Cloud Tasks attempts: a call Google made for a job, and the status it got."""

from __future__ import annotations

from urllib.parse import urlsplit

from shared.model.denial import GOOGLE, Denial, NotADenial
from shared.model.log_entry import LogEntry
from shared.model.names import parse_resource
from shared.renderings.refusal import from_words
from shared.shapes import Shape

INVOKED = (".run.app", ".cloudfunctions.net")
"""Hosts whose invoker check refuses; a `*.googleapis.com` host is refused by its own API's IAM."""

LOGS = ("cloudscheduler.googleapis.com/executions", "cloudtasks.googleapis.com/task_operations_log")


def _claims(entry: LogEntry) -> bool:
    return entry.log_id in LOGS


def _read(entry: LogEntry) -> Denial | NotADenial:
    payload = entry.json_payload or {}
    attempt = payload.get("attemptResponseLog")
    status = payload.get("status") or (attempt.get("status") if isinstance(attempt, dict) else None)
    if status not in ("PERMISSION_DENIED", 7, 403):
        reason = f"the attempt of the job ended with {status}" if status else "the attempt of the job did not fail"
        return NotADenial(id=entry.insert_id or None, reason=reason, trust=GOOGLE)
    host = urlsplit(str(payload.get("url") or payload.get("targetAddress") or "")).hostname or ""
    if host and not host.endswith((*INVOKED, ".googleapis.com")):
        reason = f"{host}, which the job called, refused it: not Google's refusal"
        return NotADenial(id=entry.insert_id or None, reason=reason, see="app.own_403", trust=GOOGLE)
    denial = from_words(entry, GOOGLE, payload, status=str(status))
    job = payload.get("jobName") or payload.get("task")
    named = parse_resource(job) if isinstance(job, str) else None
    if host.endswith(".googleapis.com"):
        return denial.naming(resource=denial.names.resource or named, service=host)
    return denial.marked("invoker").naming(resource=denial.names.resource or named)


SHAPE = Shape(id="scheduler", payloads=("json",), order=42, claims=_claims, read=_read)
