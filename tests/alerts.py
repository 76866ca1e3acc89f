"""Notifications of Cloud Monitoring for tests, as its Pub/Sub channel sends them (JSON schema 1.2)."""

from __future__ import annotations

from typing import Any

COUNTED = "serviceruntime.googleapis.com/api/request_count"
FILTER = f'metric.type="{COUNTED}" AND resource.type="consumed_api" AND metric.labels.response_code="403"'
WHO = "serviceaccount:108842937461520036619"


def notification(
    *, state: str = "open", version: str = "1.2", service: str = "translate.googleapis.com", **more: Any
) -> dict[str, Any]:
    """An alert on refused calls of one credential to one service of acme-reports-dev; `more` replaces fields."""
    labels = {"project_id": "acme-reports-dev", "service": service, "method": "Translate", "credential_id": WHO}
    incident = {
        "incident_id": "0.n4q8mrxk2p1d",
        "scoping_project_id": "acme-unforbid",
        "scoping_project_number": 311417209935,
        "url": "https://console.cloud.google.com/monitoring/alerting/incidents/0.n4q8mrxk2p1d?project=acme-unforbid",
        "started_at": 1795255200,
        "ended_at": None if state == "open" else 1795258800,
        "state": state,
        "resource": {"type": "consumed_api", "labels": labels},
        "metric": {"type": COUNTED, "displayName": "Request count", "labels": {}},
        "policy_name": "unforbid: calls are refused",
        "condition": {"name": "c", "displayName": "c", "conditionThreshold": {"filter": FILTER, "thresholdValue": 5}},
        "observed_value": "41.000",
        "summary": "Request count is above the threshold of 5.000 with a value of 41.000.",
        **more,
    }
    return {"version": version, "incident": incident}
