"""A binding without a condition that may be ours or somebody else's: the activity log decides, and nothing before it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from fakes.cloud import LOST_REPLY, binding
from fakes.workshop import Bench
from msgspec.structs import replace

from shared.errors import LookFailed, NotAllowedToLook
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
    said = f"{ROLE} for {ANN} on {TOPIC} may be ours or somebody else's: no log tells it; if nobody needs it, remove it"
    assert [one.startswith(said) for one in bench.pages(fix)] == [True]
    assert not any(isinstance(one, RemoveBinding) for one in bench.google.asked)


@pytest.mark.hazard("H40")
@pytest.mark.invariant("I06")
def test_what_turns_out_to_be_somebody_elses_after_its_end_is_not_taken_away(bench: Bench) -> None:
    bob_is_faster(bench, is_told=False)
    fix = opened(bench)
    swept(bench, LASTS + HOUR)
    bench.google.gave(TOPIC, ROLE, ANN, BOB)
    swept(bench, 2 * HOUR)
    assert (bench.fix(fix).steps[0].outcome, held(bench)) == (Outcome.NOTHING, True)
    assert (bench.journal.fixes(), bench.queue.waiting) == ([fix], {})


def test_what_turns_out_to_be_ours_after_its_end_is_taken_away(bench: Bench) -> None:
    fix = opened(bench)
    bench.run(fix, stop=lambda now: bool(now.steps[0].effects))
    ours = bench.google.given.pop()
    swept(bench, LASTS + HOUR)
    assert held(bench)
    bench.google.given.append(ours)
    swept(bench, 2 * HOUR)
    assert not held(bench)


@pytest.mark.hazard("H40")
@pytest.mark.invariant("I06")
def test_one_read_that_lags_behind_does_not_make_it_ours_to_take_away(bench: Bench) -> None:
    bob_is_faster(bench, is_told=False)
    fix = opened(bench)
    bench.run(fix, stop=lambda now: now.steps[0].moves.get("WRITTEN", 0) > 3)
    shown = bench.google.policies[TOPIC]
    bench.google.policies[TOPIC] = Policy(resource=TOPIC, etag="old")
    bench.turn_to(bench.fix(fix).due)
    assert bench.run(fix, stop=lambda _: True).outcome is None
    bench.google.policies[TOPIC] = shown
    bench.google.gave(TOPIC, ROLE, ANN, BOB)
    swept(bench, LASTS + HOUR)
    assert (bench.fix(fix).steps[0].outcome, held(bench)) == (Outcome.NOTHING, True)


@pytest.mark.hazard("H40")
@pytest.mark.invariant("I06")
def test_what_somebody_takes_away_and_gives_again_is_never_ours(bench: Bench) -> None:
    bob_is_faster(bench, is_told=False)
    fix = opened(bench)
    bench.run(fix, stop=lambda now: now.steps[0].state == "WRITTEN")
    shown = bench.google.policies[TOPIC]
    bench.google.policies[TOPIC] = Policy(resource=TOPIC, etag="taken")
    done = bench.run(fix)
    assert (done.steps[0].outcome, inverses(done)) == (Outcome.FAILED, ())
    assert bench.pages(fix) == [f"{done.steps[0].why}: if it comes back, it has no end of ours"]
    bench.google.policies[TOPIC] = shown
    swept(bench, LASTS + HOUR)
    assert held(bench)


@pytest.mark.invariant("I07", "I08")
def test_the_end_of_another_grant_of_the_same_fix_waits_for_no_doubt(bench: Bench) -> None:
    other, until = f"{TOPIC}-2", bench.clock.now() + LASTS
    bench.google.policies[other] = Policy(resource=other, etag="e")
    bench.google.faults["AddBinding"] = ["", LOST_REPLY]
    works = [Grant(resource=one, role=ROLE, member=ANN, until=until) for one in (other, TOPIC)]
    fix = bench.open(*works)
    bench.run(fix, stop=lambda now: bool(now.steps[1].effects))
    ours = bench.google.given.pop()
    swept(bench, LASTS + 10 * MINUTE)
    assert (bench.google.policies[other].bindings, held(bench)) == ((), True)
    bench.google.given.append(ours)
    swept(bench, 2 * HOUR)
    assert not held(bench)


def test_our_own_account_is_never_somebody_else_also_where_a_service_keeps_no_reason(bench: Bench) -> None:
    fix = opened(bench)
    bench.run(fix, stop=lambda now: bool(now.steps[0].effects))
    ours = bench.google.given.pop()
    bench.google.given.append(replace(ours, reason=""))
    shops = bench.shop
    bench.shop = lambda *named, **other: shops(*named, **other, ours=frozenset({ours.by}))  # type: ignore[method-assign]
    assert bench.run(fix).steps[0].outcome is Outcome.OK


@pytest.mark.parametrize(("late", "outcome"), [(timedelta(), Outcome.OK), (-MINUTE, None)])
def test_where_a_service_does_not_tell_what_was_changed_our_reason_after_our_intent_is_enough(
    bench: Bench, late: timedelta, outcome: Outcome | None
) -> None:
    fix = opened(bench)
    bench.run(fix, stop=lambda now: bool(now.steps[0].effects))
    ours = bench.google.given.pop()
    bench.google.given.append(replace(ours, added=(), at=ours.at + late))
    assert bench.run(fix, hours=1).steps[0].outcome is outcome


def test_what_was_taken_since_it_was_given_is_not_told(bench: Bench) -> None:
    fix = opened(bench)
    bench.run(fix, stop=lambda now: bool(now.steps[0].effects))
    ours = bench.google.given[-1]
    taken = replace(ours, by=BOB, reason="", added=(), removed=ours.added, at=ours.at + MINUTE)
    bench.google.given.append(taken)
    assert bench.run(fix, hours=1).steps[0].outcome is None


def test_the_longer_nothing_is_told_the_more_seldom_it_is_looked(bench: Bench) -> None:
    bob_is_faster(bench, is_told=False)
    fix = opened(bench)
    swept(bench, timedelta(hours=24))
    assert len(bench.journal.lines(fix)) < 120


def test_a_log_that_may_not_be_read_is_no_answer(bench: Bench) -> None:
    bench.google.blind["policy_changes"] = NotAllowedToLook("logging.logEntries.list", "projects/p", "403")
    fix = opened(bench)
    swept(bench, HOUR)
    assert (bench.fix(fix).outcome, held(bench), len(bench.pages(fix))) == (None, True, 1)
    assert "logging.logEntries.list" in bench.pages(fix)[0]
    assert [type(one) for one in bench.google.done] == [AddBinding]
    assert fold(bench.journal.lines(fix)).steps[0].state == "WRITTEN"


@pytest.mark.hazard("H40")
@pytest.mark.invariant("I06")
def test_where_a_service_does_not_tell_what_somebody_changed_after_us_it_is_not_told_whose_it_is(bench: Bench) -> None:
    fix = opened(bench)
    bench.run(fix, stop=lambda now: bool(now.steps[0].effects))
    ours = replace(bench.google.given.pop(), added=())
    bench.google.given += [ours, replace(ours, by=BOB, reason="", at=ours.at + MINUTE)]
    swept(bench, LASTS + HOUR)
    assert (bench.fix(fix).steps[0].outcome, held(bench)) == (None, True)


def test_a_log_of_which_there_is_too_much_is_told_to_a_person_with_what_to_do_and_looked_at_more_and_more_seldom(
    bench: Bench,
) -> None:
    bench.google.blind["policy_changes"] = LookFailed("look who changed the policy", "projects/p", "more than 2000")
    fix = opened(bench)
    swept(bench, timedelta(hours=24))
    assert [f"{ROLE} for {ANN} on {TOPIC} may be ours" in one for one in bench.pages(fix)] == [True]
    assert len(bench.journal.lines(fix)) < 120


def test_one_look_that_lags_behind_after_the_deadline_does_not_keep_the_page_from_a_person(bench: Bench) -> None:
    bob_is_faster(bench, is_told=False)
    fix = opened(bench)
    bench.run(fix, stop=lambda now: now.steps[0].moves.get("WRITTEN", 0) > 4)
    deadline = bench.fix(fix).steps[0].deadline
    assert deadline is not None
    shown = bench.google.policies[TOPIC]
    bench.google.policies[TOPIC] = Policy(resource=TOPIC, etag="old")
    bench.turn_to(max(deadline + MINUTE, bench.fix(fix).due))
    bench.run(fix, stop=lambda _: True)
    bench.google.policies[TOPIC] = shown
    swept(bench, 4 * HOUR)
    assert any("remove it by hand" in one for one in bench.pages(fix))
