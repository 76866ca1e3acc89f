"""A notification of Cloud Monitoring, as its Pub/Sub channel sends it: the second input, where no log tells anything.

Field names: Cloud Monitoring documentation, "Create and manage notification channels", JSON schema 1.2. Only what
decides is typed; of the rest nothing is read.
"""

from __future__ import annotations

from msgspec import Struct

from shared.model.log_entry import LogEntry, MonitoredResource


class Metric(Struct, frozen=True, gc=False):
    """What was measured, with the labels that are left of it after grouping."""

    type: str = ""
    labels: dict[str, str] | None = None


class Threshold(Struct, frozen=True, rename="camel", gc=False):
    """The condition of an alert on a measured value."""

    filter: str = ""


class Condition(Struct, frozen=True, rename="camel", gc=False):
    """What opened the incident; only a threshold says what was counted."""

    condition_threshold: Threshold | None = None


class Incident(Struct, frozen=True, kw_only=True):
    """One incident of an alerting policy; times are seconds since 1970."""

    incident_id: str = ""
    scoping_project_id: str = ""
    state: str = ""
    started_at: int | None = None
    observed_value: str | None = None
    url: str = ""
    policy_name: str = ""
    resource: MonitoredResource | None = None
    metric: Metric | None = None
    condition: Condition | None = None


class Notification(Struct, frozen=True, kw_only=True):
    """What is delivered: the version of its schema, `test` for a trial, and the incident."""

    version: str
    incident: Incident


class Alert(LogEntry, frozen=True, kw_only=True):
    """A notification where an entry is expected: it goes the same way, with nothing in it that an entry has."""

    notification: Notification
