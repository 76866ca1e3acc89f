"""SIGKILL for one function after the other, at moments that a seed chooses: mostly while they are at something."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

from e2e.deployment import FUNCTIONS
from e2e.town import Town

WEIGHTS = {"detect": 6, "approve": 6, "execute-iam": 4, "execute-api": 1, "execute-compute": 4, "sweep": 6}
LOOKED_EVERY, LONGEST, BETWEEN = 0.005, 0.25, 0.2
"""How often it is looked who is at something; how long at most until the kill comes, and until the next. In seconds."""
RECOVERS = 0.5
"""So long nobody is killed again: whoever never gets anywhere shows nothing. In seconds."""
IDLE = 5
"""Of a hundred kills, so many are of whoever it may be, at work or not."""


class Killer:
    """Kills, and counts how often whom; `inside` is how often requests were under way."""

    def __init__(self, town: Town, rng: Random, kills: int) -> None:
        self._town, self._rng, self._left = town, rng, kills
        self._ended = threading.Event()
        self.killed: Counter[str] = Counter()
        self.inside = 0
        self._at: dict[str, float] = {}

    def run(self) -> None:
        """Kill until all are done, or it is over."""
        while self._left > 0 and not self._ended.wait(LOOKED_EVERY):
            names = self._candidates()
            if not names:
                continue
            (name,) = self._rng.choices(names, [WEIGHTS[one] for one in names])
            self._ended.wait(self._rng.uniform(0, LONGEST))
            self._kill(name)
            self._ended.wait(self._rng.uniform(0, BETWEEN))

    def _candidates(self) -> list[str]:
        """Who can be killed next: those that have a request, now and then everybody."""
        now = time.monotonic()
        names = [one.name for one in FUNCTIONS if now - self._at.get(one.name, 0.0) > RECOVERS]
        return names if self._rng.randrange(100) < IDLE else [one for one in names if self._town.fronts[one].inside]

    def _kill(self, name: str) -> None:
        self.inside += self._town.fronts[name].inside > 0
        self._town.instances[name].kill()
        self.killed[name] += 1
        self._at[name] = time.monotonic()
        self._left -= 1

    def end(self) -> None:
        """Kill nobody any more."""
        self._ended.set()


@contextmanager
def killing(town: Town, rng: Random, kills: int) -> Iterator[Killer]:
    """Kill so many while the block runs."""
    killer = Killer(town, Random(rng.random()), kills)  # noqa: S311 - likewise
    thread = threading.Thread(target=killer.run, name="killer", daemon=True)
    thread.start()
    try:
        yield killer
    finally:
        killer.end()
        thread.join()
