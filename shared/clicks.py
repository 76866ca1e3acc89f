"""Click -> what the person who clicked is told; a vote is kept, and whoever carries fixes out is woken.

What a click comes to is decided in `deciding`; here is which question it is about, and which words a person gets.
"""

from __future__ import annotations

from datetime import timedelta

from msgspec import Struct

from shared.deciding import Cast, Said, Station, snooze, standing, told, vote
from shared.errors import NotFound
from shared.model.approval import Approval, Choice, Ending, State
from shared.model.shown import Click, Reply, Shown, Stage, Wish
from shared.ports import Queue, Store
from shared.render.card_form import SHORTEST_REASON, other_fixes, reason_form, told_form

CHANNEL = "slack"
SNOOZED_FOR = timedelta(hours=4)
REMEMBERED_FOR = timedelta(minutes=15)
"""For longer than a signature is believed: 5 minutes to each side of our clock."""
CHOICES = {Wish.APPROVE: Choice.APPROVE, Wish.DENY: Choice.DENY}


class Counter(Struct, frozen=True, kw_only=True):
    """Everything that answering clicks takes. `in_form` is whether a form can be opened: that takes a bot token."""

    station: Station
    store: Store
    queue: Queue
    in_form: bool = False


def answer(click: Click, counter: Counter) -> Reply:
    """Do what a click asks for, if the question is open and the person is one who is asked; what they are told.

    Raises:
        StoreUnavailable: it is not known whether anything was kept; to click again is safe.
    """
    station = counter.station
    now = station.clock.now()
    if not station.ballots.first_time(click.digest, now + REMEMBERED_FOR):
        return Reply(outcome="replayed", text="This very click was taken before; nothing was done a second time.")
    if click.seat:
        return Reply(outcome="no member", text=f"You are {click.seat} here, and only members of this workspace decide.")
    try:
        approval = station.ballots.approval(click.approval)
    except NotFound:
        return _nothing_known()
    if approval.id != click.approval:
        return _nothing_known()
    return _about(approval, click, counter)


def _nothing_known() -> Reply:
    return Reply(outcome="unknown question", text="Nothing is known of this question, so nothing was done.")


def _about(approval: Approval, click: Click, counter: Counter) -> Reply:
    """What a click on one question comes to."""
    if click.wish is Wish.ANOTHER:
        return _others(approval, counter)
    if over := _is_over(approval, click.wish, counter):
        return Reply(outcome="too late", text=f"This button does nothing any more: {over}.")
    if click.plan_hash != approval.plan_hash:
        said = "Not counted: the plan has changed since this card was made. Decide on the newest card of this run."
        return Reply(outcome="another plan", text=said)
    if click.wish is Wish.SNOOZE:
        return _snoozed(approval, click, counter)
    if counter.in_form and not click.typed:
        return Reply(outcome="asked for a reason", view=reason_form(click.wish, approval))
    return _voted(approval, click, counter)


def _is_over(approval: Approval, wish: Wish, counter: Counter) -> str:
    """How a question ended, in words; "" while it is open, or where a fix of it can still be denied."""
    ended = counter.station.ballots.ended(approval.id)
    if ended is not None and ended.ending is Ending.CONSUMED and wish is Wish.DENY:
        return ""
    if ended is not None:
        return told(ended)
    is_late = counter.station.clock.now() >= approval.expires_at
    return "its time is over, and silence is a no" if is_late else ""


def _voted(approval: Approval, click: Click, counter: Counter) -> Reply:
    """The vote of a click, kept or not, with the reason; a kept one wakes whoever carries fixes out."""
    if len(" ".join(click.reason.split())) < SHORTEST_REASON:
        short = f"Not counted: write a reason of at least {SHORTEST_REASON} characters first, then click again."
        return Reply(outcome="no reason", text=short)
    said = Said(
        approval=approval.id,
        plan_hash=click.plan_hash,
        choice=CHOICES[click.wish],
        reason=click.reason,
        who=click.account,
        channel=CHANNEL,
        proof=click.proof,
    )
    cast = vote(said, counter.station)
    if cast.kept or cast.standing.state in (State.APPROVED, State.DENIED):
        counter.queue.put(approval.id, counter.station.clock.now())
    return _told(cast)


def _told(cast: Cast) -> Reply:
    kept = "Kept" if cast.kept else "Not counted"
    return Reply(outcome="voted" if cast.kept else "not counted", text=f"{kept}: {cast.said}.")


def _snoozed(approval: Approval, click: Click, counter: Counter) -> Reply:
    person = counter.station.ballots.person_of(click.account)
    if person is None:
        said = "Not snoozed: your account of Slack is not known to be anybody's. An operator adds it: unforbid people"
        return Reply(outcome="unknown person", text=said)
    until = counter.station.clock.now() + SNOOZED_FOR
    snooze(approval.run, until, person.id, counter.station)
    counter.queue.put(approval.id, counter.station.clock.now())
    said = f"Snoozed until {until:%Y-%m-%d %H:%M} UTC. It can still be decided until {approval.expires_at:%H:%M} UTC."
    return Reply(outcome="snoozed", text=said)


def _others(approval: Approval, counter: Counter) -> Reply:
    """The other fixes that are known; nothing is done by looking at them, at whatever time."""
    run = counter.store.run(approval.run)
    shown = Shown(
        run=run.id,
        stage=Stage.ASKED,
        report=run.report,
        approval=approval,
        standing=standing(approval, counter.station),
    )
    blocks = other_fixes(shown)
    form = told_form("Another fix", blocks) if counter.in_form else None
    return Reply(outcome="told of others", text="Other fixes that were found", blocks=blocks, view=form)
