"""The policy of now, read again every so often: what decides asks for it with every event."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock

from shared.policy.versions import InForce

READ_EVERY = timedelta(seconds=30)


class Held:
    """What the policy says, at most half a minute old by the clock that is passed in. Safe to ask from threads."""

    def __init__(self, read: Callable[[datetime], InForce]) -> None:
        self._read, self._lock = read, Lock()
        self._held: tuple[datetime, InForce] | None = None

    def __call__(self, now: datetime) -> InForce:
        """The policy of now; a clock that was put back reads it again."""
        held = self._held
        if held is not None and held[0] <= now < held[0] + READ_EVERY:
            return held[1]
        with self._lock:
            found = self._read(now)
            self._held = (now, found)
            return found
