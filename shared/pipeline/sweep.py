"""Journal, queue, clock -> everything that is due: machines brought back, grants ended, fixes taken further.

Whatever one item meets, the others have their turn: it is named in what comes back, and is due again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta

from msgspec import Struct

from shared.errors import LookFailed, NotAllowedToLook, NotFound, Overtaken, StoreUnavailable
from shared.execution.fold import Fix, fold
from shared.execution.watchdog import RUNNING, LeftStopped, left_stopped
from shared.machines.question import STOPPED
from shared.model.effect import Before, Receipt, Result
from shared.model.journal import Line, Paged, Seen
from shared.model.work import Grant, Revoke
from shared.pipeline.execute import ENDS, HELD_FOR, Workshop, execute
from shared.pipeline.take_back import open_undo, still_ours, undos

EXPIRY = "the end of the grant"
"""Who approves the end of a grant: it was approved with the grant itself."""
WATCHDOG = "watchdog"
MOST_AT_ONCE = 100
LASTS = timedelta(seconds=45)
"""How long one sweep may go on: the next one does the rest."""
WATCHED_FOR = timedelta(days=14)
"""How long after its beginning a fix is still looked through for a machine that it left stopped."""
LOST_AFTER = timedelta(minutes=10)
"""So long after a fix was due, nobody has it in a queue any more, and it is put there again."""
LATER = timedelta(minutes=5)
SOON = timedelta(minutes=1)
AGAIN = timedelta(hours=1)
"""How long after a revocation that did not succeed another one is begun."""


class Swept(Struct, frozen=True, kw_only=True):
    """What a sweep has done, in numbers, and which items failed with what."""

    started: int = 0
    ended: int = 0
    stepped: int = 0
    failed: tuple[str, ...] = ()


def sweep(shop: Workshop, now: datetime) -> Swept:
    """Bring back what we left stopped, end grants whose time is over, go on with every fix that is due.

    Raises:
        StoreUnavailable: what there is to do could not be read.
    """
    return _Sweeper(shop, now).sweep()


class _Sweeper:
    """One sweep: what it has counted so far, and what failed."""

    def __init__(self, shop: Workshop, now: datetime) -> None:
        self._shop, self._now = shop, now
        self._failed: list[str] = []

    def sweep(self) -> Swept:
        """Everything once, what is most urgent first."""
        machines = self._each(self._machines(), lambda left: left.fix, self._bring_back)
        self._each(self._unfinished(), lambda fix: fix.id, self._requeue)
        due = self._shop.queue.due(self._now, MOST_AT_ONCE)
        ended = self._each([one for one in due if one.startswith(ENDS)], str, self._end_grants)
        fixes = [one for one in self._shop.queue.due(self._now, MOST_AT_ONCE) if not one.startswith(ENDS)]
        stepped = self._each(fixes, str, self._step)
        return Swept(started=machines, ended=ended, stepped=stepped, failed=tuple(self._failed))

    def _each[T](self, items: Iterable[T], name: Callable[[T], str], do: Callable[[T], int]) -> int:
        count = 0
        for item in items:
            if self._shop.clock.now() - self._now > LASTS:
                break
            try:
                count += do(item)
            except Exception as error:  # noqa: BLE001 - one that fails must not keep the others from their turn
                self._fail(name(item), error)
        return count

    def _fail(self, item: str, error: Exception) -> None:
        self._failed.append(f"{item}: {type(error).__name__}: {error}")
