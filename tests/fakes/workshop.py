"""A workshop of fakes: fixes are opened in it and worked off, as the queue would have it, with the clock turned."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any

from fakes.clock import FakeClock
from fakes.cloud import Google
from fakes.guards import MemoryGuards
from fakes.journal import MemoryJournal, MemoryQueue
from shared.execution.fold import FIRST, Fix, fold
from shared.execution.watchdog import left_stopped
from shared.model.effect import Before
from shared.model.journal import Closed, Line, Moved, Opened, Paged, Received
from shared.model.work import MachineName, Work
from shared.pipeline.execute import execute, open_fix
from shared.pipeline.workshop import Errands, Workshop

WATCHED_EVERY = timedelta(minutes=5)
MOST_INVOCATIONS = 3_000
NAME = MachineName(project="acme-shop", zone="europe-west8-a", name="vm-1", id="55")


class Crash(BaseException):
    """The worker is gone, in the middle of what it did."""


class Points:
    """Counts the moments at which a worker could die, and kills it at one of them."""

    def __init__(self) -> None:
        self.passed: list[str] = []
        self.dies_at: int | None = None
        self.happens: dict[int, Callable[[], None]] = {}

    def reach(self, name: str) -> None:
        """One moment more; what is to happen at it happens, before anything else."""
        self.passed.append(name)
        if (happens := self.happens.pop(len(self.passed) - 1, None)) is not None:
            happens()
        if self.dies_at is not None and len(self.passed) > self.dies_at:
            self.dies_at = None
            raise Crash(name)


class Bench:
    def __init__(self) -> None:
        self.points = Points()
        self.clock = FakeClock()
        self.google = Google(self.clock, self.points.reach)
        self.journal, self.queue = MemoryJournal(self.points.reach), MemoryQueue(self.points.reach)
        self.guards = MemoryGuards()
        self.errands: Errands | None = None
        self._workers = count(1)
        self._next_watch = self.clock.now() + WATCHED_EVERY

    def shop(self, worker: str = "", **other: Any) -> Workshop:
        ports = {"sight": self.google, "cloud": self.google, "journal": self.journal, "queue": self.queue}
        named = worker or f"worker-{next(self._workers)}"
        beside = {"clock": self.clock, "guards": self.guards, "errands": self.errands}
        return Workshop(**{**ports, **beside, "worker": named, **other})

    def open(self, *works: Work, **opened: Any) -> str:
        made = Opened(**{"run": "r-1", "plan_hash": "h", "works": works, **opened})
        return open_fix(made, self.journal, self.queue, self.clock.now())

    def fix(self, fix: str) -> Fix:
        return fold(self.journal.lines(fix))

    def run(
        self, fix: str, *, hours: float = 24, stop: Callable[[Fix], bool] = lambda _: False, watchdog: bool = False
    ) -> Fix:
        """Work a fix off until it ends, something is reached, or the time is over; a worker that dies is replaced."""
        end = self.clock.now() + timedelta(hours=hours)
        for _ in range(MOST_INVOCATIONS):
            try:
                now = execute(fix, self.shop())
            except Crash:
                now = self.fix(fix)
            until = max(now.due, now.held_until or now.due)
            if now.outcome is not None or stop(now) or until > end:
                return now
            self.turn_to(until, watchdog=watchdog)
        raise AssertionError(f"{fix} is at no end after {MOST_INVOCATIONS} invocations")

    def turn_to(self, until: Any, *, watchdog: bool = False) -> None:
        """Let time pass; with the watchdog looking every five minutes."""
        while watchdog and self._next_watch <= until:
            self.clock.at = max(self.clock.at, self._next_watch)
            self._next_watch += WATCHED_EVERY
            self.watch()
        self.clock.at = max(self.clock.at, until)
        self.google.settle()

    def watch(self) -> int:
        """What the sweep does of it: start what stands still."""
        self.google.settle()
        started = 0
        for one in left_stopped([self.fix(fix) for fix in self.journal.fixes()], self.clock.now()):
            machine = self.google.machines.get(one.machine.name)
            if machine is not None and machine.now.id == one.machine.id and machine.now.status == "TERMINATED":
                self.google.perform(one.effect, Before())
                started += 1
        return started

    def pages(self, fix: str) -> list[str]:
        return [line.body.why for line in self.journal.lines(fix) if isinstance(line.body, Paged)]

    def went(self, fix: str, step: int = 0) -> list[tuple[str, str]]:
        """Every transition of a step, in order."""
        return transitions(self.journal.lines(fix), step)


def transitions(lines: list[Line], step: int = 0) -> list[tuple[str, str]]:
    state, found = FIRST, []
    for line in lines:
        body = line.body
        if isinstance(body, Moved | Received | Closed) and body.step == step:
            to = "end" if isinstance(body, Closed) else body.state
            found.append((state, to))
            state = to
    return found
