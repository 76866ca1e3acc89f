"""Access ends on time: a revocation waits for nobody who is at its target, but for the grant that it takes back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fakes.cloud import LOST_REQUEST, binding
from fakes.workshop import NAME, Bench

from shared.errors import NotAllowedToLook
from shared.model.effect import Before, Effect, Receipt, RemoveBinding, Result
from shared.model.facts import Policy
from shared.model.items import ENDS
from shared.model.journal import Outcome, Tried
from shared.model.machine import PLATFORM
from shared.model.names import Role
from shared.model.work import Access, Grant, Revoke
from shared.pipeline.execute import execute
from shared.pipeline.sweep import sweep

TOPIC, ROLE = "//pubsub.googleapis.com/projects/p/topics/t", Role("roles/pubsub.publisher")
ANN, BOB = "user:ann@example.com", "user:bob@example.com"
REVOKE = Revoke(resource=TOPIC, role=ROLE, member=ANN)
ACCESS = Access(machine=NAME, account="app@acme-shop.iam.gserviceaccount.com", scopes=(PLATFORM,))
FOR_HOURS = timedelta(hours=9)


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    bench.google.add()
    bench.google.policies[TOPIC] = Policy(resource=TOPIC, bindings=(binding(ROLE, ANN, BOB),), etag="e", version=3)
    return bench


def held(bench: Bench, target: str, by: str = "f-other") -> None:
    now = bench.clock.now()
    assert bench.journal.take_lease(target, by, now + FOR_HOURS, now)


def members(bench: Bench) -> list[str]:
    return [one for each in bench.google.policies[TOPIC].bindings for one in each.members]


def test_a_revocation_takes_one_member_away_while_another_fix_is_at_the_policy(bench: Bench) -> None:
    held(bench, TOPIC)
    fix = bench.run(bench.open(REVOKE), hours=0.1)
    assert (fix.steps[0].outcome, members(bench)) == (Outcome.OK, [BOB])
    assert fix.outcome is not None
    assert bench.pages(fix.id) == []


def test_the_other_fix_keeps_its_target(bench: Bench) -> None:
    held(bench, TOPIC)
    bench.run(bench.open(REVOKE), hours=0.1)
    now = bench.clock.now()
    assert not bench.journal.take_lease(TOPIC, "f-third", now + FOR_HOURS, now)


def test_where_nobody_is_at_the_policy_a_grant_waits_for_the_revocation(bench: Bench) -> None:
    revoke = bench.open(REVOKE)
    execute(revoke, bench.shop())
    again = bench.open(Grant(resource=TOPIC, role=ROLE, member=BOB, until=bench.clock.now() + FOR_HOURS), plan_hash="2")
    execute(again, bench.shop())
    waits = bench.journal.lines(again)[-1].body
    assert isinstance(waits, Tried)
    assert "another fix is at" in waits.why


@pytest.mark.parametrize("works", [(REVOKE, ACCESS), (ACCESS, REVOKE)])
def test_beside_a_machine_that_is_held_only_the_machine_waits(bench: Bench, works: tuple[Revoke | Access, ...]) -> None:
    held(bench, NAME.full_name)
    fix = bench.run(bench.open(*works), hours=0.2)
    assert fix.outcome is None
    assert [type(effect) for effect in bench.google.done] == ([RemoveBinding] if works[0] == REVOKE else [])
    assert (
        "another fix is at"
        in [line.body.why for line in bench.journal.lines(fix.id) if isinstance(line.body, Tried)][-1]
    )


def test_the_end_of_a_grant_waits_until_the_grant_knows_whether_it_is_there(bench: Bench) -> None:
    """A write that nobody has had an answer to could come after a revocation that found nothing."""
    eve, until = "user:eve@example.com", bench.clock.now() + timedelta(minutes=5)
    fix = bench.open(Grant(resource=TOPIC, role=ROLE, member=eve, until=until))
    bench.google.faults["AddBinding"] = [LOST_REQUEST] * 3
    bench.run(fix, stop=lambda now: bool(now.steps[0].effects))
    bench.clock.at = until
    bench.queue.drop(fix)  # nobody goes on with it for now
    sweep(bench.shop(), bench.clock.now())
    assert (bench.journal.fixes(), list(bench.queue.waiting)) == ([fix], [f"{ENDS}{fix}"])
    bench.run(fix, hours=1)
    bench.clock.turn(minutes=1)
    sweep(bench.shop(), bench.clock.now())
    assert (eve in members(bench), bench.queue.waiting) == (False, {})


def test_a_grant_of_ours_ends_on_time_while_a_longer_fix_is_at_its_target(bench: Bench) -> None:
    until = bench.clock.now() + timedelta(hours=1)
    bench.run(bench.open(Grant(resource=TOPIC, role=ROLE, member="user:eve@example.com", until=until)), hours=0.9)
    bench.journal.leases.clear()
    held(bench, TOPIC)
    assert "user:eve@example.com" in members(bench)
    bench.clock.at = until
    for _ in range(8):
        sweep(bench.shop(), bench.clock.now())
        bench.clock.turn(seconds=30)
    assert members(bench) == [ANN, BOB]
    assert bench.clock.now() - until <= timedelta(minutes=4)


TOPICS = (TOPIC, f"{TOPIC}-2")
EVE = "user:eve@example.com"


def granted_on_both(bench: Bench) -> str:
    """A fix with a grant on each of two topics, whose time is over."""
    until = bench.clock.now() + timedelta(hours=1)
    bench.google.policies[TOPICS[1]] = Policy(resource=TOPICS[1], etag="e")
    fix = bench.open(*(Grant(resource=one, role=ROLE, member=EVE, until=until) for one in TOPICS))
    bench.run(fix, hours=0.5)
    assert all(eve_is_on(bench, one) for one in TOPICS)
    bench.clock.at = until
    return fix


def eve_is_on(bench: Bench, topic: str) -> bool:
    return any(EVE in one.members for one in bench.google.policies[topic].bindings)


def swept(bench: Bench, hours: float) -> None:
    end = bench.clock.now() + timedelta(hours=hours)
    while bench.clock.now() < end:
        sweep(bench.shop(), bench.clock.now())
        bench.turn_to(bench.clock.now() + timedelta(minutes=1))


@pytest.mark.invariant("I07", "I08")
@pytest.mark.parametrize("blind", [0, 1])
def test_the_end_of_a_grant_waits_for_no_other_one_of_its_fix_that_we_may_not_look_at(
    bench: Bench, blind: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    granted_on_both(bench)
    real = bench.google.policy

    def policy(resource: str) -> Policy:
        if resource == TOPICS[blind]:
            raise NotAllowedToLook("pubsub.topics.getIamPolicy", resource, "403")
        return real(resource)

    monkeypatch.setattr(bench.google, "policy", policy)
    swept(bench, 0.2)
    assert [eve_is_on(bench, one) for one in TOPICS] == [blind == 0, blind == 1]


@pytest.mark.invariant("I07", "I08")
def test_the_end_of_a_grant_waits_for_no_other_one_of_its_fix_that_google_refuses_to_end(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    granted_on_both(bench)
    real = bench.google.perform

    def perform(effect: Effect, before: Before, reason: str = "") -> Receipt:
        if isinstance(effect, RemoveBinding) and effect.resource == TOPICS[1]:
            return Receipt(result=Result.REFUSED, code="forbidden", said="no")
        return real(effect, before, reason)

    monkeypatch.setattr(bench.google, "perform", perform)
    swept(bench, 0.2)
    assert [eve_is_on(bench, one) for one in TOPICS] == [False, True]


@pytest.mark.invariant("I07", "I08")
def test_an_undo_that_a_person_began_and_that_hangs_at_one_grant_does_not_keep_the_other_one_there(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    fix = granted_on_both(bench)
    real = bench.google.policy

    def policy(resource: str) -> Policy:
        if resource == TOPICS[1]:
            raise NotAllowedToLook("pubsub.topics.getIamPolicy", resource, "403")
        return real(resource)

    monkeypatch.setattr(bench.google, "policy", policy)
    bench.open(*(Revoke(resource=one, role=ROLE, member=EVE) for one in reversed(TOPICS)), undo_of=fix, plan_hash="u")
    swept(bench, 0.2)
    assert [eve_is_on(bench, one) for one in TOPICS] == [False, True]


@pytest.mark.invariant("I07")
def test_one_look_that_lags_behind_does_not_end_a_revocation_before_it_has_begun(bench: Bench) -> None:
    fix = bench.open(REVOKE)
    shown = bench.google.policies[TOPIC]
    bench.google.policies[TOPIC] = Policy(resource=TOPIC, etag="old")
    execute(fix, bench.shop())
    bench.google.policies[TOPIC] = shown
    assert bench.run(fix, hours=0.1).steps[0].outcome is Outcome.OK
    assert members(bench) == [BOB]
