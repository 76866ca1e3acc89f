"""The journal of a fix: appended line by line, never changed; what a fix is follows from its lines alone.

A line is written with its number, and exactly one writer can have a number: that is what lets one worker win a claim,
and what stops a worker that was overtaken.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from shared.model.effect import Before, Effect, Receipt
from shared.model.work import OriginalCall, Work


class Outcome(StrEnum):
    """How a step, or a whole fix, ends.

    ok: the step is done and checked. nothing: it was so before, so nothing is ours. refused: a precondition, or Google,
    said no, and nothing was changed. failed: it was tried and did not come about. needs_human: a person was called.
    fixed, not_effective, could_not_tell: what the original call says, of the whole fix. undone: of the taking back.
    """

    OK = "ok"
    NOTHING = "nothing"
    REFUSED = "refused"
    FAILED = "failed"
    NEEDS_HUMAN = "needs_human"
    FIXED = "fixed"
    NOT_EFFECTIVE = "not_effective"
    COULD_NOT_TELL = "could_not_tell"
    UNDONE = "undone"


GOES_ON = (Outcome.OK, Outcome.NOTHING)


class Opened(Struct, frozen=True, kw_only=True, tag="opened"):
    """A plan was approved: its run, its hash, what it does in order, by whom, and what call has to succeed.

    `undo_of` is the fix whose effects this one takes back. `may_roll_back` is whether a machine that does not come up
    as planned may be stopped once more, to put the old values back. `rules` are the rules of the policy that permitted
    it, and `under` what the targets stand under (projects, folders), None where that could not be told. `window` is
    when a machine may be interrupted, "" for at any time. `approval` is the question that people answered, "" where a
    rule alone permits it, or somebody at the terminal.
    """

    run: str
    plan_hash: str
    works: tuple[Work, ...] = ()
    approved_by: tuple[str, ...] = ()
    call: OriginalCall = OriginalCall()
    undo_of: str | None = None
    may_roll_back: bool = False
    rules: tuple[str, ...] = ()
    under: tuple[str, ...] | None = None
    window: str = ""
    approval: str = ""

    @property
    def reason(self) -> str:
        """What Google's audit log is told of every effect of it, to be joined with the journal."""
        return f"{self.run}/{self.plan_hash}"


class Claimed(Struct, frozen=True, kw_only=True, tag="claimed"):
    """A worker holds the fix until a time; `generation` grows with every claim."""

    worker: str
    generation: int
    until: datetime


class Moved(Struct, frozen=True, kw_only=True, tag="moved"):
    """A step went into a state; `due` is when to look again, `deadline` when somebody is paged."""

    step: int
    state: str
    deadline: datetime
    due: datetime
    note: str = ""


class Intended(Struct, frozen=True, kw_only=True, tag="intended"):
    """An effect is about to happen: what was there before, what would take it back, and the state it leads to.

    `within_seconds` is how long that state may take, 0 for what its table says.
    """

    step: int
    effect: Effect
    before: Before
    inverse: Effect | None = None
    then: str
    wait_seconds: float = 0
    within_seconds: float = 0


class Received(Struct, frozen=True, kw_only=True, tag="received"):
    """What came of the effect that was intended last, and the state that the step is in by it."""

    step: int
    receipt: Receipt
    state: str
    deadline: datetime
    due: datetime


class Tried(Struct, frozen=True, kw_only=True, tag="tried"):
    """An attempt ended without an answer; it is made again, and is safe to repeat. `held`: which guard held it back."""

    step: int
    why: str
    due: datetime
    held: str = ""


class Seen(Struct, frozen=True, kw_only=True, tag="seen"):
    """Something that was observed and that later states need: a snapshot, the time of a success."""

    step: int
    what: str
    value: str


class Paged(Struct, frozen=True, kw_only=True, tag="paged"):
    """A person was called."""

    step: int
    why: str


class Closed(Struct, frozen=True, kw_only=True, tag="closed"):
    """A step is over: how, and why. The fix goes on with the next one, or is over with it. `held` as in `Tried`."""

    step: int
    outcome: Outcome
    why: str
    due: datetime
    held: str = ""


Body = Opened | Claimed | Moved | Intended | Received | Tried | Seen | Paged | Closed


class Line(Struct, frozen=True, kw_only=True):
    """One line of a fix's journal. `number` counts from 0 without gaps; `generation` is the claim it was made under."""

    fix: str
    number: int
    at: datetime
    generation: int
    body: Body


class Link(Struct, frozen=True, kw_only=True):
    """The place of a line in the chain of all lines: `digest` covers the line and the digest of the link before it."""

    sequence: int
    previous: str
    digest: str
    fix: str
    number: int

    @property
    def noted(self) -> str:
        """The place in the chain as it is noted elsewhere: `SEQUENCE:DIGEST`."""
        return f"{self.sequence}:{self.digest}"
