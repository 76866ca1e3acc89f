"""Moments: everything a worker does towards the outside, counted, so that something can happen right before or after.

The ports are those of the product with a thin layer in front. `Calls` stands in for the sandbox's list of calls and
lets somebody else act right before one is answered.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import Struct

JOURNAL = ("append", "take_lease", "free_leases", "put", "drop")
"""What is written of ours. What is read changes nothing, and who dies there has died before the next thing."""
GUARDS = ("spend", "tripped")
"""What is counted of ours, in a store of its own."""
CLOUD = ("perform",)
SIGHT = (
    *("policy", "access", "project", "enabled_services", "operation", "outcomes", "machine", "surroundings", "serial"),
    *("beat", "flow_logs", "flow_seen", "role", "machine_type", "memory_use", "policy_changes"),
)
EFFECT, OVER, RECEIPT, LINE, CALL = "effect", "over", "receipt", "line", "call"
TAKEN, FREED = "taken", "freed"
"""What is told: an effect is begun, is over however it went, came back; a line is kept; the sandbox is called; a target
is taken by a fix, and all of them are let go."""


class Killed(BaseException):
    """The process is gone, in the middle of what it did."""


class Told(Struct, frozen=True):
    """One thing that has happened, and by which worker."""

    what: str
    value: Any
    worker: str = ""


class Moments:
    """The moments that have passed, what is to happen at some of them, and the story of it all in order.

    `differed` are the moments after which a look has told something else than the same look before; `last` are those
    with which an invocation has ended.
    """

    def __init__(self) -> None:
        self.passed: list[str] = []
        self.differed: list[int] = []
        self.story: list[Told] = []
        self._begun = 0
        self._worker = ""
        self.last: list[int] = []
        self._happens: dict[int, Callable[[], None]] = {}
        self._outdated: set[int] = set()
        self._looks: dict[tuple[str, str], Any] = {}

    def at(self, moment: int, does: Callable[[], None]) -> None:
        """Let something happen at a moment, counted from 0 since the counting began."""
        self._happens[moment] = does

    def outdate(self, moment: int) -> None:
        """Let the look that ends at a moment tell what the same look told before."""
        self._outdated.add(moment)

    def begin(self) -> None:
        """Count from here on."""
        self._begun = len(self.story)
        for kept in (self.passed, self.differed, self.last):
            kept.clear()

    @property
    def counted(self) -> list[Told]:
        """The story since the counting began."""
        return self.story[self._begun :]

    @property
    def worker(self) -> str:
        """Who is at work."""
        return self._worker

    @worker.setter
    def worker(self, name: str) -> None:
        """Another one begins: what has passed last, was the last thing of the one before."""
        self._worker = name
        if self.passed:
            self.last.append(len(self.passed) - 1)

    def reach(self, name: str) -> None:
        """One moment more."""
        self.passed.append(name)
        if does := self._happens.pop(len(self.passed) - 1, None):
            does()

    def seen(self, look: tuple[str, str], told: Any) -> Any:
        """What a look that ends at the next moment tells: the truth, or what was true before."""
        before, self._looks[look] = self._looks.get(look, told), told
        moment = len(self.passed)
        if before != told:
            self.differed.append(moment)
        return before if moment in self._outdated else told

    def tell(self, what: str, value: Any) -> None:
        """Add to the story."""
        self.story.append(Told(what, value, self.worker))


class Watched:
    """A port whose calls are moments, before and after."""

    def __init__(self, port: Any, methods: tuple[str, ...], moments: Moments) -> None:
        self._port, self._methods, self._moments = port, methods, moments

    def __getattr__(self, name: str) -> Any:
        """The method of the port behind, with a moment on either side of each call."""
        method = getattr(self._port, name)
        if name not in self._methods:
            return method
        carried = self._performed if name in CLOUD else self._looked if name in SIGHT else self._kept

        def call(*given: Any, **named: Any) -> Any:
            self._moments.reach(f"before {name}")
            got = carried(name, method, *given, **named)
            self._moments.reach(f"after {name}")
            return got

        return call

    def _performed(self, _: str, perform: Any, effect: Any, *given: Any, **named: Any) -> Any:
        """An effect is begun and comes back, and the story says so."""
        self._moments.tell(EFFECT, effect)
        try:
            receipt = perform(effect, *given, **named)
            self._moments.tell(RECEIPT, (effect, receipt))
        finally:
            self._moments.tell(OVER, effect)
        return receipt

    def _looked(self, name: str, look: Any, *given: Any, **named: Any) -> Any:
        told = look(*given, **named)
        return self._moments.seen((name, repr((given, named))), told)

    def _kept(self, name: str, keep: Any, *given: Any, **named: Any) -> Any:
        """Something of ours is written; a line is told."""
        kept = keep(*given, **named)
        if name == "append":
            self._moments.tell(LINE, given[0])
        elif name == "free_leases":
            self._moments.tell(FREED, given[0])
        elif kept and name == "take_lease":
            self._moments.tell(TAKEN, given[:2])
        return kept


class Calls(list[str]):
    """The sandbox's list of calls; something can happen right before one of them is answered."""

    def __init__(self, moments: Moments) -> None:
        super().__init__()
        self.begun = 0
        self._moments = moments
        self._happens: dict[int, Callable[[], None]] = {}

    def at(self, number: int, does: Callable[[], None]) -> None:
        """Let something happen before a call, counted from 0 since the counting began."""
        self._happens[number] = does

    def begin(self) -> None:
        """Count from here on."""
        self.begun = len(self)

    @property
    def counted(self) -> list[str]:
        """The calls since the counting began."""
        return self[self.begun :]

    def append(self, called: str) -> None:
        """One call more."""
        super().append(called)
        self._moments.tell(CALL, called)
        if does := self._happens.pop(len(self) - 1 - self.begun, None):
            does()
