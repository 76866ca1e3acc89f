"""Whose is what is there: a read may lag behind, a reply may be lost, and others may be as fast as we are."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fakes.cloud import LOST_REPLY, binding
from fakes.workshop import Bench

from shared.errors import NotAllowedToLook
from shared.model.effect import AddBinding, RemoveBinding, Result
from shared.model.facts import Policy
from shared.model.journal import Opened, Outcome
from shared.model.names import Role
from shared.model.work import Disable, Enable, Grant, Revoke
from shared.moves import MOVES
from shared.pipeline.execute import execute, open_fix

TOPIC, ROLE, ANN = "//pubsub.googleapis.com/projects/p/topics/t", Role("roles/pubsub.publisher"), "user:ann@example.com"
START = Bench().clock.now()
GRANT = Grant(resource=TOPIC, role=ROLE, member=ANN, until=START + timedelta(hours=8))
REVOKE = Revoke(resource=TOPIC, role=ROLE, member=ANN)
ENABLE = Enable(project="projects/p", service="iamcredentials.googleapis.com")


@pytest.fixture
def bench() -> Bench:
    made = Bench()
    made.google.policies[TOPIC] = Policy(resource=TOPIC, bindings=(), etag="e1", version=3)
    made.google.services["projects/p"] = {"storage.googleapis.com"}
    return made


def given(bench: Bench) -> None:
    """Somebody else gives Ann the role."""
    bench.google.policies[TOPIC] = Policy(resource=TOPIC, bindings=(binding(ROLE, ANN),), etag="e2", version=3)


def at(bench: Bench, name: str, fix: str, does: object) -> None:
    """Let something happen at the first moment of that name in the next invocation, told in a world of its own."""
    other = Bench()
    other.google.policies.update(bench.google.policies)
    other.google.services.update({one: set(on) for one, on in bench.google.services.items()})
    opened = bench.journal.lines(fix)[0].body
    assert isinstance(opened, Opened)
    twin = open_fix(opened, other.journal, other.queue, other.clock.now())
    begins = len(other.points.passed)
    execute(twin, other.shop())
    bench.points.happens[len(bench.points.passed) + other.points.passed[begins:].index(name)] = does  # type: ignore[assignment]


def test_a_binding_that_somebody_adds_between_our_look_and_our_request_is_theirs(bench: Bench) -> None:
    fix = bench.open(GRANT)
    at(bench, "after line Intended", fix, lambda: given(bench))
    done = bench.run(fix).steps[0]
    assert done.effects[-1].receipt is not None
    assert (done.outcome, done.effects[-1].receipt.result) == (Outcome.NOTHING, Result.ALREADY)
    assert MOVES[Grant].inverse(GRANT, done) is None


def test_a_binding_whose_request_got_no_reply_is_ours(bench: Bench) -> None:
    bench.google.faults["AddBinding"] = [LOST_REPLY]
    done = bench.run(bench.open(GRANT)).steps[0]
    assert done.outcome is Outcome.OK
    assert MOVES[Grant].inverse(GRANT, done) is not None


def test_an_api_that_somebody_switches_on_between_our_look_and_our_request_is_theirs(bench: Bench) -> None:
    fix = bench.open(ENABLE)
    at(bench, "after line Intended", fix, lambda: bench.google.services["projects/p"].add(ENABLE.service))
    done = bench.run(fix).steps[0]
    assert (done.outcome, MOVES[Enable].inverse(ENABLE, done)) == (Outcome.NOTHING, None)


def test_an_api_whose_request_got_no_reply_is_ours(bench: Bench) -> None:
    bench.google.faults["EnableApi"] = [LOST_REPLY]
    done = bench.run(bench.open(ENABLE)).steps[0]
    assert done.outcome is Outcome.OK
    assert isinstance(MOVES[Enable].inverse(ENABLE, done), Disable)


@pytest.mark.parametrize(("reads", "outcome"), [(1, Outcome.OK), (3, Outcome.OK), (4, Outcome.FAILED)])
def test_reads_that_lag_behind_a_write_are_no_proof_that_it_is_gone(bench: Bench, reads: int, outcome: Outcome) -> None:
    fix = bench.open(GRANT)
    before = bench.google.policies[TOPIC]
    execute(fix, bench.shop())
    lagging(bench, before, reads)
    assert bench.run(fix).steps[0].outcome is outcome
    assert len([one for one in bench.google.asked if isinstance(one, AddBinding)]) == 1


@pytest.mark.parametrize(("reads", "outcome"), [(1, Outcome.OK), (3, Outcome.OK), (4, Outcome.NEEDS_HUMAN)])
def test_reads_that_lag_behind_a_removal_are_no_proof_that_it_is_there(
    bench: Bench, reads: int, outcome: Outcome
) -> None:
    given(bench)
    fix = bench.open(REVOKE)
    before = bench.google.policies[TOPIC]
    execute(fix, bench.shop())
    lagging(bench, before, reads)
    assert bench.run(fix).steps[0].outcome is outcome
    assert len([one for one in bench.google.asked if isinstance(one, RemoveBinding)]) == 1


def lagging(bench: Bench, before: Policy, reads: int) -> None:
    """The next reads of the policy are answered as it was."""
    now, truth = iter(range(reads)), bench.google.policy
    bench.google.policy = lambda resource: before if next(now, None) is not None else truth(resource)  # type: ignore[method-assign]


def test_who_wakes_up_after_the_end_keeps_no_target_from_others(bench: Bench) -> None:
    """It falls asleep before it takes its targets; meanwhile others bring the fix to its end."""
    fix = bench.open(GRANT)

    def asleep() -> None:
        bench.clock.turn(minutes=3)
        assert bench.run(fix).outcome is not None

    at(bench, "before a lease is taken", fix, asleep)
    execute(fix, bench.shop("sleeper"))
    assert bench.journal.leases == {}


def test_a_taking_back_that_may_not_look_calls_somebody_and_is_tried_until_it_may(bench: Bench) -> None:
    done = bench.run(bench.open(GRANT))
    fix = bench.open(REVOKE, undo_of=done.id)
    bench.google.blind["policy"] = NotAllowedToLook("pubsub.topics.getIamPolicy", TOPIC, "no")
    assert (bench.run(fix, hours=1).outcome, len(bench.pages(fix))) == (None, 1)
    del bench.google.blind["policy"]
    assert bench.run(fix).outcome is Outcome.UNDONE
