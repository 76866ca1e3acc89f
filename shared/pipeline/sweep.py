"""Journal, queue, clock -> everything that is due: machines brought back, grants ended, fixes taken further.

Whatever one item meets, the others have their turn: it is named in what comes back, and is due again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from functools import partial

from msgspec import Struct

from shared.errors import NotAllowedToLook, NotFound, Overtaken
from shared.execution.families import Elsewhere
from shared.execution.fold import Fix, fold
from shared.execution.watchdog import RUNNING, WATCHDOG, LeftStopped, left_stopped
from shared.machines.question import STOPPED
from shared.model.effect import Before, Result
from shared.model.items import ENDS
from shared.model.journal import Body, Line, Outcome, Paged, Seen
from shared.model.work import Grant, Revoke, Work
from shared.pipeline.take_back import open_undo, settled, still_ours, undos
from shared.pipeline.turn import turn
from shared.pipeline.workshop import Errands, Workshop

EXPIRY = "the end of the grant"
"""Who approves the end of a grant: it was approved with the grant itself."""
MOST_AT_ONCE = 100
LASTS = timedelta(seconds=45)
"""How long one sweep may go on: the next one does the rest."""
WATCHED_FOR = timedelta(days=14)
"""How long after its beginning a fix is still looked through for a machine that it left stopped."""
LOST_AFTER = timedelta(minutes=10)
"""So long after a fix was due, nobody has it in a queue any more, and it is put there again."""
SOON = timedelta(minutes=1)
"""When an item that failed, or that waits for another one, has its next turn."""
AGAIN, DONE = timedelta(hours=1), (Outcome.UNDONE, Outcome.NOTHING)
"""How long after a revocation that did not succeed another one is begun; and what success is called."""


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


Todo = tuple[str, Callable[[], int]]
"""What to call an item when it fails, and what to do about it: how many effects that had."""


class _Sweeper:
    """One sweep: what has failed in it so far."""

    def __init__(self, shop: Workshop, now: datetime) -> None:
        self._shop, self._now = shop, now
        self._failed: list[str] = []

    def sweep(self) -> Swept:
        """Everything once, what is most urgent first."""
        started = self._each(self._machines())
        self._each(self._forgotten())
        self._each(self._errands())
        ended = self._each((one, partial(self._end_grants, one)) for one in self._due() if one.startswith(ENDS))
        stepped = self._each((one, partial(self._step, one)) for one in self._due() if not one.startswith(ENDS))
        return Swept(started=started, ended=ended, stepped=stepped, failed=tuple(self._failed))

    def _each(self, todo: Iterable[Todo]) -> int:
        """Do one after the other until the time is over; one that fails is named and keeps nobody from their turn."""
        count = 0
        for name, do in todo:
            if self._shop.clock.now() - self._now > LASTS:
                break
            try:
                count += do()
            except Exception as error:  # noqa: BLE001 - whatever it is, the machines of others have to be started
                self._failed.append(f"{name}: {type(error).__name__}: {error}")
        return count

    def _due(self) -> list[str]:
        return self._shop.queue.due(self._now, MOST_AT_ONCE)

    def _step(self, fix: str) -> int:
        """Take one fix further; one that nobody knows, or that fails, does not stand in the way of others.

        What another function carries out is put again, which wakes that one.
        """
        try:
            turn(fix, self._shop)
        except Elsewhere:
            self._shop.queue.put(fix, self._now)
            return 0
        except NotFound:
            self._shop.queue.drop(fix)
            raise
        except Exception:
            self._shop.queue.put(fix, self._now + SOON)
            raise
        return 1

    def _errands(self) -> Iterator[Todo]:
        if (errands := self._shop.errands) is not None:
            yield "errands", partial(self._look_round, errands)

    def _look_round(self, errands: Errands) -> int:
        errands.look_round(self._shop)
        return 0

    # fixes that nobody has in a queue any more

    def _forgotten(self) -> Iterator[Todo]:
        for one in self._shop.journal.unfinished():
            yield one, partial(self._requeue, one)

    def _requeue(self, name: str) -> int:
        """Put a fix back that has ended without letting go, was never begun, or was due long ago."""
        fix = fold(self._shop.journal.lines(name))
        due = max(fix.due, fix.held_until or fix.due)
        never_begun = fix.lines == 1
        if fix.outcome is not None or (never_begun and due <= self._now) or due + LOST_AFTER <= self._now:
            self._shop.queue.put(name, self._now)
        return 0

    # grants whose time is over

    def _end_grants(self, item: str) -> int:
        """Begin to take back a fix's grants once they are over, until they are seen to be gone."""
        try:
            fix = fold(self._shop.journal.lines(item.removeprefix(ENDS)))
        except NotFound:  # the end is queued before the intent is written, and the fix was never begun
            self._shop.queue.drop(item)
            return 0
        until = max((work.until for work in fix.opened.works if isinstance(work, Grant)), default=self._now)
        if until > self._now:
            self._shop.queue.put(item, until)
            return 0
        begun = undos(fix, self._shop.journal)
        owed = [work for work in still_ours(fix, begun) if isinstance(work, Revoke)]
        if not owed and fix.outcome is not None:
            self._shop.queue.drop(item)
            return 0
        waits = [self._end_grant(fix, work, begun) for work in owed if work in settled(fix)]
        self._shop.queue.put(item, self._now + min((one for one in waits if one), default=SOON))
        return waits.count(None)

    def _end_grant(self, fix: Fix, work: Work, begun: list[Fix]) -> timedelta | None:
        """Begin to take one grant back, by itself: what hinders another one is nothing to it. How long to wait else."""
        theirs = [one for one in begun if work in one.opened.works]
        wait = self._waits(work, theirs)
        if wait is None:
            open_undo(fix, (work,), (EXPIRY,), len(theirs), self._shop)
        return wait

    def _waits(self, work: Work, begun: list[Fix]) -> timedelta | None:
        """How long before a revocation may be begun; None where it may be at once."""
        if any(one.outcome is None and one.opened.works[one.current : one.current + 1] == (work,) for one in begun):
            return SOON
        ours = [one for one in begun if one.opened.approved_by == (EXPIRY,) and one.outcome not in DONE]
        last = max((one.ended_at for one in ours if one.ended_at), default=None)
        if last is not None and last + AGAIN > self._now:
            return last + AGAIN - self._now
        return None

    # machines that we left stopped

    def _machines(self) -> Iterator[Todo]:
        for left in left_stopped(self._watched(), self._now):
            yield left.fix, partial(self._bring_back, left)

    def _watched(self) -> Iterator[Fix]:
        """Every fix that has not ended, and every one begun lately."""
        journal = self._shop.journal
        open_ones = journal.unfinished()
        for name in dict.fromkeys([*open_ones, *journal.fixes()]):
            try:
                fix = fold(journal.lines(name))
            except Exception as error:  # noqa: BLE001 - one journal that cannot be read must not hide the others
                self._failed.append(f"{name}: {type(error).__name__}: {error}")
                continue
            if name not in open_ones and fix.opened_at < self._now - WATCHED_FOR:
                return
            yield fix

    def _bring_back(self, left: LeftStopped) -> int:
        """Start a machine that we stopped and that should run by now; the journal says so before it happens."""
        machine = left.machine
        try:
            found = self._shop.sight.machine(machine.project, machine.zone, machine.name)
            gone, status = found.id != machine.id, found.status
        except NotFound:
            gone, status = True, ""
        except NotAllowedToLook as error:
            self._call(left, f"{machine.name} may be stopped, and cannot be looked at: {error}")
            raise
        if gone or status == "RUNNING":
            self._note(left, Seen(step=left.step, what=RUNNING, value="gone" if gone else "yes"))
            return 0
        if self._was_started_before(left):
            self._call(left, f"{machine.name} is still stopped, although it was started by the watchdog")
        if status not in STOPPED or not self._note(
            left, Seen(step=left.step, what=WATCHDOG, value=f"starts {machine.name}")
        ):
            return 0
        reason = fold(self._shop.journal.lines(left.fix)).opened.reason
        receipt = self._shop.cloud.perform(left.effect, Before(status=status), reason)
        if receipt.result is Result.REFUSED:
            self._call(left, f"{machine.name} is stopped, and Google refuses to start it: {receipt.said}")
            return 0
        return 1

    def _was_started_before(self, left: LeftStopped) -> bool:
        return WATCHDOG in fold(self._shop.journal.lines(left.fix)).steps[left.step].seen

    def _call(self, left: LeftStopped, why: str) -> None:
        """Call a person, once for the same words."""
        if why not in fold(self._shop.journal.lines(left.fix)).pages:
            self._note(left, Paged(step=left.step, why=why))

    def _note(self, left: LeftStopped, body: Body) -> bool:
        """Add a line to a fix's journal; False where somebody else has just written, and is at it."""
        fix = fold(self._shop.journal.lines(left.fix))
        try:
            self._shop.journal.append(
                Line(fix=fix.id, number=fix.lines, at=self._now, generation=fix.generation, body=body)
            )
        except Overtaken:
            return False
        return True
