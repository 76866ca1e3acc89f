"""Somebody says no to what was approved: it counts until the first effect, whatever the fix waits for."""

from __future__ import annotations

from datetime import timedelta

import pytest
from ballot_papers import no, question
from fakes.ballots import MemoryBallots
from fakes.cloud import binding
from fakes.errands import OnlyDenies
from fakes.workshop import Bench

from shared.errors import SettingsError, StoreUnavailable
from shared.model.approval import Ended, Ending
from shared.model.codec import to_json
from shared.model.facts import Policy
from shared.model.journal import Opened, Outcome
from shared.model.names import Role
from shared.model.work import Grant
from shared.pipeline.execute import execute, open_fix

TOPIC, ROLE = "//pubsub.googleapis.com/projects/p/topics/t", Role("roles/pubsub.publisher")
HOUR = timedelta(hours=1)


def grant() -> Grant:
    return Grant(resource=TOPIC, role=ROLE, member="user:eve@example.com", until=Bench().clock.now() + 8 * HOUR)


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    others = (binding(ROLE, "user:bob@example.com"),)
    bench.google.policies[TOPIC] = Policy(resource=TOPIC, bindings=others, etag="e1", version=3)
    return bench


@pytest.fixture
def asked(bench: Bench) -> MemoryBallots:
    """A question that two people agreed to, and of which a fix was begun."""
    ballots = MemoryBallots()
    ballots.ask(question())
    ballots.end(Ended(approval="a-1", ending=Ending.CONSUMED, at=bench.clock.now(), by="f-1"))
    bench.errands = OnlyDenies(ballots)
    return ballots


@pytest.mark.hazard("H25")
@pytest.mark.invariant("I14")
def test_a_no_before_its_first_effect_ends_a_fix_that_was_approved_though_it_waits(
    bench: Bench, asked: MemoryBallots
) -> None:
    fix = bench.open(grant(), approval="a-1")
    assert asked.vote(no("ann"))
    ended = bench.run(fix)
    assert (ended.outcome, bench.google.done) == (Outcome.REFUSED, [])
    assert ended.why == "ann@example.com said no before it began"


@pytest.mark.hazard("H35")
@pytest.mark.invariant("I25")
def test_what_was_typed_with_a_no_is_in_no_line_of_the_journal_which_is_logged_and_copied(
    bench: Bench, asked: MemoryBallots
) -> None:
    typed = no("ann")
    assert typed.reason
    asked.vote(typed)
    fix = bench.run(bench.open(grant(), approval="a-1"))
    assert fix.outcome is Outcome.REFUSED
    assert [line for line in bench.journal.lines(fix.id) if typed.reason.encode() in to_json(line)] == []


@pytest.mark.invariant("I14")
def test_a_no_after_its_first_effect_changes_nothing_of_a_fix(bench: Bench, asked: MemoryBallots) -> None:
    fix = bench.open(grant(), approval="a-1")
    bench.run(fix, stop=lambda now: bool(now.steps[0].effects))
    assert asked.vote(no("ann"))
    bench.run(fix)
    assert len(bench.google.done) == 1


def test_where_nobody_can_read_what_people_said_nothing_that_they_approved_is_begun(bench: Bench) -> None:
    fix = bench.open(grant(), approval="a-1")
    with pytest.raises(SettingsError, match="UNFORBID_POLICY"):
        bench.run(fix)
    assert bench.google.done == []


@pytest.mark.invariant("I14")
def test_a_no_ends_a_fix_at_once_that_waits_for_its_time(bench: Bench, asked: MemoryBallots) -> None:
    approved = Opened(run="r-1", plan_hash="h", works=(grant(),), approval="a-1")
    fix = open_fix(approved, bench.journal, bench.queue, bench.clock.now() + 7 * HOUR)
    assert execute(fix, bench.shop()).lines == 1
    assert asked.vote(no("ann"))
    assert execute(fix, bench.shop()).outcome is Outcome.REFUSED


def test_while_what_people_said_cannot_be_read_nothing_is_begun(bench: Bench, asked: MemoryBallots) -> None:
    fix = bench.open(grant(), approval="a-1")
    asked.fails = True
    with pytest.raises(StoreUnavailable):
        execute(fix, bench.shop())
    asked.fails = False
    bench.turn_to(bench.clock.now() + HOUR)
    bench.run(fix)
    assert len(bench.google.done) == 1
