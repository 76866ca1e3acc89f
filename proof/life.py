"""One run from its opening to long after its end: the scheduler sweeps, time passes, events happen, and we judge."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from importlib import import_module
from random import Random

from msgspec import Struct

from proof import invariants
from proof.cases import UNTIL, Case
from proof.events import FORBIDDEN, KILL, STORE, Event
from proof.happenings import Happenings, somebody_writes_everywhere
from proof.hooks import Killed
from proof.planting import Planted, planted
from proof.records import Records
from proof.scenery import call_succeeds
from proof.stage import Scene, Stage
from sandbox.compute_operations import settle
from sandbox.signs_of_life import catch_up
from sandbox.world import Resource
from shared import fixing
from shared.errors import Refused, Retryable, StoreUnavailable
from shared.execution.fold import Fix, fold
from shared.model.journal import Opened, Outcome
from shared.model.work import Grant, Work
from shared.pipeline.execute import execute, open_fix
from shared.pipeline.sweep import sweep
from shared.pipeline.workshop import Workshop

SWEPT_EVERY = timedelta(minutes=5)
LONGEST, AFTERWARDS = timedelta(hours=26), timedelta(minutes=30)
IN_TIME = timedelta(hours=3)
"""So long after the end of a grant it is gone, whatever happened: one failure, and an hour until the next try."""
MOST_SWEEPS = 900
PASSES = ("LookFailed", "Overtaken", "StoreUnavailable")
"""What an item of a sweep may fail with: it is tried again."""
PEOPLE = ("owner@example.com", "security@example.com")
SWEEPER = import_module("shared.pipeline.sweep")._Sweeper  # noqa: SLF001 - what it hands to the executor


class Ended(Struct, frozen=True, kw_only=True):
    """What came of a run: how its fixes ended, what was wrong, and how many moments and calls there were.

    `differed` are the moments after which a look told something new, `last` those with which an invocation ended.
    """

    outcomes: tuple[str, ...]
    wrong: tuple[str, ...]
    moments: tuple[str, ...]
    calls: tuple[str, ...]
    differed: tuple[int, ...]
    last: tuple[int, ...]
    lines: int


def live(stage: Stage, case: Case, events: tuple[Event, ...] = (), seed: int = 0) -> Ended:
    """Live through one case while the events happen; what came of it and what was wrong."""
    with stage.scene(case.world(), events) as scene:
        return Life(scene, case, events, seed).ended()


class Life:
    """A run in the making."""

    def __init__(self, scene: Scene, case: Case, events: tuple[Event, ...], seed: int) -> None:
        self.scene, self.case, self.events = scene, case, events
        self.world, self.moments = scene.world, scene.moments
        self.wrong: list[str] = []
        self._happenings = Happenings(self, Random(seed))  # noqa: S311 - which interleaving, not a secret
        self._duplicates = any(one.kind in (KILL, STORE) for one in events)
        self._down_until: datetime | None = None
        self._later: list[tuple[datetime, Callable[[], object]]] = []
        for machine in self.world.of_kind("instances"):
            machine.hidden.update(case.habits)
        self.records = Records(self.world, scene.journal)
        self.works = case.works(self.world)
        self.records.grants = [one for works in self.works for one in works if isinstance(one, Grant)]

    def ended(self) -> Ended:
        """Live it to the end; what came of it."""
        fixes = self._expired() if self.case.expires else self._undone() if self.case.undoes else self._done()
        told, calls = self.moments, tuple(self.scene.calls.counted)
        moments, differed, last = tuple(told.passed), tuple(told.differed), (*told.last, len(told.passed) - 1)
        self._afterwards(fixes)
        outcomes = tuple(self.fix(one).outcome or "goes on" for one in fixes)
        lines = sum(len(self.scene.journal.lines(one)) for one in fixes)
        self._past_the_end()
        self.wrong += invariants.broken(self, fixes)
        return Ended(outcomes=outcomes, wrong=tuple(self.wrong), moments=moments, calls=calls, differed=differed,
                     last=last, lines=lines)  # fmt: skip

    def fix(self, fix: str) -> Fix:
        """A fix as its journal tells it."""
        return fold(self.scene.journal.lines(fix))

    def later(self, after: timedelta, does: Callable[[], object]) -> None:
        """Let something happen when some time has passed."""
        self._later.append((self.world.now() + after, does))

    def executor_down_for(self, time: timedelta) -> None:
        """Nobody carries anything out for some time; only what watches over machines goes on."""
        self._down_until = self.world.now() + time

    # what is asked for

    def _done(self) -> list[str]:
        """The fixes, lived through while the events happen."""
        self._arrange()
        fixes = self._opened()
        self._through(fixes)
        return fixes

    def _undone(self) -> list[str]:
        """The taking back of the fixes, lived through while the events happen."""
        fixes = self._opened()
        self._through(fixes)
        somebody_writes_everywhere(self)
        self._arrange()
        undos = [self._asked(partial(self._undo, fix)) for fix in fixes]
        self._through(undos)
        return undos

    def _expired(self) -> list[str]:
        """The last taking back of grants whose time is over, lived through while the events happen."""
        self._through(self._opened())
        somebody_writes_everywhere(self)
        self._turn_to(UNTIL + timedelta(minutes=1))
        self._arrange()
        self._until(self._is_idle, IN_TIME)
        return [one for one in self.scene.journal.fixes() if self.fix(one).opened.undo_of][:1]

    def _arrange(self) -> None:
        """Count from here, and let the events happen."""
        self.moments.begin()
        self.scene.calls.begin()
        self.records.begin()
        for event in self.events:
            self._happenings.arrange(event)

    def _opened(self) -> list[str]:
        return [self._asked(partial(self._open, number, works)) for number, works in enumerate(self.works)]

    def _open(self, number: int, works: tuple[Work, ...]) -> str:
        opened = Opened(run=f"r-{number}", plan_hash="h", works=works, approved_by=PEOPLE, call=self.case.call,
                        may_roll_back=self.case.may_roll_back)  # fmt: skip
        return open_fix(opened, self.scene.journal, self.scene.journal, self.world.now())

    def _undo(self, fix: str) -> str:
        return fixing.undo(fix, PEOPLE, self.scene.shop())

    def _asked(self, ask: Callable[[], str]) -> str:
        """What a person asks for; whose command died asks again, and may be told that it is under way already."""
        with suppress(Killed, StoreUnavailable):
            return ask()
        for _ in self.events:
            with suppress(Killed, StoreUnavailable):
                return self._asked_again(ask)
        return self._asked_again(ask)

    def _asked_again(self, ask: Callable[[], str]) -> str:
        try:
            return ask()
        except Refused:
            return (self.scene.journal.unfinished() or self.scene.journal.fixes())[0]  # it may be over by now

    # how time passes

    def _through(self, fixes: list[str]) -> None:
        """Until all have ended."""
        self._until(lambda: all(self.fix(one).outcome for one in fixes))

    def _is_idle(self) -> bool:
        """Whether nothing is left to be done at any time."""
        return self.scene.journal.next_due() is None and not self.scene.journal.unfinished()

    def _until(self, is_over: Callable[[], bool], within: timedelta = LONGEST) -> None:
        """Sweep whenever something is due, until it is over or nobody can wait any longer."""
        end = self.world.now() + within
        for _ in range(MOST_SWEEPS):
            self._sweep()
            if (is_over() and not self._down_until) or self.world.now() > end:
                return
            self._turn_to(self._next())
        self.wrong.append(f"no end after {MOST_SWEEPS} sweeps")

    def _next(self) -> datetime:
        """When the scheduler sweeps next: when something is due, at least every five minutes."""
        now, due = self.world.now(), self.scene.journal.next_due()
        latest = now + SWEPT_EVERY
        return latest if due is None or self._down_until else max(min(due, latest), now + timedelta(microseconds=1))

    def _sweep(self) -> None:
        """What the schedule does; deliveries may come twice, and the executor may be down."""
        self._up_again()
        if self._down_until is not None:
            self.as_an_invocation(self._watched_only)
            return
        self.as_an_invocation(self.swept)
        if self._duplicates:
            for fix in self.scene.journal.unfinished():
                self.as_an_invocation(partial(self._delivered, fix))

    def _up_again(self) -> None:
        """The executor comes back once its time is over; until then each sweep has started what it found stopped."""
        if self._down_until is None or self.world.now() < self._down_until:
            return
        self._down_until = None
        stopped = [one for one in self.world.of_kind("instances") if not self._runs_or_has_just_stopped(one)]
        if stopped and "TERMINATED" not in self.records.statuses_before.values():
            self.wrong.append(f"VM left {stopped[0].body['status']} while the executor was down")

    def _runs_or_has_just_stopped(self, machine: Resource) -> bool:
        """Whether it runs, or stands still since after the last sweep, so that the next one starts it."""
        if machine.body["status"] != "TERMINATED":
            return bool(machine.body["status"] == "RUNNING")
        stopped = machine.body.get("lastStopTimestamp")
        return stopped is not None and self.world.now() - datetime.fromisoformat(stopped) < SWEPT_EVERY

    def swept(self, shop: Workshop | None = None) -> None:
        """One sweep by a new worker; an item may only fail with what is tried again."""
        failed = sweep(shop or self.scene.shop(), self.world.now()).failed
        passes = (*PASSES, *(["NotAllowedToLook"] if any(one.kind == FORBIDDEN for one in self.events) else []))
        self.wrong += [f"swept: {one}" for one in failed if not one.partition(": ")[2].startswith(passes)]

    def _watched_only(self) -> None:
        """A sweep while the executor is down: whatever that is handed, it does not do."""
        with planted(Planted(SWEEPER, "_step", lambda *_: 0)):
            self.swept()

    def _delivered(self, fix: str) -> None:
        """A wake-up is delivered, whether the fix is due or not."""
        execute(fix, self.scene.shop())

    def as_an_invocation(self, does: Callable[[], object]) -> None:
        """One invocation: what may be tried again is, later; a process that dies is gone; anything else is a defect."""
        try:
            does()
        except (Killed, Retryable):
            return
        except Exception as error:  # noqa: BLE001 - whatever it is, it is reported as what is wrong
            self.wrong.append(f"an invocation ended with {type(error).__name__}: {error}")

    def _turn_to(self, until: datetime) -> None:
        self.turn(max(until - self.world.now(), timedelta()))

    def turn(self, by: timedelta) -> None:
        """Let time pass; meanwhile the workload calls again, and goes through once it may."""
        with self.world.lock:
            self.world.clock.turn(by)
            for at, does in [one for one in self._later if one[0] <= self.world.now()]:
                self._later.remove((at, does))
                does()
            settle(self.world)
            catch_up(self.world)
            if self.case.call.principal and any(self.records.goes_through(one[0]) for one in self.works):
                call_succeeds(self.world, self.case.call)

    # afterwards

    def _afterwards(self, fixes: list[str]) -> None:
        """Half an hour more, in which the watchdog looks; then what is said to be done has to be so."""
        until = self.world.now() + AFTERWARDS
        while self.world.now() < until:
            self.turn(SWEPT_EVERY)
            self._sweep()
        self.records.at_rest()
        for name in fixes:
            fix = self.fix(name)
            for work, step in zip(fix.opened.works, fix.steps, strict=False):
                if step.outcome is Outcome.OK and self.world.now() < UNTIL and not self.records.is_so(work):
                    self.wrong.append(f"{type(work).__name__} is said to be done, and is not so")

    def _past_the_end(self) -> None:
        """Past the time for which grants were given, until nothing is left to be done."""
        if self.records.grants:
            self._turn_to(max(self.world.now(), UNTIL + timedelta(minutes=1)))
            self._until(self._is_idle, IN_TIME)


__all__ = ["Ended", "Life", "live"]
