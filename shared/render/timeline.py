"""Lines of a journal -> what is told of them to people: what was done, what came of it, what was seen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

from shared.model.effect import (
    AddBinding,
    DisableApi,
    Effect,
    EnableApi,
    RemoveBinding,
    ResetMachine,
    Result,
    SetAccess,
    SetSize,
    StartMachine,
    StopMachine,
)
from shared.model.journal import GOES_ON, Body, Closed, Intended, Line, Moved, Opened, Paged, Received, Seen, Tried

SHOWN = 160
FOR_PEOPLE = ("boot", "agent", "flow_logs", "call", "evidence", "owned", "watchdog")
"""What is observed for people; other observations are for the machinery."""
RESULTS = {
    Result.CHANGED: "done",
    Result.ALREADY: "it was so already, so it is not ours",
    Result.STARTED: "Google has begun",
    Result.REFUSED: "refused",
    Result.UNKNOWN: "no answer came, and it is too late to ask again",
}


def timeline(lines: Iterable[Line]) -> Iterator[tuple[datetime, str]]:
    """When, and what: each line that is for people and says something new.

    An observation is news when its verdict changes, an attempt without an answer when the reason does; how the whole
    fix ended is said elsewhere.
    """
    telling = _Telling()
    for line in lines:
        if said := telling.told(line.body):
            yield line.at, said


class _Telling:
    """What was said before, so that only news is told."""

    def __init__(self) -> None:
        self._last: dict[tuple[int, str], str] = {}
        self._works = 0

    def told(self, body: Body) -> str:
        if isinstance(body, Opened):
            self._works = len(body.works)
        if isinstance(body, Closed) and (body.outcome not in GOES_ON or body.step == self._works):
            return ""
        if isinstance(body, Seen) and not self._is_news(body.step, body.what, body.value.partition(": ")[0]):
            return ""
        if isinstance(body, Tried) and not self._is_news(body.step, "tried", body.why):
            return ""
        teller = _TELLERS.get(type(body))
        return teller(body) if teller else ""

    def _is_news(self, step: int, what: str, said: str) -> bool:
        before = self._last.get((step, what))
        self._last[step, what] = said
        return before != said


def _received(body: Received) -> str:
    said = body.receipt.said[:SHOWN]
    return f"{RESULTS[body.receipt.result]}{f': {said}' if said else ''}"


_TELLERS: dict[type, Callable[[Any], str]] = {
    Opened: lambda body: f"approved by {', '.join(body.approved_by)}",
    Intended: lambda body: f"will {effect_said(body.effect)}",
    Received: _received,
    Moved: lambda body: f"{_words(body.state.lower())}: {body.note}" if body.note else "",
    Tried: lambda body: f"no answer, again at {body.due:%H:%M:%S}: {body.why[:SHOWN]}",
    Paged: lambda body: f"a person is called: {body.why}",
    Seen: lambda body: f"{_words(body.what)}: {body.value[:SHOWN]}" if body.what in FOR_PEOPLE else "",
    Closed: lambda body: f"step {body.step + 1} {_words(body.outcome.value)}: {body.why}",
}


def _words(name: str) -> str:
    return name.replace("_", " ")


def effect_said(effect: Effect) -> str:
    """An effect in words."""
    return _EFFECTS[type(effect)](effect)


_EFFECTS: dict[type, Callable[[Any], str]] = {
    AddBinding: lambda one: f"add {one.member} to {one.role} on {one.resource}",
    RemoveBinding: lambda one: f"take {one.member} out of {one.role} on {one.resource}",
    EnableApi: lambda one: f"switch {one.service} on in {one.project}",
    DisableApi: lambda one: f"switch {one.service} off in {one.project}",
    StopMachine: lambda one: f"stop {one.machine.name}",
    StartMachine: lambda one: f"start {one.machine.name}",
    ResetMachine: lambda one: f"reset {one.machine.name}",
    SetAccess: lambda one: (
        f"give {one.machine.name} the account {one.account} with "
        + ", ".join(scope.rpartition("/")[2] for scope in one.scopes)
    ),
    SetSize: lambda one: f"give {one.machine.name} the machine type {one.machine_type}",
}
