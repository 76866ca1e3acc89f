"""When Cloud Logging received an entry -> how much may still come of it. The entry's own timestamp decides nothing."""

from __future__ import annotations

from datetime import datetime, timedelta

FOR_A_RULE, FOR_PEOPLE = timedelta(hours=1), timedelta(hours=24)
SKEW = timedelta(minutes=5)
"""How far in the future an entry may be dated by a clock that differs from ours; beyond that it is not believed."""


def is_fresh(received_at: datetime | None, now: datetime, within: timedelta) -> bool:
    """Whether an entry was received within a time; one without a time, or from the future, was not."""
    return received_at is not None and now - within <= received_at <= now + SKEW
