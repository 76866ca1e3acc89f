"""Time passes: nobody waits for it, but whatever is due in it happens, in its order, before it goes on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta

from e2e.town import SWEPT_EVERY, Town

A_WHILE = timedelta(seconds=30)
"""A workload whose call was refused tries again after a while."""
A_LITTLE = timedelta(milliseconds=1)
QUIET_WITHIN = 60.0
ASKED_EVERY = 0.005


class NeverQuietError(Exception):
    """Something does not come to an end that should have by now."""


class Hours:
    """The time of one organisation. `meanwhile` is what happens there every while, as workloads that call again."""

    def __init__(self, town: Town, meanwhile: Callable[[], object] | None = None) -> None:
        self._town, self._meanwhile = town, meanwhile
        now = town.clock.now()
        self._sweeps_at, self._while_at = now + SWEPT_EVERY, now + A_WHILE

    def until(self, is_so: Callable[[], bool], longest: timedelta) -> None:
        """Let time pass until something is so; raises `NeverQuietError` where it is not in all that time."""
        ends = self._town.clock.now() + longest
        while True:
            quiet(self._town)
            if is_so():
                return
            if self._town.clock.now() > ends:
                raise NeverQuietError(f"after {longest} it is still not so")
            self._on()

    def _on(self) -> None:
        """Turn the clock to whatever is next, and have that happen."""
        town = self._town
        task = town.tasks.next_at()
        coming = [self._sweeps_at, task, self._while_at if self._meanwhile is not None else None]
        due = min(one for one in coming if one is not None)
        town.clock.turn(max(due - town.clock.now() + A_LITTLE, A_LITTLE))
        now = town.clock.now()
        if self._meanwhile is not None and now >= self._while_at:
            self._meanwhile()
            self._while_at = now + A_WHILE
        if now >= self._sweeps_at:
            town.sweep()
            self._sweeps_at = now + SWEPT_EVERY


def quiet(town: Town) -> None:
    """Wait, in real time, until nothing is on its way any more."""
    ends, waiting = time.monotonic() + QUIET_WITHIN, threading.Event()
    while not town.is_quiet():
        if time.monotonic() > ends:
            told = ", ".join(
                f"{name} {front.inside} inside, {front.statuses[-3:]}" for name, front in town.fronts.items()
            )
            raise NeverQuietError(f"something is on its way for {QUIET_WITHIN:.0f} seconds: {told}")
        waiting.wait(ASKED_EVERY)
