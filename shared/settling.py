"""An approved question, everything checked anew -> the fix that was shown, begun exactly once; or why it is not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from shared.approvals.changed import changed
from shared.approvals.tally import tally
from shared.deciding import Station, end, groups_in, opens, tier_of, told
from shared.errors import LookFailed, NotAllowedToLook, NotFound, Permanent, Refused
from shared.model.approval import Approval, Choice, Ended, Ending, Standing, State, Uncounted, Vote
from shared.model.decision import ASK, AUTO
from shared.model.journal import Opened
from shared.model.work import Grant, Work
from shared.moves.means import hindrance
from shared.pipeline.execute import fix_of, open_fix
from shared.pipeline.workshop import Workshop
from shared.policy.window import joined
from shared.preparing import Prepared

Proof = Callable[[Vote], bool]
"""Whether what a channel signed says exactly this vote: who, what, on what, why, and how strongly that is proven."""


class Settlement(Struct, frozen=True, kw_only=True):
    """Everything that carrying out what people said takes.

    `anew` looks and plans again for a question, with the hours of its terms; `proofs` has the check of each channel.
    """

    station: Station
    shop: Workshop
    anew: Callable[[Approval], Prepared]
    proofs: Mapping[str, Proof]


class Settled(Struct, frozen=True, kw_only=True):
    """What became of a question: its fix and from when on that is carried out, or why there is none (yet)."""

    state: State
    said: str
    fix: str = ""
    due: datetime | None = None
    standing: Standing | None = None


def settle(approval_id: str, by: Settlement) -> Settled:
    """Begin the fix of a question that is approved, if everything still is as it was shown; at most once, ever.

    A worker that dies anywhere in between leaves something that the next one ends in the same way.

    Raises:
        NotFound: there is no such question.
        Retryable: it could not be told now, and nothing was changed.
    """
    approval, over = by.station.ballots.approval(approval_id), by.station.ballots.ended(approval_id)
    if over is not None and (already := _already(over, by)):
        return already
    votes, now = by.station.ballots.votes(approval.id), by.station.clock.now()
    stands = tally(approval, votes, None, now)
    if stands.state is not State.APPROVED:
        return _not_approved(approval, stands, by)
    try:
        prepared = by.anew(approval)
    except Permanent as error:
        return _over(approval, Ending.REFUSED, str(error), by)
    if why := _in_the_way(prepared.proposal.works, by.shop):
        return _over(approval, Ending.REFUSED, why, by)
    if prepared.proposal.hash != approval.plan_hash:
        return _over(approval, Ending.DRIFTED, changed(approval.works, prepared.proposal.works), by)
    return _as_shown(approval, prepared, votes, by)


def _in_the_way(works: tuple[Work, ...], shop: Workshop) -> str:
    """Why works would come to nothing, as far as this function can tell: what is another's, that one looks at."""
    if nobody := shop.families.lacking(works):
        return nobody
    mine = [work for work in works if shop.families.has(work)]
    return "; ".join(one for work in mine if (one := hindrance(work, shop.sight)))


def _already(over: Ended, by: Settlement) -> Settled | None:
    """What a question has come to before; None where it was approved, and its fix is not begun yet."""
    if over.ending is not Ending.CONSUMED:
        return Settled(state=State(over.ending.value), said=told(over))
    lines = _lines(over.by, by.shop)
    return Settled(state=State.CONSUMED, said=told(over), fix=over.by, due=lines) if lines else None


def _lines(fix: str, shop: Workshop) -> datetime | None:
    """When a fix was opened for, None where it was not."""
    try:
        return shop.journal.lines(fix)[0].at
    except NotFound:
        return None


def _not_approved(approval: Approval, stands: Standing, by: Settlement) -> Settled:
    ending = {State.DENIED: Ending.DENIED, State.EXPIRED: Ending.EXPIRED}.get(stands.state)
    if ending is None:
        return Settled(state=State.ASKED, said=f"still needed: {stands.missing}", standing=stands)
    deny = next((vote for vote in stands.counted if vote.choice is Choice.DENY), None)
    why = deny.reason if deny is not None and ending is Ending.DENIED else ""
    return _over(approval, ending, why, by, who=deny.person.id if why and deny else "")


def _over(approval: Approval, ending: Ending, why: str, by: Settlement, who: str = "") -> Settled:
    """The question is over without a fix; unless another worker has begun it in the meantime."""
    over = end(approval, ending, by.station, by=who, why=why)
    if over.ending is Ending.CONSUMED:
        begun = _already(over, by)
        return begun or Settled(
            state=State(ending.value), said=f"approved before, and not begun: {why or ending.value}"
        )
    return Settled(state=State(over.ending.value), said=told(over))


