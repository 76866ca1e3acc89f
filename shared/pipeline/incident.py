"""A notification of Cloud Monitoring -> the denial it counts: the second input, loaded only when one arrives.

Google's front door refuses calls before the service is asked (an API that is off, a token without the scope, a wrong
quota project), and leaves no audit entry. What remains is a count by project, service, method and credential. It names
nobody and proves nothing, so nothing is looked into, planned or asked for because of it: people are told.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from shared.errors import Unreadable
from shared.model.denial import GOOGLE, Denial, Names, NotADenial, Origin, Signs
from shared.model.incident import Alert, Incident, Notification
from shared.model.log_entry import LogEntry

COUNTED = "serviceruntime.googleapis.com/api/request_count"
"""Google's count of calls by the project they are accounted to, those of the front door included."""
REFUSALS, CODE = 'response_code="403"', "403"
MARK = "counted_refusals"
CONSOLE = "https://console.cloud.google.com/monitoring/"
CLOSED = "an alert on refused calls has closed"
TRIAL = "a test notification of Cloud Monitoring"
ANOTHER = "an alert about something else than refused calls"
UNHEARD = "a notification of Cloud Monitoring in version {}: versions 1.x are read"
MOST = 200
"""So many characters of a label are told: it is measured, but whoever calls chooses some of it."""


def alert_of(value: dict[str, Any]) -> Alert:
    """The notification in place of an entry.

    Raises:
        Unreadable: a field has a wrong type, or the version is one that is not known here.
    """
    try:
        found = msgspec.convert(value, Notification)
    except msgspec.ValidationError as error:
        raise Unreadable(f"a notification of Cloud Monitoring with a wrong type: {error}") from error
    if found.version != "test" and not found.version.startswith("1."):
        raise Unreadable(UNHEARD.format(repr(found.version[:40])))
    return Alert(insert_id=found.incident.incident_id, timestamp=_time(found.incident), notification=found)


def _time(incident: Incident) -> str:
    if incident.started_at is None:
        return ""
    try:
        return datetime.fromtimestamp(incident.started_at, UTC).isoformat()
    except (ValueError, OverflowError, OSError) as error:
        raise Unreadable(f"an incident that began at no time: {incident.started_at}") from error


def denial_of(entry: LogEntry) -> Denial | NotADenial:
    """The refusals that a notification counts, or why it counts none."""
    if not isinstance(entry, Alert):
        return NotADenial(id=entry.insert_id or None, reason=ANOTHER)
    why = _no_refusals(entry.notification)
    named = entry.insert_id or None
    if why:
        return NotADenial(id=named, reason=why, trust=GOOGLE)
    return _denial(entry.notification.incident, named)


def _no_refusals(told: Notification) -> str:
    """Why a notification tells of no new refusals; "" where it does."""
    if told.version == "test":
        return TRIAL
    if not _counts_refusals(told.incident):
        return ANOTHER
    return "" if told.incident.state.lower() == "open" else CLOSED


def _counts_refusals(incident: Incident) -> bool:
    """Whether the metric is the count of calls, and only those with 403: by its label, or by the alert's own filter."""
    metric = incident.metric
    if metric is None or metric.type != COUNTED:
        return False
    if code := (metric.labels or {}).get("response_code"):
        return code == CODE
    threshold = incident.condition.condition_threshold if incident.condition else None
    return threshold is not None and REFUSALS in threshold.filter.replace(" ", "")


def _denial(incident: Incident, named: str | None) -> Denial:
    labels = incident.resource.labels if incident.resource else {}
    project, service = labels.get("project_id", ""), labels.get("service", "")
    scope = incident.scoping_project_id
    return Denial(
        id=named,
        trust=GOOGLE,
        status="PERMISSION_DENIED",
        names=Names(service=service[:MOST] or None, consumer=f"projects/{project[:MOST]}" if project else None),
        signs=Signs(marks=(MARK,)),
        origin=Origin(owner=f"projects/{scope}" if scope else None),
        evidence=tuple(_evidence(incident, labels)),
    )


def _evidence(incident: Incident, labels: dict[str, str]) -> list[str]:
    """What the count says, for whoever looks for these calls in the logs of their clients."""
    told = [
        ("calls refused in the alert's window", incident.observed_value or ""),
        ("method", labels.get("method", "")),
        ("credential", labels.get("credential_id", "")),
        ("alert", incident.policy_name),
        ("incident", incident.url if incident.url.startswith(CONSOLE) else ""),
    ]
    return [f"{what}: {value[:MOST]}" for what, value in told if value]
