"""A stop, an open breaker and a used-up budget hold back what changes something, and never what gives back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fakes.workshop import NAME, Bench

from shared.execution.fold import Fix
from shared.model.effect import AddBinding, RemoveBinding, SetAccess, StartMachine
from shared.model.facts import Policy
from shared.model.guards import Pause, Trip, Went
from shared.model.journal import Intended, Outcome, Tried
from shared.model.names import Role
from shared.model.work import Access, Grant
from shared.pipeline.execute import execute
from shared.pipeline.held_back import NO_PLACE, held_back

TOPIC = "//pubsub.googleapis.com/projects/acme-shop/topics/t"
ROLE = Role("roles/pubsub.publisher")
HOUR = timedelta(hours=1)


def grant(bench: Bench, member: str = "user:ann@example.com", topic: str = TOPIC) -> Grant:
    bench.google.policies.setdefault(topic, Policy(resource=topic, etag="e1", version=3))
    return Grant(resource=topic, role=ROLE, member=member, until=bench.clock.now() + HOUR)


def stop(bench: Bench, scope: str) -> None:
    bench.guards.pause(Pause(scope=scope, by="ann@example.com", why="an incident", at=bench.clock.now()))


def effects(bench: Bench, fix: str) -> list[Intended]:
    return [line.body for line in bench.journal.lines(fix) if isinstance(line.body, Intended)]


@pytest.mark.invariant("I18")
@pytest.mark.parametrize("scope", ["organization", "projects/acme-shop", "rule:dev", "folders/9"])
def test_a_stopped_fix_changes_nothing_and_goes_on_once_the_stop_is_lifted(scope: str) -> None:
    bench = Bench()
    stop(bench, scope)
    fix = bench.open(grant(bench), rules=("dev",), under=("projects/acme-shop", "folders/9"))
    waiting = bench.run(fix, hours=0.2)
    assert (waiting.outcome, effects(bench, fix)) == (None, [])
    why = [line.body.why for line in bench.journal.lines(fix) if isinstance(line.body, Tried)]
    assert why[0] == f"ann@example.com has stopped {scope} (an incident): `unforbid resume {scope}` goes on"
    bench.guards.resume(scope)
    bench.run(fix, hours=0.5, stop=lambda one: bool(effects(bench, one.id)))
    assert len(effects(bench, fix)) == 1


def test_a_stop_elsewhere_holds_nothing_here() -> None:
    bench = Bench()
    stop(bench, "projects/other")
    fix = bench.open(grant(bench), under=())
    bench.run(fix, hours=0.1, stop=lambda one: bool(effects(bench, one.id)))
    assert len(effects(bench, fix)) == 1


def test_where_a_folder_is_stopped_and_the_place_is_unknown_nothing_changes() -> None:
    bench = Bench()
    stop(bench, "folders/9")
    fix = bench.open(grant(bench))
    bench.run(fix, hours=0.1)
    assert effects(bench, fix) == []
    assert NO_PLACE in [line.body.why for line in bench.journal.lines(fix) if isinstance(line.body, Tried)]


@pytest.mark.invariant("I18")
def test_guards_that_cannot_be_read_count_as_stopped() -> None:
    bench = Bench()
    bench.guards.unreadable = True
    fix = bench.open(grant(bench))
    bench.run(fix, hours=0.1)
    assert effects(bench, fix) == []


@pytest.mark.hazard("H02")
@pytest.mark.invariant("I19")
def test_a_used_up_budget_refuses_the_step_before_anything_is_changed() -> None:
    bench = Bench()
    for number in range(3):
        fix = bench.open(grant(bench, topic=f"{TOPIC}{number}"), run=f"r-{number}")
        bench.run(fix, hours=0.1, stop=lambda one: bool(effects(bench, one.id)))
    fourth = bench.open(grant(bench, topic=f"{TOPIC}x"), run="r-4")
    ended = bench.run(fourth)
    assert (ended.outcome, effects(bench, fourth)) == (Outcome.REFUSED, [])
    assert ended.why == "the budget of grants of a principal is used up: 3 in 24 h for user:ann@example.com"


def test_a_budget_is_drawn_on_once_however_often_the_intent_is_tried() -> None:
    bench = Bench()
    fix = execute(bench.open(grant(bench)), bench.shop())
    before = len(bench.guards.counted)
    add = AddBinding(resource=TOPIC, role=ROLE, member="user:ann@example.com")
    for _ in range(5):
        assert held_back(fix, add, bench.guards, bench.clock.now()) is None
    assert len(bench.guards.counted) == max(before, 5)
    assert len({one.key for one in bench.guards.counted}) == 1


def test_an_open_breaker_holds_a_fix_but_not_its_undo() -> None:
    bench = Bench()
    bench.guards.tripped(Trip(went=Went.BROKE, why="f-0: the role did not help", at=bench.clock.now()))
    fix = bench.fix(bench.open(grant(bench)))
    back = bench.fix(bench.open(grant(bench), undo_of=fix.id))
    machine = SetAccess(machine=NAME, account=None, scopes=(), request="r")
    held = held_back(fix, machine, bench.guards, bench.clock.now())
    assert held is not None
    assert "the breaker is open until" in held.why
    assert held_back(back, machine, bench.guards, bench.clock.now()) is None


def opened(bench: Bench) -> Fix:
    return bench.fix(bench.open(Access(machine=NAME, account=None, scopes=())))


@pytest.mark.invariant("I18")
def test_nothing_ever_holds_back_a_start_or_the_end_of_a_grant() -> None:
    bench = Bench()
    stop(bench, "organization")
    bench.guards.unreadable = True
    for effect in (
        StartMachine(machine=NAME, request="r"),
        RemoveBinding(resource=TOPIC, role=ROLE, member="user:ann@example.com"),
    ):
        assert held_back(opened(bench), effect, bench.guards, bench.clock.now()) is None


@pytest.mark.parametrize(
    ("outcome", "went"),
    [(Outcome.FIXED, Went.WORKED), (Outcome.FAILED, Went.FAILED), (Outcome.NOT_EFFECTIVE, Went.BROKE),
     (Outcome.NEEDS_HUMAN, Went.BROKE)],
)  # fmt: skip
def test_the_breaker_hears_how_a_fix_went(outcome: Outcome, went: Went) -> None:
    from shared.pipeline.execute import WENT

    assert WENT[outcome] is went
    assert Outcome.REFUSED not in WENT
