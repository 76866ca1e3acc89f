"""When a caller met its different refusals -> whether it is probing: provoking denials to see what it is given."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

BURST, WITHIN = 10, timedelta(minutes=10)
MARKED_FOR = timedelta(hours=24)
REMEMBERED = MARKED_FOR + WITHIN


def probing_until(refused_at: Sequence[datetime], now: datetime) -> datetime | None:
    """Until when a caller is marked as probing, None if it is not: ten different refusals within ten minutes."""
    times = sorted(refused_at)
    bursts = [last for first, last in zip(times, times[BURST - 1 :], strict=False) if last - first <= WITHIN]
    until = bursts[-1] + MARKED_FOR if bursts else None
    return until if until is not None and until > now else None
