"""What a step may do is its table: nothing else ever happens, every line of it can happen, and no machine is left stopped.

Worlds that behave badly in one way, in each of which something happens in between: at every kind of moment, somebody
stops, starts, suspends, changes or re-creates the machine, or the worker dies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import cache

import pytest
from fakes.cloud import LOST_REPLY, LOST_REQUEST
from fakes.exhausted import TWICE
from fakes.workshop import NAME, Bench, Crash
from msgspec.structs import replace

from shared.execution.fold import FIRST, Fix
from shared.execution.next import Moves
from shared.model.journal import Outcome
from shared.model.machine import PLATFORM
from shared.model.work import Access, Attached, Recover, Work
from shared.moves import MOVES, VERIFY

LOGGING = ("https://www.googleapis.com/auth/logging.write",)
APP = "app@acme-shop.iam.gserviceaccount.com"
ACCESS = Access(machine=NAME, account=APP, scopes=(PLATFORM,), was=Attached(account=APP, scopes=LOGGING))
WORKS: dict[str, Work] = {
    "access": ACCESS,
    "resize": Recover(machine=NAME, machine_type="n2-standard-8", was="n2-standard-4"),
    "reset": Recover(machine=NAME),
}
STOCKOUT, QUOTA = "ZONE_RESOURCE_POOL_EXHAUSTED", "QUOTA_EXCEEDED"
Arrange = Callable[[Bench], None]


def errors(**codes: list[str]) -> Arrange:
    return lambda bench: bench.google.machines["vm-1"].errors.update({kind: [*all_] for kind, all_ in codes.items()})


def faults(**kinds: list[str]) -> Arrange:
    return lambda bench: bench.google.faults.update({kind: [*all_] for kind, all_ in kinds.items()})


def habit(**habits: object) -> Arrange:
    def arrange(bench: Bench) -> None:
        for name, value in habits.items():
            setattr(bench.google.machines["vm-1"], name, value)

    return arrange


def stopped_before(bench: Bench) -> None:
    bench.google.by_hand("TERMINATED")


def between_two_states(bench: Bench) -> None:
    machine = bench.google.machines["vm-1"]
    machine.now = replace(machine.now, status="STAGING")
    bench.google.at(70, lambda _: bench.google.by_hand("RUNNING"))


def stopped_again_and_again(bench: Bench) -> None:
    for minutes in range(2, 30):
        bench.google.at(60 * minutes, lambda _: stop_if_running(bench))


def stop_if_running(bench: Bench) -> None:
    if bench.google.machines["vm-1"].now.status == "RUNNING":
        bench.google.by_hand("TERMINATED")


def set_is_refused(bench: Bench) -> None:
    bench.google.faults.update(SetAccess=["forbidden"], SetSize=["forbidden"])


def cannot_be_put_back(bench: Bench) -> None:
    bench.google.machines["vm-1"].errors.update(StartMachine=[QUOTA, QUOTA], SetAccess=["", "BAD"], SetSize=["", "BAD"])


def slow_to_set(bench: Bench) -> None:
    habit(set_takes=timedelta(minutes=4))(bench)
    errors(StartMachine=[QUOTA])(bench)


def cannot_be_stopped_again(bench: Bench) -> None:
    habit(boots=False)(bench)
    errors(StopMachine=["", "INTERNAL_ERROR"])(bench)


WORLDS: dict[str, Arrange] = {
    "plain": lambda _: None,
    "stop takes an hour": habit(stop_takes=timedelta(hours=1)),
    "stop takes 20 minutes and nothing boots": habit(stop_takes=timedelta(minutes=20), boots=False),
    "stop fails": errors(StopMachine=["INTERNAL_ERROR"]),
    "set fails": errors(SetAccess=["BAD"], SetSize=["BAD"]),
    "set is refused": set_is_refused,
    "no room three times": errors(StartMachine=[STOCKOUT] * 3),
    "no quota, then no room": errors(StartMachine=[QUOTA, STOCKOUT]),
    "slow to set, and no quota": slow_to_set,
    "cannot be put back": cannot_be_put_back,
    "nothing boots": habit(boots=False),
    "cannot be stopped again": cannot_be_stopped_again,
    "stopped before": stopped_before,
    "between two states": between_two_states,
    "operations are lost": habit(loses_operations=True),
    "requests are lost": faults(StopMachine=[LOST_REQUEST], SetAccess=[LOST_REQUEST], StartMachine=[LOST_REQUEST]),
    "replies are lost": faults(
        StopMachine=[LOST_REPLY], SetAccess=[LOST_REPLY], SetSize=[LOST_REPLY], ResetMachine=[LOST_REPLY]
    ),
    "somebody stops it again and again": stopped_again_and_again,
    "reset fails": errors(ResetMachine=["INTERNAL_ERROR"]),
}


def stop_by_hand(bench: Bench) -> None:
    bench.google.by_hand("TERMINATED")


def start_by_hand(bench: Bench) -> None:
    bench.google.by_hand("RUNNING")


def suspend(bench: Bench) -> None:
    bench.google.by_hand("SUSPENDED")


def change(bench: Bench) -> None:
    fields = {"scopes": ("https://www.googleapis.com/auth/pubsub",), "machine_type": "n2-highmem-4"}
    bench.google.machines["vm-1"].become(bench.clock.now(), "somebody", **fields)


def change_back(bench: Bench) -> None:
    fields = {"scopes": LOGGING, "machine_type": "n2-standard-4"}
    bench.google.machines["vm-1"].become(bench.clock.now(), "somebody", **fields)


def recreate(bench: Bench) -> None:
    bench.google.recreate()


def die(_: Bench) -> None:
    raise Crash


HAPPENINGS: tuple[Arrange, ...] = (stop_by_hand, start_by_hand, suspend, change, change_back, recreate, die)
MOST_MOMENTS = 7


class Told:
    """One run: the world, what happened in it when, and how it went."""

    def __init__(self, work: str, world: str, *, may_roll_back: bool, what: Arrange | None = None, at: int = 0) -> None:
        self.work, self.what = WORKS[work], what
        self.bench = Bench()
        self.bench.google.add().console = TWICE
        WORLDS[world](self.bench)
        is_undo = (work, world) == ("resize", "stopped before")  # the only one that changes the size of what is stopped
        undo_of = "f-1" if is_undo else None
        self.id = self.bench.open(self.work, may_roll_back=may_roll_back, undo_of=undo_of)
        self.begins = len(self.bench.points.passed)
        self.moment = ""
        if what is not None:
            self.bench.points.happens[self.begins + at] = lambda: self._happen(what)
        self.fix: Fix = self.bench.run(self.id, hours=12)
        self.machine = self.bench.google.machines["vm-1"]
        self.name = f"{work} / {world} / {what.__name__ if what else ''} at {at} ({self.moment}) / {may_roll_back}"

    def _happen(self, what: Arrange) -> None:
        self.moment = self.bench.points.passed[-1]
        what(self.bench)

    @property
    def went(self) -> set[tuple[str, str]]:
        return set(self.bench.went(self.id))

    @property
    def moments(self) -> list[int]:
        """The moments of a run that differ: before each look and each effect, thinned out evenly."""
        passed = self.bench.points.passed[self.begins :]
        all_ = [at for at, name in enumerate(passed) if not name.startswith(("before line", "after line"))]
        every = max(1, len(all_) // MOST_MOMENTS)
        return all_[::every]


@cache
def told(work: str) -> tuple[Told, ...]:
    """Every world as it goes by itself, and with each thing that can happen in it, at some moments."""

    def all_of() -> Iterator[Told]:
        for world in WORLDS:
            for may in (False, True) if world in ("nothing boots", "cannot be stopped again") else (True,):
                alone = Told(work, world, may_roll_back=may)
                yield alone
                for what in HAPPENINGS:
                    for at in alone.moments:
                        yield Told(work, world, may_roll_back=may, what=what, at=at)

    return tuple(all_of())


@pytest.mark.parametrize("work", WORKS)
def test_nothing_happens_that_the_table_does_not_have(work: str) -> None:
    table = {(start, end) for start, end, _ in MOVES[type(WORKS[work])].edges}
    assert {one.name: one.went - table for one in told(work) if one.went - table} == {}


def test_everything_that_the_table_of_access_has_can_happen() -> None:
    assert {(start, end) for start, end, _ in MOVES[Access].edges} - set().union(
        *(one.went for one in told("access"))
    ) == set()


def test_everything_that_the_table_of_recover_has_can_happen() -> None:
    went = set().union(*(one.went for work in ("resize", "reset") for one in told(work)))
    assert {(start, end) for start, end, _ in MOVES[Recover].edges} - went == set()


@pytest.mark.invariant("I12")
@pytest.mark.parametrize("work", WORKS)
def test_no_machine_that_we_stopped_is_left_stopped(work: str) -> None:
    assert [one.name for one in told(work) if one.machine.left_stopped] == []


@pytest.mark.invariant("I10")
@pytest.mark.parametrize("work", WORKS)
def test_every_run_ends_within_half_a_day_or_has_called_somebody(work: str) -> None:
    assert [one.name for one in told(work) if one.fix.outcome is None and not one.bench.pages(one.id)] == []


@pytest.mark.parametrize("work", WORKS)
def test_a_machine_is_stopped_once_and_a_second_time_only_to_put_it_back(work: str) -> None:
    stops = {one.name: one.machine.done("us", "status", "STOPPING") for one in told(work)}
    puts_back = {one.name for one in told(work) if ("BOOTING", "ROLLBACK_STOP") in one.went}
    assert {name for name, count in stops.items() if count > 1 + (name in puts_back)} == set()
    assert {one.name for one in told(work) if one.machine.done("us", "reset") > 1} == set()


@pytest.mark.parametrize("work", WORKS)
def test_a_machine_that_was_made_anew_is_not_touched(work: str) -> None:
    anew = [one for one in told(work) if one.what is recreate and one.machine.now.id != NAME.id]
    assert anew
    assert [one.name for one in anew if [who for _, who, _, _ in one.machine.history if who == "us"]] == []


@pytest.mark.parametrize("work", ["access", "resize"])
def test_what_somebody_else_changes_meanwhile_is_not_overwritten(work: str) -> None:
    """Between the look and the call there is a moment that Compute Engine gives no means to close."""
    kind, field = {"access": ("SetAccess", "scopes"), "resize": ("SetSize", "machine_type")}[work]
    changed = [
        one for one in told(work) if one.what is change and one.moment not in (f"before {kind}", "before operation")
    ]
    assert changed
    overwritten = []
    for one in changed:
        whose = "nobody"
        for _, who, what, value in one.machine.history:
            overwritten += [one.name] if (who, value) == ("us", kind) and whose == "somebody" else []
            whose = who if what == field else whose
    assert overwritten == []


@pytest.mark.parametrize("work", ["access", "resize"])
def test_a_good_end_means_that_what_was_planned_is_set(work: str) -> None:
    good = [one for one in told(work) if one.fix.steps[0].outcome is Outcome.OK]
    assert good
    is_planned = {
        "access": lambda one: one.machine.now.scopes == ACCESS.scopes,
        "resize": lambda one: one.machine.now.machine_type == "n2-standard-8",
    }[work]
    assert [one.name for one in good if not is_planned(one) and one.what not in (change, change_back)] == []


@pytest.mark.parametrize("moves", [*MOVES.values(), VERIFY], ids=lambda moves: moves.work.__name__)
def test_every_state_has_a_time_and_a_way_in_and_out(moves: Moves) -> None:
    starts = {start for start, _, _ in moves.edges}
    ends = {end for _, end, _ in moves.edges}
    assert starts == set(moves.states)
    assert ends | {FIRST} == {*moves.states, "end"}
    assert all(time > timedelta() for time in moves.states.values())
    assert len({(start, end) for start, end, _ in moves.edges}) == len(moves.edges)


@pytest.mark.invariant("I10")
@pytest.mark.parametrize("work", WORKS)
def test_every_state_that_lasts_too_long_ends_or_calls_somebody(work: str) -> None:
    moves = MOVES[type(WORKS[work])]
    reached = set()
    for world in WORLDS:
        alone = Told(work, world, may_roll_back=True)
        for state in {end for _, end in alone.went if end != "end"}:
            reached.add(state)
            assert stuck_in(state, work, world) is not None, (world, state, moves.states[state])
    assert reached <= set(moves.states)


def stuck_in(state: str, work: str, world: str) -> str | None:
    """How a step whose eyes are closed as soon as it is in a state ends, or whom it calls, within a day."""
    bench = Bench()
    bench.google.add().console = TWICE
    WORLDS[world](bench)
    fix = bench.open(WORKS[work], may_roll_back=True)
    bench.run(fix, stop=lambda now: now.steps[0].state == state)
    bench.google.faults["machine"] = ["the test closes its eyes"] * 5_000
    done = bench.run(fix, hours=24, stop=lambda now: bool(now.pages))
    return done.why if done.outcome else next(iter(bench.pages(fix)), None)
