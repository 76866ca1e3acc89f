"""What a fix is follows from its lines: one rule a test."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from fakes.workshop import NAME, Bench

from shared.execution.fold import FIRST, Fix, fold, grown
from shared.model.codec import from_json, to_json
from shared.model.effect import Before, Receipt, Result, StopMachine
from shared.model.journal import (
    Body,
    Claimed,
    Closed,
    Intended,
    Line,
    Moved,
    Opened,
    Outcome,
    Paged,
    Received,
    Seen,
    Tried,
)
from shared.model.machine import PLATFORM
from shared.model.work import Access

AT = datetime(2026, 11, 21, 9, tzinfo=UTC)
STOP = StopMachine(machine=NAME, request="r")
WORK = Access(machine=NAME, account=None, scopes=(PLATFORM,))
INTENDED = Intended(
    step=0, effect=STOP, before=Before(status="RUNNING"), then="STOPPING", wait_seconds=5, within_seconds=60
)


def after(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


def lines(*bodies: Body) -> list[Line]:
    """A journal of two works with these lines, one a second."""
    opened = Opened(run="r-1", plan_hash="h", works=(WORK, WORK))
    return [
        Line(fix="f-1", number=number, at=after(number), generation=0, body=body)
        for number, body in enumerate((opened, *bodies))
    ]


def folded(*bodies: Body) -> Fix:
    return fold(lines(*bodies))


def moved(state: str, *, step: int = 0, deadline: float = 100, due: float = 10) -> Moved:
    return Moved(step=step, state=state, deadline=after(deadline), due=after(due))


def received(state: str = "STOPPING") -> Received:
    receipt = Receipt(result=Result.STARTED, operation="o")
    return Received(step=0, receipt=receipt, state=state, deadline=after(200), due=after(20))


def test_a_fix_begins_with_one_step_a_work_and_one_to_check_the_call() -> None:
    fix = folded()
    assert [step.state for step in fix.steps] == [FIRST] * 3
    assert (fix.current, fix.due, fix.lines, fix.outcome) == (0, AT, 1, None)


def test_a_journal_begins_with_its_opening() -> None:
    with pytest.raises(ValueError, match="does not begin"):
        fold(lines(moved("A"))[1:])


def test_a_journal_is_opened_once() -> None:
    with pytest.raises(TypeError, match="opened twice"):
        folded(Opened(run="r-1", plan_hash="h"))


def test_a_journal_has_no_gaps() -> None:
    made = lines(moved("A"), moved("B"))
    with pytest.raises(ValueError, match="line 2 where 1 belongs"):
        fold([made[0], made[2]])


def test_a_fix_grows_line_by_line_to_what_its_journal_says() -> None:
    made = lines(moved("A"), Seen(step=0, what="x", value="1"), INTENDED, received())
    fix = fold(made[:1])
    for line in made[1:]:
        fix = grown(fix, line)
    assert fix == fold(made)


def test_a_claim_holds_until_its_time_and_counts_up() -> None:
    fix = folded(Claimed(worker="a", generation=1, until=after(120)))
    assert (fix.worker, fix.generation, fix.held_until) == ("a", 1, after(120))


@pytest.mark.parametrize("body", [moved("A"), Tried(step=0, why="no", due=after(10))])
def test_what_ends_an_invocation_lets_the_claim_go(body: Body) -> None:
    assert folded(Claimed(worker="a", generation=1, until=after(120)), body).held_until is None


@pytest.mark.parametrize("body", [INTENDED, Seen(step=0, what="x", value="1"), Paged(step=0, why="!")])
def test_what_is_written_on_the_way_keeps_the_claim(body: Body) -> None:
    assert folded(Claimed(worker="a", generation=1, until=after(120)), body).held_until == after(120)


def test_a_state_is_entered_once_however_often_it_is_looked_at() -> None:
    step = folded(moved("A"), moved("A", deadline=500)).step
    assert (step.entered, step.deadline, step.moves) == (after(1), after(100), {"A": 2})


def test_another_state_begins_its_time_anew() -> None:
    step = folded(moved("A"), Paged(step=0, why="!"), moved("B", deadline=300)).step
    assert (step.entered, step.deadline, step.paged) == (after(3), after(300), False)


def test_an_attempt_without_an_answer_counts_until_something_happens() -> None:
    tried = Tried(step=0, why="no", due=after(10))
    assert (folded(tried, tried).step.tries, folded(tried, tried).due) == (2, after(10))
    assert folded(tried, moved("A")).step.tries == 0


def test_an_intent_is_pending_until_its_receipt() -> None:
    pending = folded(INTENDED).step.pending
    assert pending is not None
    assert (pending.effect, pending.before.status, pending.then, pending.number) == (STOP, "RUNNING", "STOPPING", 1)
    assert (pending.wait, pending.within) == (timedelta(seconds=5), timedelta(seconds=60))


def test_a_receipt_enters_the_state_that_the_intent_leads_to() -> None:
    fix = folded(INTENDED, received())
    done = fix.step.last(StopMachine)
    assert done is not None
    assert done.receipt is not None
    assert (fix.step.pending, done.receipt.operation, done.received_at) == (None, "o", after(2))
    assert (fix.step.state, fix.step.deadline, fix.due) == ("STOPPING", after(200), after(20))


def test_the_last_effect_of_a_kind_is_the_one_that_counts() -> None:
    assert (
        folded(INTENDED, received(), INTENDED, received()).step.last(StopMachine)
        == folded(INTENDED, received(), INTENDED, received()).step.effects[1]
    )
    assert folded().step.last(StopMachine) is None


def test_an_observation_is_kept_with_the_number_of_its_line() -> None:
    step = folded(Seen(step=0, what="x", value="1"), moved("A"), Seen(step=0, what="x", value="2")).step
    assert (step.seen, step.seen_at) == ({"x": "2"}, {"x": 3})


def test_whoever_was_called_is_remembered_by_the_fix_and_by_the_state() -> None:
    fix = folded(Paged(step=0, why="one"), moved("A"), Paged(step=0, why="two"))
    assert (fix.pages, fix.step.paged) == (("one", "two"), True)


@pytest.mark.parametrize("outcome", [Outcome.OK, Outcome.NOTHING])
def test_after_a_good_end_the_next_step_begins_its_time(outcome: Outcome) -> None:
    fix = folded(moved("A"), Closed(step=0, outcome=outcome, why="done", due=after(9)))
    assert (fix.current, fix.outcome, fix.steps[0].outcome, fix.due) == (1, None, outcome, after(9))
    assert (fix.step.entered, fix.step.state) == (after(2), FIRST)


@pytest.mark.parametrize("outcome", [Outcome.REFUSED, Outcome.FAILED, Outcome.NEEDS_HUMAN])
def test_after_a_bad_end_the_fix_is_over(outcome: Outcome) -> None:
    fix = folded(Closed(step=0, outcome=outcome, why="no", due=AT))
    assert (fix.outcome, fix.why, fix.ended_at, fix.current) == (outcome, "no", after(1), 0)


def test_the_end_of_the_last_step_is_the_end_of_the_fix() -> None:
    ends = [Closed(step=step, outcome=Outcome.OK, why="", due=AT) for step in (0, 1)]
    fix = folded(*ends, Closed(step=2, outcome=Outcome.FIXED, why="it works", due=AT))
    assert (fix.outcome, fix.why) == (Outcome.FIXED, "it works")


def test_a_whole_journal_survives_its_json() -> None:
    bench = Bench()
    bench.google.add()
    bench.google.machines["vm-1"].boots = False
    fix = bench.open(
        Access(machine=NAME, account="app@acme-shop.iam.gserviceaccount.com", scopes=(PLATFORM,)), may_roll_back=True
    )
    bench.run(fix)
    made = bench.journal.lines(fix)
    assert {type(line.body) for line in made} >= {Opened, Claimed, Seen, Moved, Intended, Received, Closed, Paged}
    assert [from_json(to_json(line), Line) for line in made] == made
    assert fold([from_json(to_json(line), Line) for line in made]) == bench.fix(fix)
