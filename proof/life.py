"""One run from its opening to long after its end: the scheduler sweeps, time passes, an event happens, and we judge."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

from msgspec import Struct

from proof import invariants
from proof.cases import UNTIL, Case
from proof.hooks import Killed
from proof.records import Records
from proof.scenery import call_succeeds, machine_of, somebody_writes
from proof.stage import Scene, Stage
from sandbox.compute_operations import settle
from sandbox.faults import FaultKind
from sandbox.machines import RECREATED, change_status
from sandbox.signs_of_life import catch_up
from shared import fixing
from shared.errors import Retryable
from shared.execution.fold import Fix, fold
from shared.model.journal import Opened
from shared.model.work import Grant
from shared.pipeline.execute import ENDS, HELD_FOR, execute, open_fix

SWEPT_EVERY = timedelta(minutes=5)
LONGEST, DOWN_FOR = timedelta(hours=26), timedelta(hours=1)
AFTERWARDS = timedelta(minutes=30)
MOST_SWEEPS = 900
PEOPLE = ("owner@example.com", "security@example.com")
KILL, KILL_DUPLICATED, RIVAL, OVERTAKEN, DOWN = "kill", "kill, duplicates", "rival", "overtaken", "executor down"
CRASHES = (KILL, KILL_DUPLICATED, RIVAL, OVERTAKEN, DOWN)
FOREIGN, REMADE, STARTED = "foreign write", "recreated", "started by somebody"
FAULTS = tuple(one.value for one in FaultKind if one not in (FaultKind.HANG, FaultKind.ENDLESS))


class Event(Struct, frozen=True):
    """What happens, and when: at a moment of the workers (a crash), or at a call that the sandbox answers (a fault).

    Kinds `fails:VERB:CODE` and `loses:N` are habits of the machine instead, and have no moment.
    """

    kind: str
    at: int = 0


class Ended(Struct, frozen=True):
    """What came of a run: how its fixes ended, what was wrong, and how many moments and calls there were."""

    outcomes: tuple[str, ...]
    wrong: tuple[str, ...]
    moments: tuple[str, ...]
    calls: tuple[str, ...]
    lines: int


def live(stage: Stage, case: Case, events: tuple[Event, ...] = (), seed: int = 0) -> Ended:
    """Live through one case while the events happen; what came of it and what was wrong."""
    with stage.scene(case.world()) as scene:
        return Life(scene, case, events, seed).ended()


class Life:
    """A run in the making."""

    def __init__(self, scene: Scene, case: Case, events: tuple[Event, ...], seed: int) -> None:
        self.scene, self.case, self.events = scene, case, events
        self.world, self.moments = scene.world, scene.moments
        self.wrong: list[str] = []
        self._dice = Random(seed)  # noqa: S311 - which interleaving, not a secret
        self._duplicates = any(one.kind == KILL_DUPLICATED for one in events)
        self._down_until: datetime | None = None
        for machine in self.world.of_kind("instances"):
            machine.hidden.update(case.habits)
        self.records = Records(self.world, scene.journal)
        self.records.grants = [one for works in case.works(self.world) for one in works if isinstance(one, Grant)]

    def ended(self) -> Ended:
        """Live it to the end; what came of it."""
        works = self.case.works(self.world)
        fixes = [self._open(number, *one) for number, one in enumerate(works)]
        if self.case.undoes:
            self._through(fixes)
            self._others_go_on()
            self._arrange()
            fixes = [fixing.undo(fix, PEOPLE, self.scene.shop()) for fix in fixes]
        else:
            self._arrange()
        self._through(fixes)
        moments, calls = tuple(self.moments.passed), tuple(self.scene.calls.counted)
        self._afterwards()
        outcomes = tuple(self.fix(one).outcome or "goes on" for one in fixes)
        lines = sum(len(self.scene.journal.lines(one)) for one in fixes)
        self._past_the_end()
        self.wrong += invariants.broken(self, fixes)
        return Ended(outcomes=outcomes, wrong=tuple(self.wrong), moments=moments, calls=calls, lines=lines)

    def fix(self, fix: str) -> Fix:
        """A fix as its journal tells it."""
        return fold(self.scene.journal.lines(fix))

    def _open(self, number: int, *works: object) -> str:
        opened = Opened(run=f"r-{number}", plan_hash="h", works=works, approved_by=PEOPLE, call=self.case.call)  # type: ignore[arg-type]
        return open_fix(opened, self.scene.journal, self.scene.journal, self.world.now())

    def _others_go_on(self) -> None:
        """Between a fix and its undo others change what is theirs."""
        for name, resource in list(self.world.resources.items()):
            if resource.policies:
                somebody_writes(self.world, name)

    # what happens

    def _arrange(self) -> None:
        """Count from here, and let the events happen."""
        self.moments.begin()
        self.scene.calls.begin()
        self.records.begin()
        for event in self.events:
            self._let(event)

    def _let(self, event: Event) -> None:
        kind, _, rest = event.kind.partition(":")
        if kind in CRASHES:
            self.moments.at(event.at, self._crash(kind))
        elif kind in FAULTS:
            self.world.faults.add("*", FaultKind(kind), times=1, after=event.at)
        elif kind == "fails":
            verb, _, code = rest.partition(":")
            machine_of(self.world).hidden["fails"] = {verb: [code]}
        elif kind == "loses":
            machine_of(self.world).hidden["loses_operations"] = int(rest)
        elif kind == "habit":
            name, _, value = rest.partition(":")
            machine_of(self.world).hidden[name] = int(value)
        else:
            self.scene.calls.at(event.at, self._somebody(kind))

    def _crash(self, kind: str) -> Callable[[], None]:
        def dies() -> None:
            raise Killed(kind)

        def goes_down() -> None:
            self._down_until = self.world.now() + DOWN_FOR
            raise Killed(kind)

        def overtaken() -> None:
            self._pause()

        return {RIVAL: self._rival, OVERTAKEN: overtaken, DOWN: goes_down}.get(kind, dies)

    def _rival(self) -> None:
        """Another worker is woken for the same fixes at this very moment, before the first one goes on."""
        worker = self.moments.worker
        for fix in self.scene.journal.unfinished():
            self._as_an_invocation(lambda one=fix: execute(one, self.scene.shop()))
        self.moments.worker = worker

    def _pause(self) -> None:
        """The worker is paused for longer than its claim holds; others go on meanwhile, then it wakes up again."""
        worker = self.moments.worker
        for _ in range(self._dice.randint(1, 6)):
            self.turn(HELD_FOR + timedelta(seconds=1))
            self._as_an_invocation(lambda: fixing.sweep(self.scene.shop(), self.world.now()))
        self.moments.worker = worker

    def _somebody(self, kind: str) -> Callable[[], None]:
        def does() -> None:
            settle(self.world)
            if kind == FOREIGN:
                for name, resource in list(self.world.resources.items()):
                    if resource.policies:
                        somebody_writes(self.world, name)
            elif kind == REMADE:
                self.records.remade(machine_of(self.world))
                change_status(self.world, machine_of(self.world), RECREATED, self.world.now())
            elif machine_of(self.world).body["status"] == "TERMINATED":
                change_status(self.world, machine_of(self.world), "RUNNING", self.world.now())

        return does

    # how time passes

    def _through(self, fixes: list[str]) -> None:
        """Sweep whenever something is due, until all have ended or nobody can wait any longer."""
        end = self.world.now() + LONGEST
        for _ in range(MOST_SWEEPS):
            self.sweep()
            if all(self.fix(one).outcome for one in fixes) and not self._down_until:
                return
            if self.world.now() > end:
                return
            self.turn_to(self._next())
        self.wrong.append(f"no end after {MOST_SWEEPS} sweeps")

    def _next(self) -> datetime:
        """When the scheduler sweeps next: when something is due, at least every five minutes."""
        now, due = self.world.now(), self.scene.journal.next_due()
        latest = now + SWEPT_EVERY
        return latest if due is None or self._down_until else max(min(due, latest), now + timedelta(microseconds=1))

    def sweep(self) -> None:
        """What the schedule does; deliveries may come twice, and the executor may be down."""
        if self._down_until is not None and self.world.now() >= self._down_until:
            self._down_until = None
        shop = self.scene.shop()
        if self._down_until is not None:
            self._as_an_invocation(lambda: _watch_only(self.scene, self.world.now()))
            return
        self._as_an_invocation(lambda: fixing.sweep(shop, self.world.now()))
        if self._duplicates:
            for fix in self.scene.journal.unfinished():
                self._as_an_invocation(lambda one=fix: execute(one, self.scene.shop()))

    def _as_an_invocation(self, does: Callable[[], object]) -> None:
        """One invocation: what may be tried again is, later; a process that dies is gone; anything else is a defect."""
        try:
            does()
        except (Killed, Retryable):
            return
        except Exception as error:  # noqa: BLE001 - whatever it is, it is reported as what is wrong
            self.wrong.append(f"an invocation ended with {type(error).__name__}: {error}")

    def turn_to(self, until: datetime) -> None:
        """Let time pass until then."""
        self.turn(max(until - self.world.now(), timedelta()))

    def turn(self, by: timedelta) -> None:
        """Let time pass; meanwhile the workload calls again, and goes through once it may."""
        with self.world.lock:
            self.world.clock.turn(by)
            settle(self.world)
            catch_up(self.world)
            if self.case.call.principal and self.records.goes_through(self.case):
                call_succeeds(self.world, self.case.call)

    def _afterwards(self) -> None:
        """Half an hour more, in which the watchdog looks."""
        until = self.world.now() + AFTERWARDS
        while self.world.now() < until:
            self.turn(SWEPT_EVERY)
            self.sweep()
        self.records.at_rest()

    def _past_the_end(self) -> None:
        """Past the time for which grants were given, and an hour more."""
        self.turn_to(UNTIL + timedelta(minutes=1))
        for _ in range(12):
            self.sweep()
            self.turn(SWEPT_EVERY)


def _watch_only(scene: Scene, now: datetime) -> None:
    """A sweep while the executor is down: whatever it is handed, it does not do."""
    shop = scene.shop()

    def refuses(_: str, __: object) -> None:
        return None

    taken = fixing.execute
    fixing.execute = refuses  # type: ignore[assignment]
    try:
        fixing.sweep(shop, now)
    finally:
        fixing.execute = taken


__all__ = ["CRASHES", "ENDS", "FAULTS", "Ended", "Event", "live"]
