"""Lines of a journal -> Fix: what a fix is now, and nothing that its lines do not say."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from shared.model.effect import Before, Effect, Receipt
from shared.model.journal import (
    GOES_ON,
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

FIRST = "PRECHECK"
"""The state in which every step begins."""


class Done(Struct, frozen=True, kw_only=True):
    """One effect as journaled; `receipt` is None until its outcome is known."""

    number: int
    effect: Effect
    before: Before
    inverse: Effect | None
    at: datetime
    then: str
    wait: timedelta = timedelta()
    within: timedelta | None = None
    receipt: Receipt | None = None
    received_at: datetime | None = None


class Progress(Struct, frozen=True, kw_only=True):
    """One step of a fix: its state, since when, until when; its effects; what it has seen.

    `tries` counts the attempts without an answer since the state was entered, `moves` how often each state was;
    `seen_at` has the number of the line of each observation: unlike clocks, numbers tell what came after what. `held`
    is the guard that holds it back, "" for none.
    """

    step: int
    state: str = FIRST
    entered: datetime
    deadline: datetime | None = None
    effects: tuple[Done, ...] = ()
    seen: dict[str, str] = {}
    seen_at: dict[str, int] = {}
    tries: int = 0
    moves: dict[str, int] = {}
    paged: bool = False
    outcome: Outcome | None = None
    why: str = ""
    held: str = ""

    @property
    def pending(self) -> Done | None:
        """The effect whose outcome is not known, if there is one."""
        return self.effects[-1] if self.effects and self.effects[-1].receipt is None else None

    def last(self, kind: type) -> Done | None:
        """The last effect of a kind."""
        return next((one for one in reversed(self.effects) if isinstance(one.effect, kind)), None)


class Fix(Struct, frozen=True, kw_only=True):
    """A fix as its journal tells it. `lines` is how many lines there are, which is the number of the next one."""

    id: str
    opened: Opened
    opened_at: datetime
    lines: int
    steps: tuple[Progress, ...]
    current: int = 0
    due: datetime
    worker: str = ""
    generation: int = 0
    held_until: datetime | None = None
    pages: tuple[str, ...] = ()
    outcome: Outcome | None = None
    why: str = ""
    ended_at: datetime | None = None

    def is_held(self, now: datetime) -> bool:
        """Whether a worker holds it."""
        return self.held_until is not None and self.held_until > now

    @property
    def step(self) -> Progress:
        """The step that is at work."""
        return self.steps[self.current]


def fold(lines: Sequence[Line]) -> Fix:
    """The fix that a journal describes; raises `ValueError` for one that does not begin with its opening."""
    first = lines[0]
    if not isinstance(first.body, Opened) or first.number != 0:
        raise ValueError(f"the journal of {first.fix} does not begin with its opening")
    count = len(first.body.works) + 1
    fix = Fix(
        id=first.fix,
        opened=first.body,
        opened_at=first.at,
        lines=1,
        steps=tuple(Progress(step=at, entered=first.at) for at in range(count)),
        due=first.at,
    )
    for line in lines[1:]:
        fix = grown(fix, line)
    return fix


def grown(fix: Fix, line: Line) -> Fix:
    """The fix after one more line of its journal; raises `ValueError` for a line that does not belong there."""
    if line.number != fix.lines:
        raise ValueError(f"the journal of {fix.id} has line {line.number} where {fix.lines} belongs")
    return _after(replace(fix, lines=fix.lines + 1), line)


def _after(fix: Fix, line: Line) -> Fix:
    body = line.body
    if isinstance(body, Claimed):
        return replace(fix, worker=body.worker, generation=body.generation, held_until=body.until)
    if isinstance(body, Opened):
        raise TypeError(f"the journal of {fix.id} is opened twice")
    step = fix.steps[body.step]
    if isinstance(body, Moved | Received | Closed):
        return _went_on(fix, step, body, line.at)
    told = _with(fix, _told(step, body, line))
    if isinstance(body, Tried):
        return replace(told, due=body.due, held_until=None)
    return replace(told, pages=(*fix.pages, body.why)) if isinstance(body, Paged) else told


def _told(step: Progress, body: Intended | Tried | Seen | Paged, line: Line) -> Progress:
    """The step with what a line adds to it, in the state that it is in."""
    if isinstance(body, Intended):
        return replace(step, effects=(*step.effects, _done(body, line)), held="")
    if isinstance(body, Tried):
        return replace(step, tries=step.tries + 1, held=body.held)
    if isinstance(body, Paged):
        return replace(step, paged=True)
    return replace(step, seen={**step.seen, body.what: body.value}, seen_at={**step.seen_at, body.what: line.number})


def _went_on(fix: Fix, step: Progress, body: Moved | Received | Closed, at: datetime) -> Fix:
    if isinstance(body, Closed):
        return _closed(fix, step, body, at)
    if isinstance(body, Received):
        told = replace(step.effects[-1], receipt=body.receipt, received_at=at)
        step = replace(step, effects=(*step.effects[:-1], told))
    return _entered(fix, step, body, at)


def _done(body: Intended, line: Line) -> Done:
    return Done(
        number=line.number,
        effect=body.effect,
        before=body.before,
        inverse=body.inverse,
        at=line.at,
        then=body.then,
        wait=timedelta(seconds=body.wait_seconds),
        within=timedelta(seconds=body.within_seconds) if body.within_seconds else None,
    )


def _entered(fix: Fix, step: Progress, body: Moved | Received, at: datetime) -> Fix:
    """The fix with its step in a state; being in the same state again does not begin its time anew."""
    again = body.state == step.state
    entered = replace(
        step,
        state=body.state,
        entered=step.entered if again else at,
        deadline=step.deadline if again and step.deadline else body.deadline,
        tries=0,
        held="",
        moves={**step.moves, body.state: step.moves.get(body.state, 0) + 1},
        paged=step.paged and again,
    )
    return replace(_with(fix, entered), due=body.due, held_until=None)


def _closed(fix: Fix, step: Progress, body: Closed, at: datetime) -> Fix:
    closed = _with(fix, replace(step, outcome=body.outcome, why=body.why, held=body.held))
    if body.outcome in GOES_ON and body.step + 1 < len(fix.steps):
        begun = _with(closed, replace(closed.steps[body.step + 1], entered=at))
        return replace(begun, current=body.step + 1, due=body.due, held_until=None)
    return replace(closed, outcome=body.outcome, why=body.why, ended_at=at, held_until=None)


def _with(fix: Fix, step: Progress) -> Fix:
    return replace(fix, steps=(*fix.steps[: step.step], step, *fix.steps[step.step + 1 :]))
