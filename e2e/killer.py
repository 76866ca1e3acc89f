"""SIGKILL for one function after the other, at moments that a seed chooses: mostly while they are at something."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

from e2e.deployment import FUNCTIONS
from e2e.town import Town

WEIGHTS = {"detect": 4, "approve": 3, "execute-iam": 8, "execute-api": 0, "execute-compute": 3, "sweep": 2}
COMES_WITHIN, LONGEST = 1.0, 0.35
"""So long it is waited for a request of whom it shall be; so long at most after that the kill comes. In seconds."""


class Killer:
    """Kills, and counts how often whom; `inside` is how often requests were under way."""

    def __init__(self, town: Town, rng: Random, kills: int) -> None:
        self._town, self._rng, self._left = town, rng, kills
        self._ended = threading.Event()
        self.killed: Counter[str] = Counter()
        self.inside = 0

    def is_done(self) -> bool:
        """Whether everybody is killed who was to be."""
        return self._left <= 0

    def run(self) -> None:
        """Kill until all are done, or it is over."""
        names = [one.name for one in FUNCTIONS]
        while self._left > 0 and not self._ended.is_set():
            (name,) = self._rng.choices(names, [WEIGHTS[one] for one in names])
            came = threading.Event()
            self._town.fronts[name].came = came.set
            is_idle = not came.wait(COMES_WITHIN)
            if is_idle and self._rng.random() < 0.8:
                continue
            self._ended.wait(self._rng.uniform(0, LONGEST))
            self._kill(name)

    def _kill(self, name: str) -> None:
        self.inside += self._town.fronts[name].inside > 0
        self._town.instances[name].kill()
        self.killed[name] += 1
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
