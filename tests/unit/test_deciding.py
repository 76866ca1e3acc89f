"""People are asked once, heard if they are those who were asked, and what they agreed to is begun once, as shown."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from ballot_papers import OWNERS, SECURITY, no, paper, person
from entries import audit
from fakes.facts import FakeFacts, live
from fakes.workshop import Crash
from msgspec.structs import replace
from polling import HOUR, Polls

from shared.deciding import expire, snooze, standing
from shared.errors import LookFailed, NotAllowedToLook, NotFound, Refused, StoreUnavailable
from shared.model.approval import Approval, Choice, Ending, Person, SlackUser, State
from shared.model.decision import ASK, AUTO, DRY_RUN, IGNORE, NOTIFY, REFUSE, Decision, Mode
from shared.model.journal import Opened
from shared.model.names import Role
from shared.model.work import Grant
from shared.pipeline.execute import open_fix
from shared.preparing import Planner, Prepared, prepare
from shared.settling import fix_of

AFTER_ITS_END = 4
"""The moment of an undisturbed settling at which its question has ended and its fix is not begun."""

DENY = Choice.DENY
MINUTE = timedelta(minutes=1)


@pytest.fixture
def polls() -> Polls:
    return Polls()


# asking


def test_a_question_has_what_was_shown_and_on_what_terms(polls: Polls) -> None:
    polls = Polls(minutes=20, hours=4, window="Mon-Thu 09:00-16:00 Europe/Rome", rules=("reports",))
    asked = polls.ask(never=("user:author@example.com",))
    assert (asked.run, asked.plan_hash, asked.tier, asked.quorums) == ("r-1", "h", "T2", (OWNERS, SECURITY))
    assert asked.expires_at - asked.asked_at == 20 * MINUTE
    assert (asked.hours, asked.window, asked.rules) == (4, "Mon-Thu 09:00-16:00 Europe/Rome", ("reports",))
    assert asked.never == ("user:eve@example.com", "user:author@example.com")
    assert (asked.works, asked.domains) == (polls.works(), ("example.com",))


def test_the_same_plan_of_a_run_is_one_question_however_often_it_is_asked(polls: Polls) -> None:
    asked = polls.ask()
    polls.clock.turn(minutes=5)
    assert polls.ask() == polls.ask(again=True) == asked
    assert polls.ballots.of_run("r-1") == [asked]


@pytest.mark.parametrize("ending", [Ending.DENIED, Ending.EXPIRED, Ending.REFUSED])
def test_what_was_denied_or_not_answered_is_asked_anew_only_by_an_explicit_ask(polls: Polls, ending: Ending) -> None:
    first = polls.ask()
    if ending is Ending.DENIED:
        polls.say("bob", DENY)
    elif ending is Ending.EXPIRED:
        polls.clock.turn(minutes=30)
    else:
        polls.say("ann"), polls.say("sue")
        polls.settle(anew=lambda _: _raise(Refused("a guardrail")))
    assert polls.ask() == first
    second = polls.ask(again=True)
    assert second.id != first.id
    assert polls.ask(again=True) == polls.ask() == second
    ended = polls.ballots.ended(first.id)
    assert ended is not None
    assert ended.ending is ending
    assert standing(second, polls.station()).state is State.ASKED
    polls.say("bob", DENY)
    assert polls.ask(again=True).id not in (first.id, second.id)


def _raise(error: Exception) -> Any:
    raise error


def test_what_was_carried_out_is_not_asked_twice(polls: Polls) -> None:
    polls.ask()
    polls.say("ann"), polls.say("sue")
    done = polls.settle()
    with pytest.raises(Refused, match=done.fix):
        polls.ask(again=True)
    assert len(polls.ballots.of_run("r-1")) == 1


def test_another_plan_is_another_question_and_ends_the_one_before(polls: Polls) -> None:
    first = polls.ask()
    polls.say("ann")
    polls.version = "h2"
    second = polls.ask()
    assert (standing(first, polls.station()).state, standing(second, polls.station()).counted) == (State.DRIFTED, ())
    polls.version = "h"
    third = polls.ask()
    assert third.id not in (first.id, second.id)
    assert [one.id for one in polls.ballots.open()] == [third.id]


@pytest.mark.parametrize("mode", [REFUSE, IGNORE, NOTIFY, DRY_RUN, AUTO])
def test_nobody_is_asked_what_is_not_theirs_to_decide(polls: Polls, mode: Mode) -> None:
    polls.decision = Decision(mode, ("because",), polls.decision.terms)
    with pytest.raises(Refused, match=f"nobody is asked \\({mode.value}\\): because"):
        polls.ask()
    assert polls.ballots.asked == {}


@pytest.mark.parametrize(
    "terms",
    [{"quorums": ()}, {"quorums": (OWNERS,)}, {"tier": "T3"}, {"quorums": (replace(OWNERS, need=0), SECURITY)}],
)
def test_what_nobody_could_approve_is_not_asked(terms: dict[str, Any]) -> None:
    polls = Polls(**terms)
    with pytest.raises(Refused):
        polls.ask()
    assert polls.ballots.asked == {}


def test_a_decision_without_terms_asks_nobody(polls: Polls) -> None:
    polls.decision = replace(polls.decision, terms=None)
    with pytest.raises(Refused, match="nobody is asked"):
        polls.ask()


def test_a_window_that_cannot_be_read_is_refused_before_anybody_is_asked() -> None:
    with pytest.raises(Refused, match="the window 'at night' cannot be read"):
        Polls(window="at night").ask()


# voting


def test_a_vote_is_kept_with_the_groups_of_its_person_and_its_proof(polls: Polls) -> None:
    asked = polls.ask()
    cast = polls.say("max")
    (kept,) = polls.ballots.votes(asked.id)
    assert (cast.kept, kept.groups, kept.at, polls.holds(kept)) == (True, ("own", "sec"), polls.clock.now(), True)
    assert cast.said.startswith("your vote counts; still needed: 1 of ")


def test_the_vote_that_is_enough_says_so(polls: Polls) -> None:
    polls.ask()
    assert polls.say("ann").said == "your vote counts; still needed: 1 of security"
    cast = polls.say("sue")
    assert (cast.said, cast.standing.state) == ("your vote counts, and it is enough", State.APPROVED)


@pytest.mark.hazard("H18")
def test_an_account_of_slack_is_a_person_only_if_somebody_said_so(polls: Polls) -> None:
    polls.ask()
    account = SlackUser(enterprise="E", team="T", user="U")
    assert "not known to be anybody's" in polls.say(account).said
    polls.ballots.keep_person(account, person("ann"))
    assert "not known" in polls.say(replace(account, enterprise="")).said
    assert polls.say(account).kept
    assert not polls.say("ann").kept


@pytest.mark.parametrize(
    ("who", "more", "said"),
    [
        ("zoe", {}, "is not one of those who are asked (owners or security)"),
        ("eve", {}, "was refused, or gains by it"),
        ("eve+x@example.com", {}, "was refused, or gains by it"),
        ("ann@partner.com", {}, "is a guest"),
        ("bot@p.iam.gserviceaccount.com", {}, "account of a machine"),
        ("ann", {"reason": "short"}, "gave no reason"),
        ("ann", {"plan_hash": "other"}, "the plan has changed"),
        ("bob", {"choice": DENY, "reason": ""}, "gave no reason"),
        ("zoe", {"choice": DENY}, "is not one of those who are asked"),
        ("ann@partner.com", {"choice": DENY}, "is a guest"),
    ],
)
def test_what_is_no_vote_is_not_kept_and_its_person_hears_why(
    polls: Polls, who: str, more: dict[str, Any], said: str
) -> None:
    asked = polls.ask()
    polls.directory.groups["own"] |= {"ann@partner.com", "bot@p.iam.gserviceaccount.com", "eve+x@example.com"}
    cast = polls.say(who, **more)
    assert (cast.kept, said in cast.said) == (False, True), cast.said
    assert polls.ballots.votes(asked.id) == []
    assert cast.standing.state is State.ASKED


@pytest.mark.hazard("H11")
def test_whoever_gains_through_a_group_is_found_in_it(polls: Polls) -> None:
    polls.never = ("group:team@example.com",)
    polls.directory.groups["team@example.com"] = {"ann@example.com"}
    polls.ask()
    assert "nobody approves for themselves" in polls.say("ann").said
    assert polls.say("bob").kept


def test_whoever_gains_by_it_may_still_say_no(polls: Polls) -> None:
    polls.ask()
    assert polls.say("eve", DENY).standing.state is State.DENIED


@pytest.mark.hazard("H21")
@pytest.mark.parametrize(
    "error", [LookFailed("read", "own", "too slow"), NotAllowedToLook("x", "own", "no"), NotFound("own")]
)
@pytest.mark.parametrize("choice", Choice)
def test_a_directory_that_does_not_answer_makes_no_vote(polls: Polls, error: Exception, choice: Choice) -> None:
    asked = polls.ask()
    polls.directory.fails = error
    cast = polls.say("ann", choice)
    assert (cast.kept, "it could not be told which groups ann@example.com is in" in cast.said) == (False, True)
    polls.directory.fails = None
    assert polls.ballots.votes(asked.id) == []
    assert polls.say("ann", choice).kept


@pytest.mark.hazard("H19")
def test_a_strong_place_takes_a_strong_proof() -> None:
    polls = Polls(quorums=(OWNERS, replace(SECURITY, strong=True)))
    polls.ask()
    assert "OIDC or IAP" in polls.say("sue").said
    assert polls.say("ann").kept
    assert polls.say("sue", strong=True).standing.state is State.APPROVED


def test_a_person_votes_once(polls: Polls) -> None:
    asked = polls.ask()
    polls.say("ann")
    for choice in Choice:
        assert polls.say("ann", choice).said == "you have voted on this already: one vote each"
    assert len(polls.ballots.votes(asked.id)) == 1


def test_a_second_id_of_one_mailbox_hears_that_it_does_not_count(polls: Polls) -> None:
    polls.ask()
    polls.directory.groups["sec"].add("ann@example.com")
    polls.say("ann")
    cast = polls.say(Person(id="another", email="ann@example.com"))
    assert "belongs to a person who has voted already" in cast.said
    assert cast.standing.state is State.ASKED


def test_a_deny_ends_it_and_nothing_said_afterwards_is_kept(polls: Polls) -> None:
    asked = polls.ask()
    polls.say("ann")
    denied = polls.say("bob", DENY, reason="not before the audit")
    assert denied.said == "it was denied, and a deny is final: not before the audit"
    assert polls.say("sue").said == denied.said
    assert [one.person.id for one in polls.ballots.votes(asked.id)] == ["id-ann", "id-bob"]
    assert polls.settle().state is State.DENIED
    assert polls.fixes() == []


def test_a_late_click_does_nothing_and_says_so(polls: Polls) -> None:
    asked = polls.ask()
    polls.clock.turn(minutes=30)
    assert polls.say("ann").said == "its time is over, and silence is a no"
    assert polls.say("ann", DENY).standing.state is State.EXPIRED
    assert polls.ballots.votes(asked.id) == []


def test_a_vote_on_what_was_never_asked_is_not_found(polls: Polls) -> None:
    polls.ask()
    with pytest.raises(NotFound):
        polls.say("ann", approval="a-none")


# settling


def both(polls: Polls) -> Approval:
    """A question that an owner and security have agreed to."""
    asked = polls.ask()
    assert polls.say("ann").kept
    assert polls.say("sue").kept
    return asked


@pytest.mark.invariant("I16")
def test_what_was_approved_is_begun_as_it_was_shown_by_those_who_agreed(polls: Polls) -> None:
    asked = both(polls)
    polls.clock.turn(minutes=3)
    told = polls.settle()
    (line,) = polls.bench.journal.lines(told.fix)
    assert isinstance(line.body, Opened)
    assert (line.body.plan_hash, line.body.run) == (asked.plan_hash, "r-1")
    assert line.body.approved_by == ("ann@example.com", "sue@example.com")
    assert line.body.works == polls.works()
    assert (told.state, told.due, polls.bench.queue.waiting) == (State.CONSUMED, line.at, {told.fix: line.at})
    ended = polls.ballots.ended(asked.id)
    assert ended is not None
    assert (ended.ending, ended.by) == (Ending.CONSUMED, told.fix)


def test_the_id_of_a_fix_is_known_before_it_is_opened(polls: Polls) -> None:
    for undo_of in (None, "f-1"):
        opened = Opened(run="r-9", plan_hash="x", undo_of=undo_of, approved_by=("ann@example.com",))
        bench = polls.bench
        assert open_fix(opened, bench.journal, bench.queue, bench.clock.now()) == fix_of(opened)


@pytest.mark.invariant("I01", "I33")
def test_nothing_is_begun_without_enough_people(polls: Polls) -> None:
    polls.ask()
    polls.say("ann"), polls.say("bob")
    looks = polls.looks
    told = polls.settle()
    assert (told.state, told.said, polls.fixes(), polls.looks) == (
        State.ASKED,
        "still needed: 1 of security",
        [],
        looks,
    )


@pytest.mark.invariant("I15")
def test_settled_twice_it_is_one_fix(polls: Polls) -> None:
    both(polls)
    first = polls.settle()
    polls.clock.turn(hours=5)
    polls.fails = ZeroDivisionError("nobody looks again")
    second = polls.settle()
    assert (second.fix, second.due, second.state) == (first.fix, first.due, State.CONSUMED)
    assert polls.fixes() == [first.fix]


def test_an_approval_that_was_not_used_in_time_is_none(polls: Polls) -> None:
    both(polls)
    polls.clock.turn(minutes=30)
    assert polls.settle().state is State.EXPIRED
    assert polls.fixes() == []


def test_time_that_looking_takes_counts(polls: Polls) -> None:
    both(polls)

    def slow(approval: Approval) -> Prepared:
        polls.clock.turn(minutes=30)
        return polls.prepared(approval)

    assert polls.settle(anew=slow).state is State.EXPIRED
    assert polls.fixes() == []


@pytest.mark.hazard("H24")
@pytest.mark.invariant("I16")
def test_a_plan_that_is_another_one_by_now_voids_the_votes_and_says_what_changed(polls: Polls) -> None:
    asked = both(polls)
    polls.role, polls.version = Role("roles/storage.admin"), "h2"
    told = polls.settle()
    assert told.state is State.DRIFTED
    assert "role was roles/storage.objectViewer and is roles/storage.admin" in told.said
    polls.role, polls.version = Role("roles/storage.objectViewer"), "h"
    assert polls.settle().state is State.DRIFTED
    assert "no vote on it counts" in polls.say("bob", approval=asked.id).said
    assert polls.fixes() == []


@pytest.mark.parametrize("error", [Refused("the cause is not proven (no)"), NotAllowedToLook("p", "r", "w")])
def test_what_may_not_be_done_any_more_ends_with_the_reason(polls: Polls, error: Exception) -> None:
    both(polls)
    polls.fails = error
    told = polls.settle()
    assert (told.state, str(error) in told.said, polls.fixes()) == (State.REFUSED, True, [])
    polls.fails = None
    assert polls.settle().state is State.REFUSED


@pytest.mark.parametrize("error", [LookFailed("look", "r", "slow"), StoreUnavailable("down"), ZeroDivisionError()])
def test_what_cannot_be_told_now_is_tried_again(polls: Polls, error: Exception) -> None:
    both(polls)
    polls.fails = error
    with pytest.raises(type(error)):
        polls.settle()
    assert polls.fixes() == []
    polls.fails = None
    assert polls.settle().state is State.CONSUMED


@pytest.mark.hazard("H23")
@pytest.mark.invariant("I02", "I17")
@pytest.mark.parametrize("mode", [REFUSE, IGNORE, NOTIFY, DRY_RUN])
def test_a_policy_that_is_stricter_by_now_wins(polls: Polls, mode: Mode) -> None:
    both(polls)
    polls.decision = Decision(mode, ("the rule is gone",), polls.decision.terms)
    told = polls.settle()
    assert (told.state, "the rule is gone" in told.said, polls.fixes()) == (State.REFUSED, True, [])


@pytest.mark.hazard("H23")
@pytest.mark.invariant("I17")
@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ({"quorums": (OWNERS, SECURITY, replace(OWNERS, name="legal", group_id="leg"))}, "1 of legal"),
        ({"quorums": (replace(OWNERS, need=2), SECURITY)}, "1 of owners"),
        ({"quorums": (OWNERS, replace(SECURITY, strong=True))}, "1 of security"),
        ({"quorums": (OWNERS,)}, "nobody can approve this"),
        ({"quorums": ()}, "nobody can approve this"),
        ({"tier": "T3"}, "never carried out"),
        ({"window": "at no time"}, "cannot be read"),
    ],
)
def test_terms_that_are_stricter_by_now_win(polls: Polls, terms: dict[str, Any], said: str) -> None:
    both(polls)
    assert polls.decision.terms is not None
    polls.decision = replace(polls.decision, terms=replace(polls.decision.terms, **terms))
    told = polls.settle()
    assert (told.state, said in told.said, polls.fixes()) == (State.REFUSED, True, []), told.said


def test_terms_of_fewer_hours_win_and_of_more_change_nothing() -> None:
    for hours, state in ((3, State.REFUSED), (5, State.CONSUMED)):
        polls = Polls(hours=4)
        both(polls)
        assert polls.decision.terms is not None
        polls.decision = replace(polls.decision, terms=replace(polls.decision.terms, hours=hours))
        assert polls.settle().state is state


def test_people_that_the_policy_names_only_now_count_if_they_have_voted() -> None:
    polls = Polls(tier="T1", quorums=(OWNERS,))
    polls.ask()
    polls.say("max")
    assert polls.decision.terms is not None
    polls.decision = replace(polls.decision, terms=replace(polls.decision.terms, quorums=(SECURITY,)))
    assert polls.settle().state is State.CONSUMED


@pytest.mark.invariant("I17")
@pytest.mark.parametrize(("mode", "tier", "quorums"), [(AUTO, "T0", ()), (ASK, "T1", (OWNERS,))])
def test_a_freer_policy_does_not_free_from_what_was_asked(mode: Mode, tier: str, quorums: Any) -> None:
    polls = Polls()
    polls.ask()
    polls.say("ann")
    assert polls.decision.terms is not None
    polls.decision = Decision(mode, (), replace(polls.decision.terms, tier=tier, quorums=quorums))
    assert polls.settle().state is State.ASKED
    polls.say("sue")
    assert polls.settle().state is State.CONSUMED


@pytest.mark.hazard("H21")
def test_whoever_left_a_group_since_does_not_count_and_another_may_vote(polls: Polls) -> None:
    both(polls)
    polls.directory.groups["sec"].discard("sue@example.com")
    told = polls.settle()
    assert (told.state, told.said, polls.fixes()) == (State.ASKED, "still needed: 1 of security", [])
    polls.say("tom")
    assert polls.settle().state is State.CONSUMED
    (line,) = polls.bench.journal.lines(polls.fixes()[0])
    assert isinstance(line.body, Opened)
    assert line.body.approved_by == ("ann@example.com", "tom@example.com")


@pytest.mark.hazard("H20")
def test_whoever_gains_only_by_now_does_not_count(polls: Polls) -> None:
    both(polls)
    polls.never = ("user:eve@example.com", "group:team@example.com")
    polls.directory.groups["team@example.com"] = {"sue@example.com"}
    assert polls.settle().said == "still needed: 1 of security"


def test_a_domain_that_is_no_longer_ours_has_nobody(polls: Polls) -> None:
    both(polls)
    polls.domains = ("example.org",)
    assert (polls.settle().state, polls.fixes()) == (State.ASKED, [])


@pytest.mark.parametrize("error", [LookFailed("read", "own", "slow"), NotAllowedToLook("x", "own", "no")])
def test_a_directory_that_does_not_answer_begins_nothing_and_ends_nothing(polls: Polls, error: Exception) -> None:
    asked = both(polls)
    polls.directory.fails = error
    told = polls.settle()
    assert (told.state, "could not be told" in told.said, polls.fixes()) == (State.ASKED, True, [])
    assert polls.ballots.ended(asked.id) is None
    polls.directory.fails = None
    assert polls.settle().state is State.CONSUMED


@pytest.mark.hazard("H44")
def test_a_vote_without_a_proof_that_holds_does_not_count(polls: Polls) -> None:
    polls.ask()
    polls.say("ann")
    polls.say("sue", proof=b"forged")
    told = polls.settle()
    assert (told.state, told.said, polls.fixes()) == (State.ASKED, "still needed: 1 of security", [])
    assert told.standing is not None
    ((uncounted),) = told.standing.not_counted
    assert (uncounted.vote.person.id, uncounted.why) == ("id-sue", "voted with a proof that does not hold")


def test_a_vote_through_a_channel_that_nobody_can_verify_does_not_count(polls: Polls) -> None:
    both(polls)
    assert polls.settle(proofs={}).state is State.ASKED
    assert polls.fixes() == []


@pytest.mark.hazard("H44")
def test_votes_that_somebody_wrote_into_the_store_are_looked_at_as_any_other(polls: Polls) -> None:
    asked = polls.ask()
    for forged in (paper("ann", channel="paper"), paper("sue", channel="paper")):
        polls.ballots.vote(replace(forged, approval=asked.id, at=polls.clock.now()))
    assert standing(asked, polls.station()).state is State.APPROVED
    assert polls.settle().state is State.ASKED
    assert polls.fixes() == []


@pytest.mark.hazard("H25")
@pytest.mark.invariant("I14")
def test_a_deny_between_the_last_look_and_the_end_still_wins(polls: Polls) -> None:
    asked = both(polls)

    def meanwhile(_: str) -> None:
        polls.ballots.reach = lambda _: None
        assert polls.ballots.vote(replace(no("bob"), approval=asked.id))

    polls.ballots.reach = lambda point: meanwhile(point) if point == "before an end" else None
    told = polls.settle()
    assert (told.state, told.said, polls.fixes()) == (
        State.DENIED,
        "it was denied, and a deny is final: the reports are due today",
        [],
    )


@pytest.mark.parametrize("dies_at", range(9))
def test_a_worker_that_dies_anywhere_leaves_what_the_next_one_ends_in_the_same_way(dies_at: int) -> None:
    polls = Polls()
    both(polls)
    polls.bench.points.passed.clear()
    polls.bench.points.dies_at = dies_at
    try:
        polls.settle()
    except Crash:
        polls.clock.turn(minutes=1)
    told = polls.settle()
    assert (told.state, polls.fixes()) == (State.CONSUMED, [told.fix])


def test_what_was_used_up_but_not_begun_is_not_begun_once_its_plan_or_its_time_is_over() -> None:
    for late, version, state in ((0, "h2", State.DRIFTED), (30, "h", State.EXPIRED)):
        polls = Polls()
        asked = both(polls)
        polls.bench.points.passed.clear()
        polls.bench.points.dies_at = AFTER_ITS_END  # the end is written, the fix is not
        with pytest.raises(Crash):
            polls.settle()
        ended = polls.ballots.ended(asked.id)
        assert ended is not None
        assert (ended.ending, polls.fixes()) == (Ending.CONSUMED, [])
        polls.version = version
        polls.clock.turn(minutes=late)
        assert (polls.settle().state, polls.fixes()) == (state, [])


def test_outside_its_window_a_fix_waits_for_it_and_its_grant_lasts_from_then_on() -> None:
    polls = Polls(window="Mon-Thu 09:00-16:00 Europe/Rome")  # it is a Saturday
    both(polls)
    told = polls.settle()
    assert told.due == polls.clock.now() + timedelta(days=1, hours=23)
    assert told.said.endswith("it is carried out at 2026-11-23 08:00 UTC, when its window opens")
    (line,) = polls.bench.journal.lines(told.fix)
    assert isinstance(line.body, Opened)
    (work,) = line.body.works
    assert isinstance(work, Grant)
    assert work.condition is not None
    assert (work.until, work.condition.expression) == (
        told.due + HOUR,
        'request.time < timestamp("2026-11-23T09:00:00Z")',
    )
    assert polls.bench.queue.due(told.due - MINUTE, 9) == []
    polls.bench.clock.at = told.due - MINUTE
    assert polls.bench.run(told.fix, hours=0).steps[0].effects == ()


@pytest.mark.parametrize(
    ("asked", "now", "due"),
    [
        ("Mon 09:00-16:00 UTC", "Mon 12:00-18:00 UTC", "2026-11-23T12:00"),
        ("", "Mon 09:00-16:00 UTC", "2026-11-23T09:00"),
        ("Mon 09:00-16:00 UTC", "", "2026-11-23T09:00"),
        ("Mon 09:00-16:00 UTC", "Tue 09:00-16:00 UTC", None),
    ],
)
def test_a_window_that_is_another_one_by_now_is_open_only_with_the_one_that_was_shown(
    asked: str, now: str, due: str | None
) -> None:
    polls = Polls(window=asked)
    both(polls)
    assert polls.decision.terms is not None
    polls.decision = replace(polls.decision, terms=replace(polls.decision.terms, window=now))
    told = polls.settle()
    if due is None:
        assert (told.state, "never opens" in told.said, polls.fixes()) == (State.REFUSED, True, [])
    else:
        assert told.due == datetime.fromisoformat(due).replace(tzinfo=UTC)


def test_the_real_preparation_has_the_same_hash_when_it_is_done_anew(polls: Polls) -> None:
    facts = FakeFacts()
    entry = audit(permission="storage.objects.get", resource="projects/_/buckets/b/objects/o")
    data = json.dumps(entry).encode()
    facts.logged[entry["insertId"]] = data

    def anew(approval: Approval | None = None) -> Prepared:
        hours = approval.hours if approval else 1
        planner = Planner(live=live(facts), journal=polls.bench.journal, clock=polls.clock)
        made = prepare("r-1", data, planner, timedelta(hours=hours))
        return replace(made, report=replace(made.report, decision=polls.decision))

    polls.prepared = anew  # type: ignore[method-assign]
    both(polls)
    polls.clock.turn(minutes=7)
    told = polls.settle()
    (line,) = polls.bench.journal.lines(told.fix)
    assert isinstance(line.body, Opened)
    assert [type(work) for work in line.body.works] == [Grant]


# the end of a question nobody answers, and snoozing


def test_questions_end_when_their_time_is_over_and_each_is_told_once(polls: Polls) -> None:
    asked = polls.ask()
    polls.clock.turn(minutes=29)
    assert expire(polls.station()) == []
    polls.clock.turn(minutes=1)
    ((late, ended),) = expire(polls.station())
    assert (late, ended.ending, ended.at) == (asked, Ending.EXPIRED, polls.clock.now())
    assert expire(polls.station()) == []


def test_one_that_was_denied_in_time_does_not_expire(polls: Polls) -> None:
    asked = polls.ask()
    polls.ballots.vote(replace(no("bob"), approval=asked.id))  # its end was not written any more
    polls.clock.turn(minutes=30)
    assert expire(polls.station()) == []
    assert standing(asked, polls.station()).state is State.DENIED


def test_a_run_is_snoozed_for_a_day_at_most_and_its_question_goes_on(polls: Polls) -> None:
    asked = polls.ask()
    now = polls.clock.now()
    snooze("r-1", now + HOUR, "id-ann", polls.station())
    assert polls.ballots.snoozed("r-1") == now + HOUR
    for until in (now, now - MINUTE, now + timedelta(hours=24, seconds=1)):
        with pytest.raises(Refused):
            snooze("r-1", until, "id-ann", polls.station())
    polls.clock.turn(minutes=30)
    assert [one.id for one, _ in expire(polls.station())] == [asked.id]
