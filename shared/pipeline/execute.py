"""Fix, Journal, ports -> one more step of the fix: claimed, decided, journaled, done. One effect an invocation.

The intent is on disk before an effect and the receipt after it. A worker that was overtaken finds that its line is
already written by another, and stops.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from hashlib import blake2b

from msgspec.structs import replace

from shared.errors import LookFailed, NotAllowedToLook, NotFound, Overtaken
from shared.execution.fold import Fix, Progress, fold, grown
from shared.execution.next import Act, Again, End, Eyes, Go, Moves, Next, Page
from shared.model.codec import to_json
from shared.model.effect import AddBinding, Receipt, Result
from shared.model.guards import Trip, Went
from shared.model.items import ENDS
from shared.model.journal import (
    Body,
    Claimed,
    Closed,
    Intended,
    Line,
    Moved,
    Opened,
    Outcome,
    Paged,
    Received,
    Seen,
    Tried,
)
from shared.model.work import Grant, Work
from shared.moves import MOVES, VERIFY
from shared.pipeline.held_back import held_back, said_no
from shared.pipeline.leases import held_by_another
from shared.pipeline.workshop import Workshop
from shared.ports import Journal, Queue

HELD_FOR = timedelta(minutes=2)
"""How long a claim holds. A handler ends far sooner; after a crash another worker goes on when this is over."""
BACKOFF_SECONDS = (2, 5, 15, 30, 60, 120)
SELDOM_SECONDS = (*BACKOFF_SECONDS, 300, 900, 3_600)
"""How long until the next try; and until that of what a person has been called for."""
WENT = {
    Outcome.OK: Went.WORKED,
    Outcome.FIXED: Went.WORKED,
    Outcome.UNDONE: Went.WORKED,
    Outcome.FAILED: Went.FAILED,
    Outcome.NOT_EFFECTIVE: Went.BROKE,
    Outcome.NEEDS_HUMAN: Went.BROKE,
}
"""What the breaker makes of how a step ends; a refusal before anything was changed is none of its business."""


def fix_of(opened: Opened) -> str:
    """The id of a fix, which follows from what was approved: an approval is used up for it before it is opened."""
    digest = blake2b(to_json((opened.run, opened.plan_hash, opened.undo_of)), digest_size=6).hexdigest()
    return f"{'u' if opened.undo_of else 'f'}-{digest}"


def open_fix(opened: Opened, journal: Journal, queue: Queue, now: datetime) -> str:
    """Begin a fix that was approved; the same approval opened twice is one fix. Its id."""
    fix = fix_of(opened)
    with suppress(Overtaken):  # it is open already, and what was approved is the same, to the last byte of its hash
        journal.append(Line(fix=fix, number=0, at=now, generation=0, body=opened))
    queue.put(fix, now)
    return fix


def execute(fix_id: str, shop: Workshop) -> Fix:
    """Take a fix one step further, if it is due and nobody else is at it; what it is afterwards.

    Raises:
        StoreUnavailable: the journal cannot be written; the fix stays due.
        Elsewhere: another function carries it out; the fix stays due.
    """
    now = shop.clock.now()
    fix = fold(shop.journal.lines(fix_id))
    if fix.outcome is not None:
        shop.journal.free_leases(fix.id)
        shop.queue.drop(fix.id)
        return fix
    shop.families.check(fix)
    waits = max(fix.due, fix.held_until or fix.due)
    if waits > now and (fix.is_held(now) or not said_no(fix, shop.errands)):
        shop.queue.put(fix.id, waits)
        return fix
    try:
        fix = _Hand(shop, fix, now).go_on()
    except Overtaken:
        fix = fold(shop.journal.lines(fix_id))
        if fix.outcome is not None:  # who was paused may have taken the targets after the fix had let go of them
            shop.journal.free_leases(fix.id)
        return fix
    if fix.outcome is None:
        shop.queue.put(fix.id, fix.due)
    else:
        shop.journal.free_leases(fix.id)
        shop.queue.drop(fix.id)
    return fix


class _Hand:
    """One worker at one fix, for one invocation."""

    def __init__(self, shop: Workshop, fix: Fix, now: datetime) -> None:
        self._shop, self._fix, self._now = shop, fix, now
        self._generation, self._until = fix.generation + 1, now + HELD_FOR

    def go_on(self) -> Fix:
        """Claim the fix and take it one step further; a deny counts until the claim under which its first effect is."""
        self._write(Claimed(worker=self._shop.worker, generation=self._generation, until=self._until))
        step = self._fix.step
        if no := said_no(self._fix, self._shop.errands):
            return self._end(step, End(outcome=Outcome.REFUSED, why=no))
        work, moves = self._work(step)
        if held := held_by_another(self._fix, moves, self._shop.journal, self._now):
            self._page_if_overdue(step, work, moves)
            return self._write(Tried(step=step.step, why=held, due=self._later(step)))
        if step.pending is not None:
            self._page_if_overdue(step, work, moves)
            return self._repeat(step, work, moves)
        then = self._decide(step, work, moves)
        if isinstance(then, Again) or (isinstance(then, Go) and then.state == step.state and not then.page):
            self._page_if_overdue(step, work, moves)
        return self._take(step, moves, then)

    def _work(self, step: Progress) -> tuple[Work | None, Moves]:
        works = self._fix.opened.works
        if step.step == len(works):
            return None, VERIFY
        return works[step.step], MOVES[type(works[step.step])]

    def _page_if_overdue(self, step: Progress, work: Work | None, moves: Moves) -> None:
        deadline = step.deadline or step.entered + moves.states[step.state]
        if self._now > deadline and not self._fix.step.paged:
            self._write(Paged(step=step.step, why=f"{step.state} of {_named(work)} has passed its deadline"))

    def _eyes(self) -> Eyes:
        shop = self._shop
        return Eyes(sight=shop.sight, now=self._now, fix=self._fix, opened=self._fix.opened, ours=shop.ours)

    def _decide(self, step: Progress, work: Work | None, moves: Moves) -> Next:
        try:
            return moves.advance(work, step, self._eyes())
        except LookFailed as error:
            return Again(why=str(error))
        except (NotAllowedToLook, NotFound) as error:
            if isinstance(error, NotAllowedToLook) and not self._fix.step.paged:
                self._refused_ourselves(str(error))
            # what is owed to others, as the end of a grant is, does not end by our not being let in
            owes = self._fix.opened.undo_of is not None and isinstance(error, NotAllowedToLook)
            if not owes and not any(one.effects for one in self._fix.steps):
                return End(outcome=Outcome.REFUSED, why=str(error))
            return Page(why=str(error), wait=self._seldom(step))

    def _refused_ourselves(self, why: str) -> None:
        """A call of our own was refused: the breaker opens, for whatever we try next may be refused as well."""
        self._shop.guards.tripped(Trip(went=Went.BROKE, why=f"{self._fix.id}: {why}", at=self._now))

    def _take(self, step: Progress, moves: Moves, then: Next) -> Fix:
        if isinstance(then, Again):
            return self._write(Tried(step=step.step, why=then.why, due=self._later(step)))
        if isinstance(then, Page):
            return self._called(step, then)
        for what, value in then.seen.items():
            self._write(Seen(step=step.step, what=what, value=value))
        needed = then.why if isinstance(then, End) and then.outcome is Outcome.NEEDS_HUMAN else ""
        page = then.page or needed
        if page and page not in self._fix.pages:
            self._write(Paged(step=step.step, why=page))
        if isinstance(then, Act):
            return self._act(step, moves, then)
        if isinstance(then, End):
            return self._end(step, then)
        return self._move(step, moves, then)

    def _end(self, step: Progress, end: End) -> Fix:
        """The step is over; the breaker is told first: a crash in between tells it twice, never not at all."""
        if went := WENT.get(end.outcome):
            self._shop.guards.tripped(Trip(went=went, why=f"{self._fix.id}: {end.why}", at=self._now))
        return self._write(Closed(step=step.step, outcome=end.outcome, why=end.why, due=self._now))

    def _called(self, step: Progress, page: Page) -> Fix:
        """A person was called, once; what is to be done is tried again, ever more seldom."""
        if not self._fix.step.paged:
            self._write(Paged(step=step.step, why=page.why))
        return self._write(Tried(step=step.step, why=page.why, due=self._now + page.wait))

    def _move(self, step: Progress, moves: Moves, go: Go) -> Fix:
        since = step.entered if go.state == step.state else self._now
        deadline, due = since + moves.states[go.state], self._now + go.wait
        return self._write(Moved(step=step.step, state=go.state, deadline=deadline, due=due, note=go.note))

    def _act(self, step: Progress, moves: Moves, act: Act) -> Fix:
        """The intent, the effect, the receipt: in this order, and each on disk before the next."""
        if held := held_back(self._fix, act.effect, self._shop.guards, self._now):
            if held.for_good:
                closed = Closed(step=step.step, outcome=Outcome.REFUSED, why=held.why, due=self._now, held=held.by)
                return self._write(closed)
            due = held.until or self._later(step)
            return self._write(Tried(step=step.step, why=held.why, due=due, held=held.by))
        if isinstance(act.effect, AddBinding):
            self._shop.queue.put(f"{ENDS}{self._fix.id}", self._ends_at(step))
        self._write(
            Intended(
                step=step.step,
                effect=act.effect,
                before=act.before,
                inverse=act.inverse,
                then=act.then,
                wait_seconds=act.wait.total_seconds(),
                within_seconds=act.within.total_seconds() if act.within else 0,
            )
        )
        return self._perform(self._fix.step, moves, untried=True)

    def _ends_at(self, step: Progress) -> datetime:
        """When a grant ends; its revocation is queued before it is written, whatever becomes of us."""
        work = self._fix.opened.works[step.step]
        if not isinstance(work, Grant):
            raise TypeError(f"{type(work).__name__} adds a binding without an end")
        return work.until

    def _repeat(self, step: Progress, work: Work | None, moves: Moves) -> Fix:
        """Do the effect again whose outcome is not known, unless it is too late for that."""
        try:
            may = moves.may_redo(work, step, self._eyes())
        except LookFailed as error:
            return self._write(Tried(step=step.step, why=str(error), due=self._later(step)))
        except (NotAllowedToLook, NotFound) as error:
            return self._called(step, Page(why=str(error), wait=self._seldom(step)))
        if may and step.pending and (held := held_back(self._fix, step.pending.effect, self._shop.guards, self._now)):
            return self._write(Tried(step=step.step, why=held.why, due=self._later(step), held=held.by))
        if may:
            return self._perform(step, moves)
        return self._received(
            step, moves, Receipt(result=Result.UNKNOWN, said="no answer came, and now it is too late")
        )

    def _perform(self, step: Progress, moves: Moves, *, untried: bool = False) -> Fix:
        pending = step.pending
        if pending is None:
            raise RuntimeError(f"no intent of {self._fix.id} is waiting for its effect")
        if self._shop.clock.now() >= self._until:
            raise Overtaken(f"the claim on {self._fix.id} is over: another worker may be at it")
        try:
            before = replace(pending.before, untried=untried)
            receipt = self._shop.cloud.perform(pending.effect, before, self._fix.opened.reason)
        except LookFailed as error:
            return self._write(Tried(step=step.step, why=str(error), due=self._later(step)))
        return self._received(step, moves, receipt)

    def _received(self, step: Progress, moves: Moves, receipt: Receipt) -> Fix:
        """The receipt, and by it the state that the intent leads to."""
        pending = self._fix.step.pending
        if pending is None:
            raise RuntimeError(f"no intent of {self._fix.id} is waiting for its receipt")
        if receipt.forbidden:
            self._refused_ourselves(receipt.said)
        now = self._shop.clock.now()
        since = step.entered if pending.then == step.state else now
        return self._write(
            Received(
                step=step.step,
                receipt=receipt,
                state=pending.then,
                deadline=since + (pending.within or moves.states[pending.then]),
                due=now + pending.wait,
            )
        )

    def _write(self, body: Body) -> Fix:
        """Keep a line under the next number and this claim; `Overtaken` if another worker has written it."""
        line = Line(
            fix=self._fix.id,
            number=self._fix.lines,
            at=self._shop.clock.now(),
            generation=self._generation,
            body=body,
        )
        self._shop.journal.append(line)
        self._fix = grown(self._fix, line)
        return self._fix

    def _later(self, step: Progress) -> datetime:
        return self._now + self._backoff(step)

    @staticmethod
    def _backoff(step: Progress) -> timedelta:
        return timedelta(seconds=BACKOFF_SECONDS[min(step.tries, len(BACKOFF_SECONDS) - 1)])

    @staticmethod
    def _seldom(step: Progress) -> timedelta:
        return timedelta(seconds=SELDOM_SECONDS[min(step.tries, len(SELDOM_SECONDS) - 1)])


def _named(work: Work | None) -> str:
    return type(work).__name__.lower() if work is not None else "the check of the original call"