def _as_shown(approval: Approval, prepared: Prepared, votes: list[Vote], by: Settlement) -> Settled:
    """The plan is the one that was shown: people and policy once more, and then it is begun."""
    never = tuple(dict.fromkeys((*approval.never, *prepared.never)))
    domains = tuple(one for one in approval.domains if one in by.station.domains)
    asked = replace(approval, never=never, domains=domains)
    unproven = [vote for vote in votes if not _is_proven(vote, by)]
    try:
        proven = [_still_in(vote, asked, prepared, by) for vote in votes if vote not in unproven]
    except (LookFailed, NotAllowedToLook, NotFound) as error:
        return Settled(state=State.ASKED, said=f"it could not be told whether those who agreed still may: {error}")
    stands = tally(asked, proven, None, by.station.clock.now())
    if stands.state is not State.APPROVED:
        gone = tuple(Uncounted(vote=vote, why="voted with a proof that does not hold") for vote in unproven)
        return _not_approved(approval, replace(stands, not_counted=(*stands.not_counted, *gone)), by)
    if stricter := _stricter(asked, prepared, proven, by):
        return _over(approval, Ending.REFUSED, stricter, by)
    try:
        due = opens(_window(approval, prepared), by.station.clock.now())
    except Refused as error:
        return _over(approval, Ending.REFUSED, str(error), by)
    return _begun(approval, prepared, stands, due, by)


def _window(approval: Approval, prepared: Prepared) -> str:
    """When it may be carried out: where the window is another one by now, while both are open."""
    terms = prepared.decision.terms
    return joined(frozenset({approval.window, terms.window if terms else ""}))


def _is_proven(vote: Vote, by: Settlement) -> bool:
    """Whether what the channel signed still says this vote; a deny needs no proof."""
    holds = by.proofs.get(vote.channel)
    return vote.choice is Choice.DENY or (holds is not None and holds(vote))


def _still_in(vote: Vote, asked: Approval, prepared: Prepared, by: Settlement) -> Vote:
    """A vote with the groups that its person is in now, of those asked then and those whom the policy names now."""
    terms = prepared.decision.terms
    named = replace(asked, quorums=(*asked.quorums, *(terms.quorums if terms else ())))
    return replace(vote, groups=groups_in(named, vote.person, by.station))


def _stricter(asked: Approval, prepared: Prepared, votes: list[Vote], by: Settlement) -> str:
    """What the policy of now does not permit of what was asked; "" where it permits all of it."""
    decision = prepared.decision
    terms = decision.terms
    if decision.mode not in (ASK, AUTO) or terms is None:
        return f"the decision is {decision.mode.value} now: {'; '.join(decision.reasons)}"
    if terms.hours < asked.hours:
        return f"a grant may last {terms.hours} hours at most now, and {asked.hours} were approved"
    if decision.mode is AUTO:
        return ""
    now = replace(asked, tier=tier_of(prepared, terms), quorums=terms.quorums)
    stands = tally(now, votes, None, by.station.clock.now())
    return "" if stands.state is State.APPROVED else f"more people have to agree now: {stands.missing}"


def _begun(approval: Approval, prepared: Prepared, stands: Standing, due: datetime, by: Settlement) -> Settled:
    """Use the approval up, and begin its fix: in this order, so that it is good for one."""
    proposal = prepared.proposal
    wait = max(due - by.station.clock.now(), timedelta())
    opened = Opened(
        run=approval.run,
        plan_hash=approval.plan_hash,
        works=tuple(_later(work, wait) for work in proposal.works),
        approved_by=tuple(vote.person.email.lower() for vote in stands.counted),
        call=proposal.call,
        may_roll_back=True,
        rules=approval.rules,
        under=prepared.under,
        window=approval.window,
        approval=approval.id,
    )
    fix = fix_of(opened)
    over = end(approval, Ending.CONSUMED, by.station, by=fix)
    if over.ending is not Ending.CONSUMED or over.by != fix:
        return Settled(state=State(over.ending.value), said=told(over))
    open_fix(opened, by.shop.journal, by.shop.queue, due)
    when = f"; it is carried out at {due:%Y-%m-%d %H:%M} UTC, when its window opens" if wait else ""
    return Settled(state=State.CONSUMED, said=f"approved: {fix} is begun{when}", fix=fix, due=due, standing=stands)


def _later(work: Work, wait: timedelta) -> Work:
    """A work that begins later: a grant lasts as long as was approved, from then on."""
    if not isinstance(work, Grant) or not wait:
        return work
    until, condition = work.until + wait, work.condition
    if condition is not None:
        expression = condition.expression.replace(_stamp(work.until), _stamp(until))
        condition = replace(condition, expression=expression)
    return replace(work, until=until, condition=condition)


def _stamp(time: datetime) -> str:
    """A time as the condition of a grant says it."""
    return f'"{time:%Y-%m-%dT%H:%M:%SZ}"'
