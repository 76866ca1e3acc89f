"""Fix, Journal -> whether another fix is at one of its targets: no two of them interleave on one."""

from __future__ import annotations

from datetime import datetime, timedelta

from shared.execution.fold import Fix
from shared.execution.next import Moves
from shared.moves import MOVES
from shared.ports import Journal

LEASED_FOR = timedelta(hours=8)


def held_by_another(fix: Fix, moves: Moves, journal: Journal, now: datetime) -> str:
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
