"""Faults injected per call: what a network and a busy Google do to a request."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase


class FaultKind(StrEnum):
    """What happens to a call.

    Before it has any effect: lost_request, unavailable, internal, deadline, rate_limited, forbidden, conflict, hang.
    After its effect: lost_reply. To its reply: malformed (no JSON), truncated (cut short), stale (the state before the
    last write), endless (pages that never end).
    """

    LOST_REQUEST = "lost_request"
    UNAVAILABLE = "unavailable"
    INTERNAL = "internal"
    DEADLINE = "deadline"
    RATE_LIMITED = "rate_limited"
    FORBIDDEN = "forbidden"
    CONFLICT = "conflict"
    HANG = "hang"
    LOST_REPLY = "lost_reply"
    MALFORMED = "malformed"
    TRUNCATED = "truncated"
    STALE = "stale"
    ENDLESS = "endless"


@dataclass
class Fault:
    """One fault for methods by a pattern of discovery ids: after so many calls, so many times (-1: for ever)."""

    method: str
    kind: FaultKind
    times: int = 1
    after: int = 0


@dataclass
class Faults:
    """The faults that are still to happen."""

    waiting: list[Fault] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)

    def hang(self) -> None:
        """Keep a call waiting until `released` is set: the caller's own deadline has to end it."""
        self.released.wait()

    def add(self, method: str, kind: FaultKind, times: int = 1, after: int = 0) -> None:
        """Inject a fault into the next calls of a method (`compute.instances.*`)."""
        self.waiting.append(Fault(method, FaultKind(kind), times, after))

    def take(self, method: str) -> FaultKind | None:
        """The fault that a call of this method meets now, used up once."""
        for fault in self.waiting:
            if not fnmatchcase(method, fault.method) or fault.times == 0:
                continue
            if fault.after:
                fault.after -= 1
                continue
            fault.times -= 1
            return fault.kind
        return None
