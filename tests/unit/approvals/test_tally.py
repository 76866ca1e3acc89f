"""Votes come to a yes only by enough different people who may give one, on this very plan, in time, with no no."""

from __future__ import annotations

from typing import Any

import pytest
from ballot_papers import MINUTE, OWNERS, SECURITY, WHY, no, paper, person, question, t1
from fakes.clock import START
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from shared.approvals.tally import MOST_PLACES, tally
from shared.model.approval import Approval, Ended, Ending, Person, State, Vote
from shared.model.decision import Quorum

NOW = START + 5 * MINUTE


def state(asked: Approval, *votes: Vote, now: Any = NOW) -> State:
    return tally(asked, votes, None, now).state


def why(asked: Approval, vote: Vote) -> str:
    """Why a vote does not count, where nothing else was said."""
    told = tally(asked, [vote], None, NOW)
    assert (told.state, told.counted) == (State.ASKED, ())
    ((uncounted),) = told.not_counted
    assert uncounted.vote == vote
    return uncounted.why


# enough people


def test_an_owner_is_enough_for_t1_and_nobody_else_is() -> None:
    assert state(t1()) is State.ASKED
    assert state(t1(), paper("sue")) is State.ASKED
    assert state(t1(), paper("ann")) is State.APPROVED


def test_t2_takes_an_owner_and_somebody_of_security() -> None:
    assert state(question(), paper("ann"), paper("bob")) is State.ASKED
    assert state(question(), paper("sue"), paper("tom")) is State.ASKED
    assert state(question(), paper("ann"), paper("sue")) is State.APPROVED


def test_whoever_is_in_both_groups_fills_the_place_that_nobody_else_can() -> None:
    assert state(question(), paper("max")) is State.ASKED
    for other in ("ann", "sue"):
        assert state(question(), paper("max"), paper(other)) is State.APPROVED
        assert state(question(), paper(other), paper("max")) is State.APPROVED


def test_who_is_missing_is_told_by_every_group_that_could_help() -> None:
    assert tally(question(), [], None, NOW).missing == "1 of owners and 1 of security"
    assert tally(question(), [paper("ann")], None, NOW).missing == "1 of security"
    assert tally(question(), [paper("max")], None, NOW).missing in (
        "1 of security or owners",
        "1 of owners or security",
    )
    two = question(quorums=(replace(OWNERS, need=2), SECURITY))
    assert tally(two, [paper("sue")], None, NOW).missing == "2 of owners"
    assert tally(two, [paper("sue"), paper("ann"), paper("bob")], None, NOW).missing == ""


def test_a_group_that_wants_a_strong_proof_gets_one() -> None:
    asked = t1(quorums=(replace(OWNERS, strong=True),))
    assert "OIDC or IAP assertion" in why(asked, paper("ann"))
    assert state(asked, paper("ann", strong=True)) is State.APPROVED


@pytest.mark.parametrize(
    "quorums",
    [
        (),
        (replace(OWNERS, need=0), SECURITY),
        (replace(OWNERS, need=-1), replace(SECURITY, need=3)),
        (OWNERS,),
        (replace(OWNERS, group_id=""), SECURITY),
        (replace(OWNERS, need=MOST_PLACES), SECURITY),
        (replace(OWNERS, need=10**12), SECURITY),
    ],
)
def test_what_asks_for_too_few_people_or_for_nobody_is_approved_by_nobody(quorums: tuple[Quorum, ...]) -> None:
    everybody = [paper(who, groups=("own", "sec", "")) for who in ("ann", "bob", "sue", "tom", "max")]
    told = tally(question(quorums=quorums), everybody, None, NOW)
    assert told.state is State.ASKED
    assert "nobody can approve this" in told.missing


@pytest.mark.parametrize("tier", ["T3", "", "t1", "T1 ", "T22"])
def test_a_tier_that_is_not_known_is_approved_by_nobody(tier: str) -> None:
    told = tally(question(tier=tier), [paper("ann"), paper("sue")], None, NOW)
    assert (told.state, "never carried out by a machine" in told.missing) == (State.ASKED, True)


# one person, one vote


@pytest.mark.hazard("H18")
@pytest.mark.invariant("I13")
def test_a_person_is_not_two_by_two_accounts_of_the_directory_or_two_spellings() -> None:
    asked = question(domains=("example.com", "gmail.com", "googlemail.com"))
    for other in ("ann+two@example.com", "ANN@example.com"):
        first, second = paper("ann"), paper(other, groups=("sec",))
        told = tally(asked, [first, second], None, NOW)
        assert (told.state, [one.why for one in told.not_counted]) == (
            State.ASKED,
            ["belongs to a person who has voted already"],
        )
    dotted = [paper("a.n.n@gmail.com", groups=("own",)), paper("ann@googlemail.com", groups=("sec",))]
    assert state(asked, *dotted) is State.ASKED


