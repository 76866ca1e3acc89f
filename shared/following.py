"""A run that was looked into -> what comes of its decision: people are asked, a rule's fix is queued, or it is told.

Nothing here can change the cloud. What cannot be shown now is queued to be shown later.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from msgspec import Struct

from shared.approvals.tally import tally
from shared.deciding import Station, ask
from shared.errors import ChatRefused, ChatUnavailable, Refused, StoreUnavailable
from shared.execution.fold import Fix, fold
from shared.guards.budgets import LONGEST, too_much
from shared.live import Reviewed
from shared.model.decision import ASK, AUTO, IGNORE
from shared.model.guards import Budget, Charge
from shared.model.items import FOLLOWED, SHOWN
from shared.model.run import Run
from shared.ports import Guards, Queue, Store
from shared.preparing import Planner, Prepared, prepare, prepared
from shared.showing import Known, Room, list_waiting, show, tell

Told = dict[str, object]
IN_CASE = timedelta(minutes=5)
"""When a run is followed up by somebody else, should whoever looked into it have died."""


class Desk(Struct, frozen=True, kw_only=True):
    """Everything that following up a decision takes. `room` is None where nobody is shown anything."""

    planner: Planner
    station: Station
    store: Store
    queue: Queue
    guards: Guards
    room: Room | None = None

    @property
    def now(self) -> datetime:
        """The time."""
        return self.station.clock.now()


def begun(run: str, desk: Desk) -> None:
    """Have a run followed up by somebody, whatever becomes of us while we look into it."""
    desk.queue.put(f"{FOLLOWED}{run}", desk.now + IN_CASE)


def follow(run: Run, looked: Reviewed | None, desk: Desk) -> Told:
    """What comes of a decision that was just made, `looked` being None where only the entry was read."""
    decision = looked.report.decision if looked is not None else run.report.decision
    told: Told = {}
    if looked is not None and decision.mode is AUTO:
        desk.queue.put(f"{FOLLOWED}{run.id}", desk.now)
        return {"follows": "a rule carries it out"}
    if looked is not None and decision.mode is ASK:
        told = _asked(lambda: prepared(run.id, looked, desk.planner), desk)
    if decision.mode is not IGNORE:
        told |= shown(run.id, desk)
    desk.queue.drop(f"{FOLLOWED}{run.id}")
    return told


def follow_again(run: str, desk: Desk) -> Prepared | None:
    """Decide anew, and ask where people are to be asked; what a rule alone carries out, None where none does."""
    try:
        made = prepare(run, desk.store.entry(run), desk.planner)
    except Refused:
        shown(run, desk)
        return None
    if made.decision.mode is AUTO:
        return made
    if made.decision.mode is ASK:
        _asked(lambda: made, desk)
    if made.decision.mode is not IGNORE:
        shown(run, desk)
    return None


def _asked(make: Callable[[], Prepared], desk: Desk) -> Told:
    """Put the question to people; where a plan cannot be carried out after all, nobody is asked and it says why."""
    try:
        return {"asked": ask(make(), desk.station).id}
    except Refused as error:
        return {"not_asked": str(error)}


def shown(run: str, desk: Desk) -> Told:
    """Show a run as it is now, with the story of its newest fix; later, where Slack does not take it now."""
    room = desk.room
    if room is None:
        return {}
    try:
        known, fix = _known(run, desk)
        if known.approval is None and fix is None and not _fits(run, room, desk):
            return {"not_shown": "more cards than a channel takes in an hour"}
        show(known, room)
        if fix is not None:
            tell(fix, desk.planner.journal.lines(fix.id), room)
    except ChatUnavailable as error:
        desk.queue.put(f"{SHOWN}{run}", error.again_at)
        return {"shown_later": str(error)}
    except ChatRefused as error:
        desk.queue.drop(f"{SHOWN}{run}")
        return {"severity": "ERROR", "not_shown": str(error)}
    desk.queue.drop(f"{SHOWN}{run}")
    return {}


def listed(desk: Desk) -> Told:
    """Have the list of questions without a card say what is so now."""
    if desk.room is None:
        return {}
    try:
        list_waiting(desk.room)
    except (ChatUnavailable, ChatRefused) as error:
        return {"severity": "WARNING", "not_listed": str(error)}
    return {}


def _known(run: str, desk: Desk) -> tuple[Known, Fix | None]:
    """Everything there is to show of a run."""
    ballots, journal = desk.station.ballots, desk.planner.journal
    asked = next(iter(ballots.of_run(run)), None)
    ended = ballots.ended(asked.id) if asked else None
    fix = next((fold(journal.lines(one)) for one in journal.fixes(run)), None)
    known = Known(
        run=desk.store.run(run),
        approval=asked,
        standing=tally(asked, ballots.votes(asked.id), ended, desk.now) if asked else None,
        ended=ended,
        fix=fix,
        snoozed=ballots.snoozed(run),
    )
    return known, fix


def _fits(run: str, room: Room, desk: Desk) -> bool:
    """Whether one more card that asks nobody fits into a channel; what cannot be counted is shown."""
    charges = (Charge(budget=Budget.CARDS, whose=room.channel),)
    now = desk.now
    try:
        why = desk.guards.spend(
            charges, f"card:{run}", now, now - LONGEST, lambda before: too_much(charges, before, now)
        )
    except StoreUnavailable:
        return True
    return not why
