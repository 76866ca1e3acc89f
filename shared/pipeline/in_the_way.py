"""Fix, Journal -> what another fix has to do with this one's turn: it holds a target, or it is the one taken back."""

from __future__ import annotations

from datetime import datetime, timedelta

from shared.execution.fold import Fix, Progress, fold
from shared.execution.next import Moves
from shared.model.work import Grant, Revoke, Work
from shared.moves import MOVES
from shared.ports import Journal

LEASED_FOR = timedelta(hours=8)


def target_is_held(fix: Fix, moves: Moves, journal: Journal, now: datetime) -> str:
    """Why the fix has to wait: another one is at one of its targets; "" where none is, or the step does not wait.

    All are taken at once and in one order, so that no two fixes each wait for what the other one holds.
    """
    targets: dict[str, bool] = {}
    for work in fix.opened.works:
        for target in MOVES[type(work)].targets(work):
            targets[target] = targets.get(target, False) or MOVES[type(work)].patient
    for target, is_waited_for in sorted(targets.items()):
        taken = journal.take_lease(target, fix.id, now + LEASED_FOR, now)
        if not taken and is_waited_for and moves.patient:
            return f"another fix is at {target}"
    return ""


def undone_is_underway(fix: Fix, work: Work | None, journal: Journal) -> str:
    """That the fix which is taken back does not know yet whether its grant is there: it could come after us."""
    if not isinstance(work, Revoke) or fix.opened.undo_of is None:
        return ""
    undone = fold(journal.lines(fix.opened.undo_of))
    pairs = zip(undone.opened.works, undone.steps, strict=False)
    at_it = any(isinstance(one, Grant) and step.effects and step.outcome is None for one, step in pairs)
    return f"{undone.id}, which is taken back, is still at its grant" if at_it else ""


def turned_out_theirs(fix: Fix, step: Progress, work: Work | None, journal: Journal) -> str:
    """That what is to be taken back was found to be somebody else's after its taking back was begun."""
    if not isinstance(work, Revoke) or fix.opened.undo_of is None or step.effects:
        return ""
    undone = fold(journal.lines(fix.opened.undo_of))
    pairs = zip(undone.opened.works, undone.steps, strict=False)
    if work in [MOVES[type(one)].inverse(one, its) for one, its in pairs]:
        return ""
    return f"{work.role} for {work.member} turned out to be somebody else's: it stays"