def test_ids_that_share_a_mailbox_in_a_chain_are_one_person() -> None:
    one, two = person("ann"), person("bob")
    chain = Person(id=two.id, email=one.email)
    votes = [paper("ann", groups=("own",)), paper("bob", groups=("sec",)), paper("bob", person=chain)]
    assert state(question(), *votes) is State.ASKED
    assert state(question(), *votes[:2]) is State.APPROVED


def test_the_same_vote_twice_is_one() -> None:
    told = tally(t1(quorums=(replace(OWNERS, need=2),)), [paper("ann"), paper("ann")], None, NOW)
    assert (told.state, len(told.counted), told.missing) == (State.ASKED, 1, "1 of owners")


# who never counts


@pytest.mark.hazard("H11", "H20")
@pytest.mark.parametrize(
    "never",
    [
        ("ann@example.com",),
        ("user:ann@example.com",),
        ("user:ANN+tag@EXAMPLE.com",),
        ("user:x@example.com", "user:ann@example.com"),
        ("deleted:user:ann@example.com?uid=123",),
        ("group:team@example.com",),
        ("group:TEAM@example.com",),
        ("domain:example.com",),
        ("principal://iam.googleapis.com/locations/global/workforcePools/p/subject/ann@example.com",),
    ],
)
def test_nobody_approves_for_themselves(never: tuple[str, ...]) -> None:
    vote = paper("ann", groups=("own", "team@example.com"))
    assert "nobody approves for themselves" in why(t1(never=never), vote)


@pytest.mark.hazard("H11")
@pytest.mark.parametrize("who", ["allUsers", "allAuthenticatedUsers", "principalSet://x/*", "projectEditor:acme"])
def test_where_it_cannot_be_told_who_gains_nobody_counts(who: str) -> None:
    assert "may be among those who gain" in why(t1(never=(who,)), paper("ann"))


@pytest.mark.hazard("H13")
@pytest.mark.parametrize("never", ["user:joann@example.com", "user:ann@example.com.evil.com", "domain:ample.com"])
def test_who_only_looks_alike_is_not_excluded(never: str) -> None:
    assert state(t1(never=(never,)), paper("ann")) is State.APPROVED


@pytest.mark.hazard("H14")
@pytest.mark.parametrize(
    ("email", "said"),
    [
        ("bot@p.iam.gserviceaccount.com", "account of a machine"),
        ("1-compute@developer.gserviceaccount.com", "account of a machine"),
        ("ann@partner.com", "is a guest"),
        ("ann@sub.example.com", "is a guest"),
        ("ann@example.com.evil.com", "is a guest"),
        ("ann@notexample.com", "is a guest"),
        ("ann", "no e-mail address"),
        ("", "no e-mail address"),
        ("ann@ex\u0430mple.com", "no e-mail address"),  # a Cyrillic letter
        ("ann @example.com", "no e-mail address"),
        ("ann@evil.com@example.com", "no e-mail address"),
        ("a" * 300 + "@example.com", "no e-mail address"),
    ],
)
def test_who_is_nobody_of_the_organisation_does_not_count(email: str, said: str) -> None:
    asked = t1(domains=("example.com", "p.iam.gserviceaccount.com", "developer.gserviceaccount.com"))
    assert said in why(asked, paper("ann", person=Person(id="1", email=email)))


def test_without_a_domain_there_is_nobody_of_the_organisation() -> None:
    assert "is a guest" in why(t1(domains=()), paper("ann"))


# what, when, why


@pytest.mark.invariant("I13")
def test_a_vote_is_for_one_plan_of_one_question() -> None:
    for other in (paper("ann", plan_hash="H"), paper("ann", plan_hash=""), paper("ann", approval="a-2")):
        assert "another plan" in why(t1(), other)


def test_a_vote_is_given_while_the_question_is_open() -> None:
    for at in (START - MINUTE, START + 30 * MINUTE, START + 31 * MINUTE):
        assert "when the question was not open" in why(t1(), paper("ann", at=at))
    assert state(t1(), paper("ann", at=START)) is State.APPROVED


@pytest.mark.parametrize("said", ["", "too short", " " * 50, "ok" + " " * 20, "123456789\u200b", "\x1b[2J evil evil"])
def test_a_vote_says_why_in_ten_readable_characters(said: str) -> None:
    assert "gave no reason" in why(t1(), paper("ann", reason=said))


