"""What can happen to a change: processes die or pause, the store or a call fails, others act, operations end badly."""

from __future__ import annotations

from msgspec import Struct

from sandbox.faults import FaultKind

KILL, DOWN, STORE = "kill", "executor down", "store fails"
RIVAL, OVERTAKEN = "rival", "overtaken"
STALE_LOOK = "stale look"
DEATHS, PAUSES = (KILL, DOWN), (RIVAL, OVERTAKEN)
CRASHES = (*DEATHS, STORE, *PAUSES)
"""At a moment of a worker. The process dies, and what it was woken for comes twice from then on; the executor dies and
stays away for an hour; the store does not answer, before or after it has kept what was written; another worker is woken
at this very moment; the worker is paused beyond its claim, and goes on when others have."""
REFUSED, HANG, FORBIDDEN = "refused", FaultKind.HANG.value, FaultKind.FORBIDDEN.value
FAULTS = (*(one.value for one in FaultKind if one is not FaultKind.ENDLESS), REFUSED)
"""At a call that the sandbox answers; pages that never end are for the tests of the adapters."""
FOREIGN, REMADE, STARTED = "foreign write", "recreated", "started by somebody"
OTHERS = (FOREIGN, REMADE, STARTED)
"""Right before a call is answered somebody else writes to every policy, makes the machine anew, or starts it."""
FAILS, LOSES, HANGS, STOCKOUTS, SWITCH_FAILS = "fails", "loses", "hangs", "stockouts", "switch fails"
OPERATIONS = (FAILS, LOSES, HANGS, STOCKOUTS, SWITCH_FAILS)
"""No moment, but a habit: operations of a verb end with a code, cannot be found, a stop hangs for an hour, a zone is
full for some starts; an API cannot be switched."""
KINDS = (*CRASHES, STALE_LOOK, *FAULTS, *OTHERS, *OPERATIONS)
GROUPS = {"crashes": CRASHES, "faults": (*FAULTS, STALE_LOOK), "others": OTHERS, "operations": OPERATIONS}
HARSH = ("forbidden", REFUSED, FAILS, SWITCH_FAILS, HANGS, REMADE, STARTED, DOWN)
"""Events after which a fix may well end otherwise than it would have."""
ASKED_AGAIN = ("lost_request", "lost_reply", "unavailable", "rate_limited")
ANSWERS_NOTHING = ("internal", "deadline", "malformed", "truncated", "conflict")
"""Faults of a look that Google's clients ask again, and those after which it has failed."""
LOOK_FAILS = (*ANSWERS_NOTHING, HANG)
DOUBTFUL = (KILL, STORE, "lost_reply", "malformed", "truncated")
"""Events after which nobody knows whether an effect was had that was."""


class Event(Struct, frozen=True):
    """What happens, and when: at which moment of the workers, or at which call to the sandbox.

    A kind may have a part behind a colon: `fails:start:INTERNAL_ERROR`, `loses:2`, `stockouts:3`.
    """

    kind: str
    at: int = 0

    @property
    def family(self) -> str:
        """The kind without its part behind the colon."""
        return self.kind.partition(":")[0]

    @property
    def part(self) -> str:
        """What stands behind the colon, "" for nothing."""
        return self.kind.partition(":")[2]

    def __str__(self) -> str:
        """As the command line takes it."""
        return f"{self.kind}@{self.at}"


class UnknownEvent(ValueError):  # noqa: N818 - what the text is
    """A text that names no event."""


def event_of(text: str) -> Event:
    """The event that `KIND@NUMBER` names."""
    kind, _, at = text.rpartition("@")
    found = Event(kind, int(at)) if kind and at.isdecimal() else Event(text)
    if found.family not in KINDS:
        raise UnknownEvent(f"{text!r} names no event; it is KIND@NUMBER, and KIND one of: {', '.join(KINDS)}")
    return found
