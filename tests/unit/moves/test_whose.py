"""A binding without a condition that may be ours or somebody else's: the activity log decides, and nothing before it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from fakes.cloud import LOST_REPLY, binding
from fakes.workshop import Bench

from shared.errors import NotAllowedToLook
from shared.execution.fold import fold
from shared.model.effect import AddBinding, RemoveBinding
from shared.model.facts import Policy
from shared.model.journal import Outcome
from shared.model.names import Role
from shared.model.work import Grant
from shared.pipeline.sweep import sweep
from shared.pipeline.take_back import inverses

TOPIC, ANN, ROLE = "//pubsub.googleapis.com/projects/p/topics/t", "user:ann@example.com", Role("roles/pubsub.publisher")
BOB = "bob@example.com"
MINUTE, HOUR, LASTS = timedelta(minutes=1), timedelta(hours=1), timedelta(hours=4)


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    bench.google.policies[TOPIC] = Policy(resource=TOPIC, etag="e")
    bench.google.faults["AddBinding"] = [LOST_REPLY]
    return bench


def opened(bench: Bench) -> str:
    return bench.open(Grant(resource=TOPIC, role=ROLE, member=ANN, until=bench.clock.now() + LASTS))


def at_our_request(bench: Bench, does: Callable[[], None]) -> None:
    """Let something happen between our last look and our request."""
    real, left = bench.google.reach, [does]

    def reach(name: str) -> None:
        if name == "before AddBinding" and left:
            left.pop()()
        real(name)

    bench.google.reach = reach


def bob_is_faster(bench: Bench, *, is_told: bool = True) -> None:
    """Somebody else gives the very same role right before our request; whether the log tells of it at once."""

    def gives() -> None:
        bench.google.policies[TOPIC] = Policy(resource=TOPIC, etag="e+", bindings=(binding(ROLE, ANN),))
        if is_told:
            bench.google.gave(TOPIC, ROLE, ANN, BOB)

    at_our_request(bench, gives)


def held(bench: Bench) -> bool:
    return any(ANN in one.members for one in bench.google.policies[TOPIC].bindings)


def swept(bench: Bench, lasts: timedelta) -> None:
    end = bench.clock.now() + lasts
    while bench.clock.now() < end:
        assert sweep(bench.shop(), bench.clock.now()).failed == ()
        bench.turn_to(bench.clock.now() + MINUTE)


@pytest.mark.hazard("H40")
def test_it_is_ours_where_the_log_tells_of_our_own_request(bench: Bench) -> None:
    grant = bench.run(opened(bench)).steps[0]
    assert (grant.outcome, grant.why) == (Outcome.OK, f"{ROLE} for {ANN} is in the policy, by us as the log tells")
    assert len(bench.google.done) == 1


@pytest.mark.hazard("H40")
@pytest.mark.invariant("I06")
def test_it_stays_where_the_log_tells_of_somebody_else_and_a_person_hears_of_it(bench: Bench) -> None:
    bob_is_faster(bench)
    fix = opened(bench)
    done = bench.run(fix)
    said = f"{ROLE} for {ANN} was given by {BOB} while the answer to our own request was lost"
    assert (done.steps[0].outcome, done.steps[0].why) == (Outcome.NOTHING, f"{said}, so it is not ours")
    assert bench.pages(fix) == [f"{said}: it stays, and has no end of ours"]
    assert inverses(done) == ()
    swept(bench, LASTS + HOUR)
    assert held(bench)


def test_another_run_of_ours_is_somebody_else(bench: Bench) -> None:
    bob_is_faster(bench, is_told=False)
    bench.google.gave(TOPIC, ROLE, ANN, "unforbid@p.iam.gserviceaccount.com", reason="r-0/h")
    assert bench.run(opened(bench)).steps[0].outcome is Outcome.NOTHING


def test_nobody_else_is_believed_in_the_first_minute_as_our_own_line_may_come_later(bench: Bench) -> None:
    fix = opened(bench)
    at_our_request(bench, lambda: bench.google.gave(TOPIC, ROLE, ANN, BOB))
    bench.run(fix, stop=lambda now: now.steps[0].state == "WRITTEN")
    ours = bench.google.given.pop()
    still = bench.run(fix, stop=lambda now: now.steps[0].moves.get("WRITTEN", 0) > 1)
    assert (still.steps[0].outcome, bench.clock.now() - ours.at < MINUTE) == (None, True)
    bench.google.given.append(ours)
    assert bench.run(fix).steps[0].outcome is Outcome.OK


@pytest.mark.hazard("H40")
def test_as_long_as_the_log_is_silent_nothing_is_taken_away_and_a_person_is_called_once(bench: Bench) -> None:
    bob_is_faster(bench, is_told=False)
    fix = opened(bench)
    swept(bench, LASTS + HOUR)
    now = bench.fix(fix)
    assert (now.steps[0].outcome, held(bench)) == (None, True)
    assert bench.pages(fix) == ["WRITTEN of grant has passed its deadline"]
    assert not any(isinstance(one, RemoveBinding) for one in bench.google.asked)


@pytest.mark.hazard("H40")
@pytest.mark.invariant("I06")
def test_what_turns_out_to_be_somebody_elses_after_its_end_had_begun_is_not_taken_away(bench: Bench) -> None:
    bob_is_faster(bench, is_told=False)
    fix = opened(bench)
    swept(bench, LASTS + HOUR)
    bench.google.gave(TOPIC, ROLE, ANN, BOB)
    swept(bench, HOUR)
    (end,) = [one for one in map(bench.fix, bench.journal.fixes()) if one.opened.undo_of == fix]
    assert (end.steps[0].outcome, held(bench)) == (Outcome.NOTHING, True)
    assert end.steps[0].why == f"{ROLE} for {ANN} turned out to be somebody else's: it stays"


def test_what_turns_out_to_be_ours_after_its_end_is_taken_away(bench: Bench) -> None:
    fix = opened(bench)
    bench.run(fix, stop=lambda now: bool(now.steps[0].effects))
    ours = bench.google.given.pop()
    swept(bench, LASTS + HOUR)
    assert held(bench)
    bench.google.given.append(ours)
    swept(bench, HOUR)
    assert not held(bench)


def test_a_log_that_may_not_be_read_is_no_answer(bench: Bench) -> None:
    bench.google.blind["given_by"] = NotAllowedToLook("logging.logEntries.list", "projects/p", "403")
    fix = opened(bench)
    swept(bench, HOUR)
    assert (bench.fix(fix).outcome, held(bench), len(bench.pages(fix))) == (None, True, 1)
    assert "logging.logEntries.list" in bench.pages(fix)[0]
    assert [type(one) for one in bench.google.done] == [AddBinding]
    assert fold(bench.journal.lines(fix)).steps[0].state == "WRITTEN"
