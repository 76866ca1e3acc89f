"""Filters in the Logging query language, built of values: a value cannot become a part of the filter.

Source: Cloud Logging documentation, "Logging query language": quotes and backslashes inside a quoted string are escaped
with a backslash; NOT binds closer than OR, and OR closer than AND.
"""

from __future__ import annotations

from datetime import UTC, datetime


def quoted(text: str) -> str:
    """A text as a string of the query language, whatever stands in it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(one if one.isprintable() else f"\\u{ord(one) & 0xFFFF:04x}" for one in escaped) + '"'


def equals(field: str, value: str) -> str:
    """The field has this value, in any letter case: what comes back has to be compared once more."""
    return f"{field}={quoted(value)}"


def matches(field: str, pattern: str) -> str:
    """A part of the field matches an RE2 pattern, which is written without backslashes."""
    return f"{field}=~{quoted(pattern)}"


def contains(field: str, part: str) -> str:
    """The field has this text somewhere inside."""
    return f"{field}:{quoted(part)}"


def of_log(log_id: str) -> str:
    """Entries of a log by its id, such as `cloudaudit.googleapis.com/activity`, whoever owns it."""
    return f"log_id({quoted(log_id)})"


def between(since: datetime, until: datetime) -> str:
    """Entries of a span of time, both ends included."""
    return f'timestamp>="{_stamp(since)}" AND timestamp<="{_stamp(until)}"'


def not_before(at: datetime) -> str:
    """Entries from a time on."""
    return f'timestamp>="{_stamp(at)}"'


def without(restriction: str) -> str:
    """What the restriction does not let through, entries without the field included."""
    return f"NOT ({restriction})"


def all_of(*restrictions: str) -> str:
    """Every restriction at once."""
    return " AND ".join(f"({one})" for one in restrictions)


def any_of(*restrictions: str) -> str:
    """One of the restrictions at least."""
    return " OR ".join(f"({one})" for one in restrictions)


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
