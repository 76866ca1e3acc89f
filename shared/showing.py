"""What is kept of a run -> its card in Slack: one message that is edited in place, and its story in the thread."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

from shared.errors import ChatRefused
from shared.execution.fold import Fix
from shared.model.approval import Approval, Card, Ended, Standing, State
from shared.model.journal import Line, Outcome
from shared.model.run import Run
from shared.model.shown import Message, Shown, Stage
from shared.ports import Ballots, Chat, Clock, Store
from shared.render.card import Style, card
from shared.render.digest import digest
from shared.render.story import story

MOST_OPEN = 10
"""So many questions have a card of their own in one channel; more are only listed, or nobody reads any."""
GONE = ("message_not_found", "cant_update_message", "edit_window_closed")
STAGE_OF_STATE = {
    State.APPROVED: Stage.SCHEDULED,
    State.CONSUMED: Stage.RUNNING,
    State.DENIED: Stage.DENIED,
    State.EXPIRED: Stage.EXPIRED,
    State.DRIFTED: Stage.DRIFTED,
    State.REFUSED: Stage.REFUSED,
}
STAGE_OF_OUTCOME = {
    Outcome.FIXED: Stage.FIXED,
    Outcome.NOTHING: Stage.NOTHING,
    Outcome.COULD_NOT_TELL: Stage.COULD_NOT_TELL,
    Outcome.UNDONE: Stage.UNDONE,
}


class Room(Struct, frozen=True, kw_only=True):
    """One channel, and everything that showing runs in it takes."""

    chat: Chat
    ballots: Ballots
    store: Store
    clock: Clock
    channel: str
    style: Style = Style()


class Known(Struct, frozen=True, kw_only=True):
    """What is known of a run at one moment, to be shown: its question with its votes and end, and its fix."""

    run: Run
    approval: Approval | None = None
    standing: Standing | None = None
    ended: Ended | None = None
    fix: Fix | None = None
    snoozed: datetime | None = None


# what is shown


def shown(known: Known, now: datetime) -> Shown:
    """The run as its card shows it now."""
    stage = _stage(known, now)
    approval, fix = known.approval, known.fix
    works = fix.opened.works if fix and fix.opened.undo_of is None else approval.works if approval else ()
    until = known.snoozed if stage is Stage.SNOOZED else fix.due if fix and stage is Stage.SCHEDULED else None
    return Shown(
        run=known.run.id,
        stage=stage,
        report=known.run.report,
        works=works,
        approval=approval,
        standing=known.standing,
        why=_why(known, stage),
        until=until,
        by=_by(known, stage),
        fix=fix.id if fix else "",
        often=known.run.count,
    )


def _stage(known: Known, now: datetime) -> Stage:
    if known.fix is not None:
        return _stage_of_fix(known.fix, now)
    if known.standing is None:
        return Stage.TOLD
    if known.standing.state is not State.ASKED:
        return STAGE_OF_STATE[known.standing.state]
    if known.snoozed is not None and known.snoozed > now:
        return Stage.SNOOZED
    return Stage.VOTED if known.standing.counted else Stage.ASKED


def _stage_of_fix(fix: Fix, now: datetime) -> Stage:
    if fix.outcome is not None:
        return STAGE_OF_OUTCOME.get(fix.outcome, Stage.NOT_FIXED)
    waits = fix.due > now and not any(step.effects for step in fix.steps) and fix.generation == 0
    return Stage.SCHEDULED if waits else Stage.RUNNING


def _why(known: Known, stage: Stage) -> str:
    if known.fix is not None:
        said = known.fix.outcome.value.replace("_", " ") if known.fix.outcome and stage is Stage.NOT_FIXED else ""
        return f"{said}: {known.fix.why}" if said else known.fix.why
    return known.ended.why if known.ended is not None else ""


def _by(known: Known, stage: Stage) -> str:
    """Whose no it was."""
    if stage is not Stage.DENIED or known.ended is None or known.standing is None:
        return ""
    people = {vote.person.id: vote.person.email for vote in known.standing.counted}
    return people.get(known.ended.by, "")


# where it is shown


def show(known: Known, room: Room) -> Card | None:
    """Show a run: its card edited where it has one, a new one where it has none; None where it is only listed.

    A run that is snoozed gets no new card, and one question more than a channel can hold is listed in its digest.

    Raises:
        ChatUnavailable: try again at the time it names.
        ChatRefused: Slack will not take it, with what an operator can do.
    """
    now = room.clock.now()
    message = card(shown(known, now), room.style)
    kept = room.ballots.card(known.run.id)
    if kept is not None:
        return _edited(kept, message, room)
    if known.snoozed is not None and known.snoozed > now:
        return None
    if known.approval is not None and len(open_cards(room)) >= MOST_OPEN:
        list_waiting(room)
        return None
    return _posted(known.run.id, message, room)


def open_cards(room: Room) -> list[Card]:
    """The cards of questions that are open, in this channel."""
    runs = dict.fromkeys(one.run for one in room.ballots.open())
    cards = [room.ballots.card(run) for run in runs]
    return [one for one in cards if one is not None and one.channel == room.channel]


def list_waiting(room: Room) -> Card | None:
    """The digest of this channel: every open question that has no card, in one message that is edited in place."""
    named = f"digest {room.channel}"
    kept = room.ballots.card(named)
    waiting = {one.run: one for one in room.ballots.open() if room.ballots.card(one.run) is None}
    if kept is None and not waiting:
        return None
    listed = [
        Shown(run=one.run, stage=Stage.ASKED, report=room.store.run(one.run).report, approval=one)
        for one in waiting.values()
    ]
    message = digest(listed, len(open_cards(room)))
    return _edited(kept, message, room) if kept is not None else _posted(named, message, room)


def tell(fix: Fix, lines: Iterable[Line], room: Room) -> Card | None:
    """The story of a fix in the thread of its run's card, one message edited in place; None where there is no card."""
    above = room.ballots.card(fix.opened.run)
    if above is None:
        return None
    message = story(fix.id, lines)
    named = f"thread {fix.id}"
    kept = room.ballots.card(named)
    if kept is not None:
        return _edited(kept, message, room, above.message)
    return _posted(named, message, room, above)


def _posted(named: str, message: Message, room: Room, above: Card | None = None) -> Card:
    channel, below = (above.channel, above.message) if above else (room.channel, "")
    made = Card(run=named, channel=channel, message=room.chat.post(channel, message, below))
    room.ballots.keep_card(made)
    return made


def _edited(kept: Card, message: Message, room: Room, below: str = "") -> Card:
    """The message with what is to be said now; somebody may have deleted it, and then there is a new one."""
    try:
        room.chat.edit(kept, message)
    except ChatRefused as error:
        if error.code not in GONE:
            raise
        again = room.chat.post(kept.channel, message, below)
        made = Card(run=kept.run, channel=kept.channel, message=again)
        room.ballots.keep_card(made)
        return made
    return kept
