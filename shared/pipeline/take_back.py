"""Fix -> the works that take back exactly what it changed, last first; and the fix that carries them out."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

from shared.execution.fold import Fix, Progress, fold
from shared.model.codec import to_json
from shared.model.journal import GOES_ON, Opened
from shared.model.work import OriginalCall, Work
from shared.moves import MOVES
from shared.pipeline.execute import open_fix
from shared.pipeline.workshop import Workshop
from shared.ports import Journal


def inverses(fix: Fix) -> tuple[Work, ...]:
    """The works that take back what a fix changed, in reverse order; what was so before is left alone."""
    return tuple(work for work, _ in _taken_back(fix))


def settled(fix: Fix) -> tuple[Work, ...]:
    """Those of them whose step has ended: a grant that is still on its way could come after it is taken back."""
    return tuple(work for work, step in _taken_back(fix) if step.outcome is not None)


def _taken_back(fix: Fix) -> Iterator[tuple[Work, Progress]]:
    """What takes each step back, with the step, last first."""
    for work, step in zip(reversed(fix.opened.works), reversed(fix.steps[:-1]), strict=True):
        if (back := MOVES[type(work)].inverse(work, step)) is not None:
            yield back, step


def undos(fix: Fix, journal: Journal) -> list[Fix]:
    """Every taking back of a fix that was begun, newest first."""
    found = (fold(journal.lines(one)) for one in journal.fixes(fix.opened.run))
    return [one for one in found if one.opened.undo_of == fix.id]


def still_ours(fix: Fix, begun: list[Fix]) -> tuple[Work, ...]:
    """What is left to take back of a fix, after those of its undos that have done their part."""
    done = [work for one in begun for work, step in zip(one.opened.works, one.steps, strict=False)
            if step.outcome in GOES_ON]  # fmt: skip
    return tuple(work for work in inverses(fix) if work not in done)


def open_undo(fix: Fix, works: tuple[Work, ...], by: tuple[str, ...], begun: int, shop: Workshop) -> str:
    """Begin to take back some works of a fix; asked for twice at once it is one undo, after a failed one another."""
    opened = Opened(
        run=fix.opened.run,
        plan_hash=sha256(to_json((fix.id, begun, works))).hexdigest(),
        works=works,
        approved_by=by,
        call=OriginalCall(),
        undo_of=fix.id,
        may_roll_back=True,
    )
    return open_fix(opened, shop.journal, shop.queue, shop.clock.now())
