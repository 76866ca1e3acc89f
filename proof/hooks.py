"""Moments: everything a worker does towards the outside, counted, so that something can happen right before or after.

The ports are those of the product with a thin layer in front. `Calls` stands in for the sandbox's list of calls and lets
somebody else act right before one is answered.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import Struct

JOURNAL = ("append", "take_lease", "free_leases", "put", "drop")
"""What is written of ours. What is read changes nothing, and a worker that dies there has died before the next thing."""
CLOUD = ("perform",)
SIGHT = (
    *("policy", "access", "project", "enabled_services", "operation", "outcomes", "machine", "surroundings", "serial"),
    *("beat", "flow_logs", "flow_seen", "role", "machine_type"),
)


class Killed(BaseException):
    """The process is gone, in the middle of what it did."""


class Told(Struct, frozen=True):
    """One thing that has happened: a line that was kept, an effect that was begun or came back, a call to the sandbox."""

    what: str
    value: Any
    worker: str = ""


class Moments:
    """The moments that have passed, what is to happen at some of them, and the story of it all in order."""

    def __init__(self) -> None:
        self.passed: list[str] = []
        self.story: list[Told] = []
        self.worker = ""
        self._happens: dict[int, Callable[[], None]] = {}

    def at(self, moment: int, does: Callable[[], None]) -> None:
        """Let something happen at a moment, counted from 0 since the counting began."""
        self._happens[moment] = does

    def begin(self) -> None:
        """Count from here on."""
        self.passed.clear()

    def reach(self, name: str) -> None:
        """One moment more."""
        self.passed.append(name)
        if does := self._happens.pop(len(self.passed) - 1, None):
            does()

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
        moments = self._moments

        def call(*given: Any, **named: Any) -> Any:
            moments.reach(f"before {name}")
            if name == "perform":
                moments.tell("effect", given[0])
            got = method(*given, **named)
            if name == "append":
                moments.tell("line", given[0])
            if name == "perform":
                moments.tell("receipt", (given[0], got))
            moments.reach(f"after {name}")
            return got

        return call


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
        self._moments.tell("call", called)
        if does := self._happens.pop(len(self) - 1 - self.begun, None):
            does()
