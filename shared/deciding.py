"""A plan, people -> their word on it: asked once, each vote checked and kept, expired in time. Changes no cloud."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING

from msgspec import Struct

from shared.approvals.people import groups_of, no_person
from shared.approvals.tally import impossible, no_reason, tally, why_not
from shared.errors import LookFailed, NotAllowedToLook, NotFound, Refused
from shared.model.approval import (
    Approval,
    Choice,
    Ended,
    Ending,
    Person,
    SlackUser,
    Standing,
    State,
    Vote,
)
from shared.model.codec import to_json
from shared.model.decision import ASK, Terms
from shared.policy.window import next_open
from shared.ports import Ballots, Clock, Directory

if TYPE_CHECKING:
    from shared.preparing import Prepared

LONGEST_SNOOZE = timedelta(hours=24)


class Station(Struct, frozen=True, kw_only=True):
    """Everything that asking people takes. `domains` are those of the organisation; nobody outside them counts."""

    ballots: Ballots
    directory: Directory
    clock: Clock
    domains: tuple[str, ...]


class Said(Struct, frozen=True, kw_only=True):
    """What somebody says through a channel, before it is believed to be a vote.

    `who` is what the channel proved: an account of Slack, or a person of the directory.
    """

    approval: str
    plan_hash: str
    choice: Choice
    reason: str
    who: Person | SlackUser
    channel: str
    proof: bytes = b""
    strong: bool = False


class Cast(Struct, frozen=True, kw_only=True):
    """Whether a vote was kept, how its question stands now, and the sentence for whoever gave it."""

    kept: bool
    said: str
    standing: Standing


# asking


def ask(prepared: Prepared, station: Station, *, again: bool = False, never: Iterable[str] = ()) -> Approval:
    """Put a plan to the people its terms name; the same plan of a run is one question however often it is asked.

    One that was denied, or that nobody answered in time, is asked anew only with `again`. An open question about
    another plan of the run is over: its votes were for that plan.

    Raises:
        Refused: the decision does not let people decide this, or nobody could.
    """
    terms = _terms(prepared)
    ballots = station.ballots
    asked = {one.id: one for one in ballots.of_run(prepared.run) if one.plan_hash == prepared.proposal.hash}
    last = asked.get(_id_of(prepared, len(asked) - 1))
    if last is not None and not _takes_a_new_round(last, station, again=again):
        return last
    excluded_too = tuple(dict.fromkeys((*prepared.never, *never)))
    made = ballots.ask(_question(prepared, terms, station, _id_of(prepared, len(asked)), excluded_too))
    for one in ballots.of_run(prepared.run):
        if one.plan_hash != made.plan_hash:
            end(one, Ending.DRIFTED, station, why=f"another plan of this run is asked about: {made.id}")
    return made


def _id_of(prepared: Prepared, earlier: int) -> str:
    """The id of a question: the same run and plan, asked as often before, is the same question."""
    asked = to_json((prepared.run, prepared.proposal.hash, earlier))
    return f"a-{blake2b(asked, digest_size=6).hexdigest()}"


def _terms(prepared: Prepared) -> Terms:
    decision = prepared.decision
    if decision.mode is not ASK or decision.terms is None:
        raise Refused(f"nobody is asked ({decision.mode.value}): {'; '.join(decision.reasons)}")
    if why := impossible(tier_of(prepared, decision.terms), decision.terms.quorums):
        raise Refused(why)
    return decision.terms


def tier_of(prepared: Prepared, terms: Terms) -> str:
    """Who must agree: what the rule says, or more where the plan itself takes more."""
    return max(terms.tier, prepared.proposal.tier)


def opens(window: str, now: datetime) -> datetime:
    """When a window is open next: now itself where it is open, or where there is none.

    Raises:
        Refused: it cannot be read, or never opens.
    """
    try:
        found = next_open(window, now)
    except ValueError as error:
        raise Refused(f"the window {window[:80]!r} cannot be read: {error}") from error
    if found is None:
        raise Refused(f"the window {window!r} never opens")
    return found


def _takes_a_new_round(last: Approval, station: Station, *, again: bool) -> bool:
    """Whether a question is over without a word of people that stands."""
    over = station.ballots.ended(last.id)
    if over is None and station.clock.now() >= last.expires_at:
        over = end(last, Ending.EXPIRED, station)
    if again and over is not None and over.ending is Ending.CONSUMED:
        raise Refused(f"this was approved, and is carried out as {over.by}: it is not asked twice")
    return over is not None and (again or over.ending is Ending.DRIFTED) and over.ending is not Ending.CONSUMED


def _question(prepared: Prepared, terms: Terms, station: Station, named: str, never: tuple[str, ...]) -> Approval:
    now = station.clock.now()
    opens(terms.window, now)
    return Approval(
        id=named,
        run=prepared.run,
        plan_hash=prepared.proposal.hash,
        works=prepared.proposal.works,
        tier=tier_of(prepared, terms),
        quorums=terms.quorums,
        asked_at=now,
        expires_at=now + timedelta(minutes=terms.minutes),
        never=never,
        domains=station.domains,
        hours=terms.hours,
        window=terms.window,
        rules=terms.rules,
    )


# voting


def vote(said: Said, station: Station) -> Cast:
    """Keep what somebody says as their one vote, if they are one of those who are asked; what became of it.

    Whatever cannot be told about them makes it no vote. A deny ends the question.

    Raises:
        NotFound: there is no such question.
    """
    approval, now = station.ballots.approval(said.approval), station.clock.now()
    if now >= approval.expires_at:
        end(approval, Ending.EXPIRED, station)
    over = station.ballots.ended(approval.id)
    if over is not None and not (over.ending is Ending.CONSUMED and said.choice is Choice.DENY):
        return _not_kept(approval, station, told(over))
    if said.plan_hash != approval.plan_hash:
        return _not_kept(approval, station, "the plan has changed since it was shown to you: look at it as it is now")
    person = station.ballots.person_of(said.who) if isinstance(said.who, SlackUser) else said.who
    if person is None:
        return _not_kept(
            approval, station, "this account is not known to be anybody's: an operator adds it with `unforbid people`"
        )
    try:
        groups = groups_in(approval, person, station)
    except (LookFailed, NotAllowedToLook, NotFound) as error:
        why = f"it could not be told which groups {person.email} is in, so this is no vote: {error}"
        return _not_kept(approval, station, why)
    given = _vote(said, approval, person, groups, now)
    if why := _is_no_vote(given, approval):
        return _not_kept(approval, station, f"{person.email} {why}")
    return _kept(given, approval, station)


def groups_in(approval: Approval, person: Person, station: Station) -> tuple[str, ...]:
    """Which of the groups that matter to a question somebody is in: those that are asked, and those that gain by it."""
    wanted = dict.fromkeys((*(quorum.group_id for quorum in approval.quorums), *groups_of(approval.never)))
    if no_person(person.email, approval.domains):
        return ()
    return tuple(group for group in wanted if station.directory.is_member(group, person.email.lower()))


def _vote(said: Said, approval: Approval, person: Person, groups: tuple[str, ...], now: datetime) -> Vote:
    return Vote(
        approval=approval.id,
        plan_hash=said.plan_hash,
        person=person,
        choice=said.choice,
        reason=said.reason,
        at=now,
        channel=said.channel,
        groups=groups,
        proof=said.proof,
        strong=said.strong,
    )


def _is_no_vote(given: Vote, approval: Approval) -> str:
    """Why this is not kept; whoever gains by a plan may still say no to it, if they are one of those asked."""
    if given.choice is Choice.APPROVE:
        return why_not(approval, given)
    is_asked = any(quorum.group_id in given.groups for quorum in approval.quorums)
    why = no_person(given.person.email, approval.domains) or no_reason(given.reason)
    return why or ("" if is_asked else "is not one of those who are asked")


def _kept(given: Vote, approval: Approval, station: Station) -> Cast:
    if not station.ballots.vote(given):
        over = station.ballots.ended(approval.id)
        return _not_kept(approval, station, told(over) if over else "you have voted on this already: one vote each")
    if given.choice is Choice.DENY:
        over = end(approval, Ending.DENIED, station, by=given.person.id, why=given.reason)
        return Cast(kept=True, said=_denied(over), standing=standing(approval, station))
    now = standing(approval, station)
    return Cast(kept=True, said=_answer(given, now), standing=now)


def _denied(over: Ended) -> str:
    """What somebody hears who said no; after a fix was approved that counts as long as nothing of it is done."""
    if over.ending is not Ending.CONSUMED:
        return told(over)
    return f"{over.by} does not begin, if it has not begun by now; else `unforbid undo {over.by}` takes it back"


def denied_after_all(approval_id: str, ballots: Ballots) -> str:
    """Who said no to a question, whenever that was; "" where nobody did. Why stands with the vote, and nowhere else."""
    deny = next((one for one in ballots.votes(approval_id) if one.choice is Choice.DENY), None)
    return f"{deny.person.email} said no before it began" if deny else ""


def _answer(given: Vote, now: Standing) -> str:
    """What somebody hears whose vote was kept."""
    if why := next((one.why for one in now.not_counted if one.vote.person.id == given.person.id), ""):
        return f"{given.person.email} {why}"
    if now.state is State.APPROVED:
        return "your vote counts, and it is enough"
    return f"your vote counts; still needed: {now.missing}" if now.missing else "your vote was kept"


def _not_kept(approval: Approval, station: Station, why: str) -> Cast:
    return Cast(kept=False, said=why, standing=standing(approval, station))


# how it stands, and how it ends


def standing(approval: Approval, station: Station) -> Standing:
    """How a question stands by what is kept of it now."""
    ballots = station.ballots
    return tally(approval, ballots.votes(approval.id), ballots.ended(approval.id), station.clock.now())


def end(approval: Approval, ending: Ending, station: Station, by: str = "", why: str = "") -> Ended:
    """End a question; the end that counts, which is the first one."""
    made = Ended(approval=approval.id, ending=ending, at=station.clock.now(), by=by, why=why)
    return station.ballots.end(made)


def told(over: Ended) -> str:
    """How a question ended, in a sentence for whoever comes too late."""
    words = {
        Ending.CONSUMED: f"it was approved, and is carried out as {over.by}",
        Ending.DENIED: "it was denied, and a deny is final",
        Ending.EXPIRED: "its time is over, and silence is a no",
        Ending.DRIFTED: "what would be done has changed since it was asked, so no vote on it counts",
        Ending.REFUSED: "it may not be done any more",
    }[over.ending]
    return f"{words}: {over.why}" if over.why else words


def expire(station: Station) -> list[tuple[Approval, Ended]]:
    """End every question whose time is over; those that ended by it, for the chat to tell."""
    now = station.clock.now()
    late = [one for one in station.ballots.open() if now >= one.expires_at]
    ended = [(one, end(one, Ending.EXPIRED, station)) for one in late]
    return [(one, over) for one, over in ended if over.ending is Ending.EXPIRED]


def snooze(run: str, until: datetime, by: str, station: Station) -> None:
    """Do not show a run to anybody until a time; its question goes on, and expires as it would.

    Raises:
        Refused: the time is over, or further away than a day.
    """
    now = station.clock.now()
    if not now < until <= now + LONGEST_SNOOZE:
        raise Refused(f"a run is snoozed for at most {LONGEST_SNOOZE // timedelta(hours=1)} hours from now on")
    station.ballots.snooze(run, until, by)
