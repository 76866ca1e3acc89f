"""What the journal names is looked at in Google's log, by whichever name; what could not be read is never a match."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from fakes.cloud import LOST_REPLY, OURS
from fakes.workshop import NAME, Bench

from shared.errors import LookFailed, NotAllowedToLook, NotFound, StoreUnavailable
from shared.model.effect import AddBinding, Before, Receipt, Result
from shared.model.facts import Change, Policy, Project
from shared.model.journal import Intended, Line, Outcome, Received, Seen
from shared.model.machine import PLATFORM
from shared.model.names import Role
from shared.model.outcomes import Outcomes
from shared.model.work import Access, Grant, OriginalCall
from shared.pipeline.compare import AROUND, Span, What
from shared.pipeline.look_back import NAMED_FOR, UNDER_WAY, LookedBack, look_back

pytestmark = pytest.mark.invariant("I28")
TOPIC, BUCKET = "//pubsub.googleapis.com/projects/p/topics/t", "//storage.googleapis.com/projects/_/buckets/b"
START = Bench().clock.now()
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
GRANT = Grant(resource=TOPIC, role=Role("roles/x"), member="user:ann@example.com", until=START + 8 * HOUR)
ACCESS = Access(machine=NAME, account="app@acme-shop.iam.gserviceaccount.com", scopes=(PLATFORM,))
FAILURES = [
    LookFailed("list our own calls", "projects/p", "there are more than 5000"),
    NotAllowedToLook("logging.logEntries.list", "projects/p", "no"),
    NotFound("projects/p does not exist"),
]


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    bench.google.add()
    for resource in (TOPIC, BUCKET):
        bench.google.policies[resource] = Policy(resource=resource, etag="e", version=3)
    bench.google.seen = Outcomes(succeeded=tuple(START + timedelta(seconds=30 * at) for at in range(1, 99)))
    return bench


def carried_out(bench: Bench, *works: Any, **more: Any) -> str:
    fix = bench.open(*(works or (GRANT,)), call=OriginalCall(principal="ann@example.com", project="projects/p"), **more)
    assert bench.run(fix).outcome is Outcome.FIXED
    return fix


def back(bench: Bench, *also: str, since: Any = START - HOUR, until: Any = None) -> LookedBack:
    span = Span(since=since, until=until or bench.clock.now() + HOUR)
    return look_back(bench.journal, bench.google, frozenset({OURS}), span, also)


def stray(bench: Bench, **more: Any) -> None:
    told = {"at": bench.clock.now(), "method": "SetIamPolicy", "by": OURS, "resource": TOPIC, **more}
    bench.google.logged.append(Change(**told))


def test_what_was_carried_out_agrees_in_every_project(bench: Bench) -> None:
    carried_out(bench, GRANT, ACCESS)
    found = back(bench)
    assert (found.differences, found.untold, set(found.projects)) == ((), (), {"p", "acme-shop"})
    assert found.effects == found.calls == len(bench.google.done) == 4


def test_a_lost_reply_leaves_two_calls_of_one_effect(bench: Bench) -> None:
    bench.google.faults["StopMachine"] = [LOST_REPLY]
    carried_out(bench, ACCESS)
    found = back(bench)
    assert (found.differences, found.calls) == ((), found.effects + 1)


def test_a_change_by_our_account_alone_is_the_one_difference(bench: Bench) -> None:
    carried_out(bench)
    stray(bench)
    (found,) = back(bench).differences
    assert found.what is What.UNJOURNALED
    assert f"{OURS} called SetIamPolicy on {TOPIC} in p at " in found.said


def test_a_change_that_is_missing_in_the_log_is_the_one_difference(bench: Bench) -> None:
    carried_out(bench)
    bench.google.logged.clear()
    assert [one.what for one in back(bench).differences] == [What.UNLOGGED]


def test_other_projects_are_looked_at_where_they_are_named(bench: Bench) -> None:
    stray(bench, resource=TOPIC.replace("projects/p", "projects/q"))
    assert back(bench) == LookedBack()
    for name in ("q", "projects/q"):
        assert len(back(bench, name).differences) == 1


def test_a_project_by_id_and_by_number_is_one(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench.google, "project", lambda _: Project(id="p", number="1"))
    carried_out(bench, GRANT)
    found = back(bench, "1", "p")
    assert (found.differences, found.projects) == ((), ("p",))


def test_a_bucket_is_in_the_project_that_google_says(bench: Bench) -> None:
    carried_out(bench, Grant(resource=BUCKET, role=GRANT.role, member=GRANT.member, until=GRANT.until))
    assert (back(bench).differences, back(bench).projects) == ((), ("p",))


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("question", ["own_calls", "project", "project_of"])
def test_what_could_not_be_read_is_told_and_no_match(bench: Bench, question: str, failure: Exception) -> None:
    carried_out(bench)
    bench.google.blind[question] = failure
    found = back(bench)
    assert (found.differences, found.projects, found.effects) == ((), (), 1)
    (said,) = found.untold
    assert str(failure) in said


def test_a_resource_that_is_gone_is_of_no_interest_once_its_day_is_over(bench: Bench) -> None:
    carried_out(bench)
    bench.google.blind["project_of"] = NotFound("gone")
    assert back(bench, since=START + HOUR, until=START + DAY).untold == ()


def test_a_journal_that_cannot_be_read_is_told_and_the_others_are_compared(bench: Bench) -> None:
    broken = bench.open(GRANT, plan_hash="broken")
    carried_out(bench)
    bench.journal.kept[broken][0] = Line(
        fix=broken, number=0, at=START, generation=0, body=Seen(step=0, what="", value="")
    )
    bench.journal.open.append("f-gone")
    found = back(bench)
    assert found.untold == (
        f"what {broken} did: the journal of {broken} does not begin with its opening",
        "what f-gone did: f-gone",
    )
    assert (found.differences, found.effects) == ((), 1)


def test_without_the_journal_nothing_is_compared(bench: Bench) -> None:
    bench.journal.fails = True
    with pytest.raises(StoreUnavailable):
        back(bench)


def test_without_accounts_nothing_is_compared(bench: Bench) -> None:
    with pytest.raises(ValueError, match="none of our accounts is named"):
        look_back(bench.journal, bench.google, frozenset(), Span(since=START, until=START + DAY))


def test_a_project_is_looked_at_for_thirty_days(bench: Bench) -> None:
    carried_out(bench)
    last = START + NAMED_FOR
    assert back(bench, since=last - DAY, until=last).projects == ("p",)
    assert back(bench, since=last, until=last + DAY).projects == ()


def test_the_log_reaches_back_to_where_an_operation_or_an_effect_began(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[Any, Any]] = []
    monkeypatch.setattr(bench.google, "own_calls", lambda *given: asked.append(given[2:]) or ())
    slow, until = bench.open(GRANT), START + DAY
    effect = AddBinding(resource=TOPIC, role=GRANT.role, member=GRANT.member)
    done = Receipt(result=Result.CHANGED)
    bodies = (
        (HOUR, Intended(step=0, effect=effect, before=Before(), then="SET")),
        (5 * HOUR, Received(step=0, receipt=done, state="SET", deadline=START, due=START)),
    )
    for number, (after, body) in enumerate(bodies, start=1):
        bench.journal.append(Line(fix=slow, number=number, at=START + after, generation=1, body=body))
    for since in (START + 4 * HOUR, START + 6 * HOUR):
        back(bench, since=since, until=until)
    assert asked == [(START + HOUR - AROUND, until + AROUND), (START + 6 * HOUR - UNDER_WAY, until + AROUND)]
