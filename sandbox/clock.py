"""The sandbox's own time: it runs with the machine's clock, or stands still until it is turned."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class SandboxClock:
    """The time of one sandbox. `real` is what moves it on; without it, only `turn` does."""

    def __init__(self, start: datetime, real: Callable[[], datetime] | None = None) -> None:
        self._start, self._turned, self._real = start, timedelta(), real
        self._began = real() if real else start

    def now(self) -> datetime:
        """The sandbox's time, in UTC."""
        passed = self._real() - self._began if self._real else timedelta()
        return (self._start + self._turned + passed).astimezone(UTC)

    def turn(self, by: timedelta) -> None:
        """Move the time on."""
        self._turned += by


def stamp(at: datetime) -> str:
    """A time as Google's APIs write it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
