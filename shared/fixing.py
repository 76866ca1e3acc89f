"""From an approved plan to its end, and back: approve, carry out, take back, sweep. Loaded only to change."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec
from msgspec import Struct

from shared.errors import NotFound, Refused, StoreUnavailable, Unreadable
from shared.execution.families import Elsewhere
from shared.execution.fold import Fix, fold
from shared.model.codec import from_json
from shared.model.journal import Opened
from shared.model.work import Access, Recover, Work
from shared.moves.means import hindrance
from shared.pipeline.approvers import approvers
from shared.pipeline.execute import execute, open_fix
from shared.pipeline.sweep import sweep
from shared.pipeline.take_back import inverses, open_undo, still_ours, undos
from shared.pipeline.turn import turn
from shared.pipeline.workshop import Workshop
from shared.ports import Journal, Sight
from shared.preparing import Prepared

__all__ = ["approve", "inverses", "step", "sweep", "swept", "tier_of_undo", "to_undo", "undo", "unhindered", "work_off"]
LONGEST_TASK = 4_096
MOST_TOLD = 5


class Task(Struct, frozen=True, forbid_unknown_fields=True):
    """What a wake-up carries: which fix to go on with. Whether it is due, its own journal says."""

    fix: str


def unhindered(prepared: Prepared, sight: Sight) -> None:
    """Look whether it would be refused right before its first effect anyway: nobody is asked to approve that.

    Raises:
        Refused: what stands in its way, such as a role that holds too much, or what our own identity lacks.
    """
    if found := [why for work in prepared.proposal.works if (why := hindrance(work, sight))]:
        raise Refused("; ".join(found))


def approve(prepared: Prepared, by: tuple[str, ...], shop: Workshop, *, may_roll_back: bool = True) -> str:
    """Begin the fix that was shown; the approval is bound to its hash, and is good for one fix. The fix's id.

    Raises:
        Refused: there are too few approvers for the tier, or one of them does not count.
    """
    opened = Opened(
        run=prepared.run,
        plan_hash=prepared.proposal.hash,
        works=prepared.proposal.works,
        approved_by=approvers(by, prepared.proposal.tier, prepared.never),
        call=prepared.proposal.call,
        may_roll_back=may_roll_back,
        rules=prepared.decision.terms.rules if prepared.decision.terms else (),
        under=prepared.under,
    )
    return open_fix(opened, shop.journal, shop.queue, shop.clock.now())


def to_undo(fix_id: str, journal: Journal) -> tuple[Work, ...]:
    """What taking a fix back would do: everything that it changed and that is not taken back yet.

    Raises:
        Refused: the fix, or an undo of it, still runs, or nothing of it is ours to take back.
    """
    fix = fold(journal.lines(fix_id))
    if fix.opened.undo_of is not None:
        raise Refused(f"{fix_id} is itself an undo; to have its fix again: unforbid apply {fix.opened.run}")
    begun = undos(fix, journal)
    if running := next((one.id for one in (fix, *begun) if one.outcome is None), None):
        raise Refused(f"{running} has not ended: `unforbid work` goes on with it")
    works = still_ours(fix, begun)
    if not works:
        said = (
            f"was taken back by {begun[0].id}" if begun and inverses(fix) else "changed nothing that can be taken back"
        )
        raise Refused(f"{fix_id} {said}")
    return works


def undo(fix_id: str, by: tuple[str, ...], shop: Workshop) -> str:
    """Begin the taking back of exactly what a fix changed, last first. The id of that fix.

    Taking something away needs one person; another interruption of a machine needs a fresh approval by two.

    Raises:
        Refused: it may not be taken back now, or not by these people.
    """
    works = to_undo(fix_id, shop.journal)
    fix = fold(shop.journal.lines(fix_id))
    people = approvers(by, tier_of_undo(works), ())
    return open_undo(fix, works, people, len(undos(fix, shop.journal)), shop)


def tier_of_undo(works: tuple[Work, ...]) -> str:
    """Who must agree that something is taken back."""
    return "T2" if any(isinstance(work, Access | Recover) for work in works) else "T1"


def work_off(
    fix_id: str, shops: Callable[[], Workshop], wait: Callable[[timedelta], None], told: Callable[[Fix], None]
) -> Fix:
    """Carry a fix out to its end, step by step, waiting as its states ask; what it ended as.

    `shops` gives each invocation a worker of its own, `told` hears of every step.
    """
    while True:
        shop = shops()
        fix = execute(fix_id, shop)
        told(fix)
        if fix.outcome is not None:
            return fix
        until = max(fix.due, fix.held_until or fix.due)
        wait(max(until - shop.clock.now(), timedelta()))


def step(body: bytes, shop: Workshop) -> dict[str, object]:
    """Take the fix that a task names (`{"fix": ID}`) one step further; the facts for the log line.

    A task that cannot be read, or that names no fix, would be no better the next time: it is recorded as what it is.
    """
    began = shop.clock.now()
    try:
        item = _task(body).fix
        fix = turn(item, shop)
    except (Unreadable, NotFound) as error:
        return {"severity": "WARNING", "outcome": "not a task", "reason": str(error)}
    except Elsewhere as error:
        return {"severity": "WARNING", "outcome": "not ours", "reason": str(error)}
    told: dict[str, object] = {"chain": head.noted} if (head := shop.journal.head()) else {}
    if fix is None:
        return {"item": item, "outcome": "done", **told}
    state, outcome = fix.step.state, fix.outcome or "goes on"
    if fix.ended_at is not None:
        told = {"took_seconds": round((fix.ended_at - fix.opened_at).total_seconds(), 3), **told}
    if fix.step.held:
        told = {"held": fix.step.held, **told}
    return {"fix": fix.id, "run": fix.opened.run, "state": state, "outcome": outcome, **_had(fix, began), **told}


def _had(fix: Fix, began: datetime) -> dict[str, object]:
    """The effect that was had since a time, with its receipt as far as one is known; nothing where there was none."""
    effects = [one for step in fix.steps for one in step.effects]
    last = next((one for one in reversed(effects) if (one.received_at or one.at) >= began), None)
    if last is None:
        return {}
    receipt = last.receipt.result.value if last.receipt is not None else "none yet"
    return {"effect": last.effect.__struct_config__.tag, "receipt": receipt}


def _task(body: bytes) -> Task:
    if len(body) > LONGEST_TASK:
        raise Unreadable(f"the task cannot be read: it has {len(body)} bytes")
    try:
        return from_json(body, Task)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unreadable(f"the task cannot be read: {error}") from error


def swept(shop: Workshop) -> dict[str, object]:
    """Do all that is due; the facts for the log line."""
    told = sweep(shop, shop.clock.now())
    facts: dict[str, object] = {
        "outcome": "swept",
        "started": told.started,
        "ended": told.ended,
        "stepped": told.stepped,
    }
    facts |= _around(shop)
    if head := shop.journal.head():
        facts["chain"] = head.noted
    if not told.failed:
        return facts
    return {**facts, "severity": "ERROR", "failed": len(told.failed), "reasons": list(told.failed[:MOST_TOLD])}


def _around(shop: Workshop) -> dict[str, object]:
    """How many stops are set and questions open; where that cannot be read, the sweep is done all the same."""
    try:
        paused = len(shop.guards.pauses())
        return {"paused": paused, "open_approvals": shop.errands.waiting() if shop.errands is not None else 0}
    except StoreUnavailable as error:
        return {"severity": "ERROR", "not_counted": str(error)}