def test_a_reason_is_not_a_book() -> None:
    assert "more than 2000 characters" in why(t1(), paper("ann", reason="because " * 300))
    assert state(t1(), paper("ann", reason="  der Bericht fehlt:\nbitte öffnen ")) is State.APPROVED


def test_silence_is_a_no_and_so_is_being_late() -> None:
    enough = paper("ann")
    assert state(t1(), enough, now=START + 30 * MINUTE - MINUTE / 60) is State.APPROVED
    assert state(t1(), enough, now=START + 30 * MINUTE) is State.EXPIRED
    assert state(t1(), now=START + 30 * MINUTE) is State.EXPIRED


# no means no


@pytest.mark.parametrize(
    "deny",
    [no("bob"), no("eve"), no("stranger@evil.com"), no("bob", reason=""), no("bob", plan_hash="x"), no("ann")],
)
def test_a_deny_is_final_whoever_gave_it_and_whenever(deny: Vote) -> None:
    yes = [paper("ann"), paper("sue")]
    for votes in ([deny, *yes], [*yes, deny]):
        assert state(question(), *votes) is State.DENIED
        assert state(question(), *votes, now=START + 99 * MINUTE) is State.DENIED


@pytest.mark.parametrize("ending", Ending)
def test_an_end_is_how_it_stands_whatever_the_votes_and_the_time(ending: Ending) -> None:
    ended = Ended(approval="a-1", ending=ending, at=NOW)
    for votes in ([], [paper("ann"), paper("sue")], [no("bob")]):
        assert tally(question(), votes, ended, START + 99 * MINUTE).state.value == ending.value


# everything at once

WORLD = ("ann", "bob", "sue", "tom", "max", "eve", "ann+x@example.com", "guest@evil.com")
VOTES = st.lists(
    st.builds(
        lambda who, groups, strong, hash_, minutes, said: paper(
            who, groups=tuple(groups), strong=strong, plan_hash=hash_, at=START + minutes * MINUTE, reason=said
        ),
        st.sampled_from(WORLD),
        st.sets(st.sampled_from(["own", "sec", "team@example.com"])),
        st.booleans(),
        st.sampled_from(["h", "h", "h", "x"]),
        st.sampled_from([-1, 0, 5, 29, 30]),
        st.sampled_from([WHY, WHY, "short"]),
    ),
    max_size=7,
)
ASKED = st.builds(
    lambda needs, strong, never, tier: question(
        tier=tier,
        quorums=tuple(
            Quorum(name=name, group_id=name[:3], need=need, strong=strong)
            for name, need in zip(("owners", "security"), needs, strict=False)
        ),
        never=never,
    ),
    st.lists(st.integers(0, 2), max_size=2),
    st.booleans(),
    st.sampled_from([("user:eve@example.com",), ("group:team@example.com", "user:bob@example.com"), ()]),
    st.sampled_from(["T1", "T2", "T3"]),
)


def _could_be_seated(places: list[Quorum], votes: list[Vote]) -> bool:
    """The slow way: every vote on every place."""
    if not places:
        return True
    first, *rest = places
    fitting = [vote for vote in votes if first.group_id in vote.groups and (vote.strong or not first.strong)]
    return any(_could_be_seated(rest, [other for other in votes if other is not vote]) for vote in fitting)


@pytest.mark.invariant("I13")
@given(ASKED, VOTES)
def test_approved_is_exactly_enough_different_people_on_places_of_their_own(asked: Approval, votes: list[Vote]) -> None:
    told = tally(asked, votes, None, NOW)
    places = [quorum for quorum in asked.quorums for _ in range(quorum.need)]
    fewest = {"T1": 1, "T2": 2}.get(asked.tier)
    possible = fewest is not None and len(places) >= fewest and all(one.need > 0 for one in asked.quorums)
    assert (told.state is State.APPROVED) == (possible and _could_be_seated(places, list(told.counted)))
    assert (told.missing == "") == (told.state is State.APPROVED)
    emails = [one.person.email.replace("+x", "") for one in told.counted]
    assert len(emails) == len(set(emails))
    assert not {"guest@evil.com"} & set(emails)
    assert len(told.counted) + len(told.not_counted) == len(votes)


@given(ASKED, VOTES, st.randoms())
def test_more_votes_never_take_an_approval_away_and_their_order_means_nothing(
    asked: Approval, votes: list[Vote], chance: Any
) -> None:
    if state(asked, *votes) is State.APPROVED:
        assert state(asked, *votes, paper("zoe", groups=("own",))) is State.APPROVED
    unlike = list({one.person.email: one for one in votes if "+x" not in one.person.email}.values())
    mixed = list(unlike)
    chance.shuffle(mixed)
    assert state(asked, *mixed) is state(asked, *unlike)
