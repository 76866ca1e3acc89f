"""Approval, its votes, its end, the time -> Standing: whether enough different people agree to exactly this. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from shared.approvals.people import excluded, mailbox, no_person
from shared.approvals.seats import fits, seated
from shared.model.approval import Approval, Choice, Ended, Standing, State, Uncounted, Vote
from shared.model.decision import Quorum

FEWEST = {"T0": 1, "T1": 1, "T2": 2}
"""How many different people a tier takes at least; what is not named here is never approved."""
MOST_PLACES = 20
SHORTEST_REASON, LONGEST_REASON = 10, 2_000
SAME_PERSON = "belongs to a person who has voted already"


def tally(approval: Approval, votes: Sequence[Vote], ended: Ended | None, now: datetime) -> Standing:
    """How a question stands. A deny is final whoever gave it; after its time, or without enough people, it is a no."""
    denies = [vote for vote in votes if vote.choice is Choice.DENY]
    people, others = _sorted(approval, [vote for vote in votes if vote.choice is not Choice.DENY])
    lacks = missing(approval, people)
    state = _state(approval, ended, now, denied=bool(denies), lacks=bool(lacks))
    return Standing(
        state=state,
        missing=lacks if state is State.ASKED else "",
        counted=(*denies, *people),
        not_counted=tuple(others),
    )


def _state(approval: Approval, ended: Ended | None, now: datetime, *, denied: bool, lacks: bool) -> State:
    if ended is not None:
        return State(ended.ending.value)
    if denied:
        return State.DENIED
    if now >= approval.expires_at:
        return State.EXPIRED
    return State.ASKED if lacks else State.APPROVED


def _sorted(approval: Approval, votes: Sequence[Vote]) -> tuple[list[Vote], list[Uncounted]]:
    """One vote of each person who may give one, and all the others with the reason why they do not count."""
    counted: list[Vote] = []
    others: list[Uncounted] = []
    person = _persons(votes)
    for vote in votes:
        why = why_not(approval, vote)
        if not why and any(person[one.person.id] == person[vote.person.id] for one in counted):
            why = SAME_PERSON
        if why:
            others.append(Uncounted(vote=vote, why=why))
        else:
            counted.append(vote)
    return counted, others


def _persons(votes: Iterable[Vote]) -> dict[str, str]:
    """For each id of the directory the one that stands for the person: ids that share a mailbox are one person."""
    stands: dict[str, str] = {}
    box_of: dict[str, str] = {}
    for vote in votes:
        mine = stands.setdefault(vote.person.id, vote.person.id)
        other = stands[box_of.setdefault(mailbox(vote.person.email), vote.person.id)]
        stands = {known: mine if one == other else one for known, one in stands.items()}
    return stands


def why_not(approval: Approval, vote: Vote) -> str:
    """Why an approving vote does not count, in words that follow the person's address; "" where it does."""
    if vote.approval != approval.id or vote.plan_hash != approval.plan_hash:
        return "agreed to another plan than this one"
    if not approval.asked_at <= vote.at < approval.expires_at:
        return "voted when the question was not open"
    return (
        no_person(vote.person.email, approval.domains)
        or excluded(vote.person.email, vote.groups, approval.never)
        or no_reason(vote.reason)
        or _no_place(approval, vote)
    )


def no_reason(said: str) -> str:
    """Why a reason is none, in words that follow the person's address; "" where it is one."""
    words = " ".join(said.split())
    if len(words) < SHORTEST_REASON or not words.isprintable():
        return f"gave no reason of at least {SHORTEST_REASON} readable characters"
    return f"gave a reason of more than {LONGEST_REASON} characters" if len(said) > LONGEST_REASON else ""


def _no_place(approval: Approval, vote: Vote) -> str:
    if any(fits(vote, quorum) for quorum in approval.quorums):
        return ""
    named = " or ".join(quorum.name for quorum in approval.quorums) or "nobody"
    if any(quorum.group_id in vote.groups for quorum in approval.quorums):
        return f"has to prove who they are with an OIDC or IAP assertion to vote for {named}"
    return f"is not one of those who are asked ({named})"


def missing(approval: Approval, people: Sequence[Vote]) -> str:
    """Who is still needed beside these people, in a sentence; "" where nobody is."""
    if never := impossible(approval.tier, approval.quorums):
        return never
    return " and ".join(_asked_for(seated(approval.quorums, people).empty()))


def impossible(tier: str, quorums: Sequence[Quorum]) -> str:
    """Why nobody can approve anything of a tier with these quorums; "" where people can."""
    fewest = FEWEST.get(tier)
    if fewest is None:
        return f"tier {tier} is never carried out by a machine, whoever agrees"
    needs = [quorum.need for quorum in quorums]
    if sum(needs) < fewest or min(needs) < 1 or sum(needs) > MOST_PLACES or not all(one.group_id for one in quorums):
        return f"nobody can approve this: tier {tier} takes {fewest} or more people, and its rule asks for {needs}"
    return ""


def _asked_for(empty: list[tuple[str, ...]]) -> Iterator[str]:
    for groups, count in Counter(empty).items():
        yield f"{count} of {' or '.join(groups)}"
