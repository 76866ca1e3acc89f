"""Effects of the journal, calls of Google's audit log -> what the two do not agree on: each change has its other half.

A call belongs to an effect that gave the same reason, changes the same in the same place, and was under way at its
time. Whoever makes a reason up, or copies one that the log shows, has no such effect.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from shared.execution.watchdog import WATCHDOG
from shared.grants.members import as_stored, told_binding
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
from shared.model.facts import Change
from shared.model.journal import Closed, Intended, Line, Opened, Received, Seen
from shared.model.names import place_of
from shared.model.work import MachineName

AROUND = timedelta(minutes=10)
"""How far Google's time of a call may be from ours of its effect: clocks differ, and a sweep notes when it began."""
IN_A_MOMENT = timedelta(minutes=5)
"""How long after the watchdog noted it a start may have been tried: it keeps no receipt."""
POLICIES = (".setiampolicy", ".setiampermissions", ".datasetservice.patchdataset", ".datasetservice.updatedataset")
METHODS: dict[type[Effect], tuple[str, ...]] = {
    AddBinding: POLICIES,
    RemoveBinding: POLICIES,
    EnableApi: (".serviceusage.enableservice",),
    DisableApi: (".serviceusage.disableservice",),
    StopMachine: (".instances.stop",),
    StartMachine: (".instances.start",),
    ResetMachine: (".instances.reset",),
    SetAccess: (".instances.setserviceaccount",),
    SetSize: (".instances.setmachinetype",),
}
"""For each effect, how the names of the methods end that carry it out, in small letters."""
LONGEST = 200


class Span(Struct, frozen=True, kw_only=True):
    """A span of time: its beginning belongs to it, its end to the next one."""

    since: datetime
    until: datetime

    def has(self, at: datetime) -> bool:
        """Whether a time lies in it."""
        return self.since <= at < self.until


class Effected(Struct, frozen=True, kw_only=True):
    """An effect as the journal tells it, with the reason that Google was given.

    It was under way from `since` to `until`, None for until now; `result` is None without a receipt. `project` is the
    id of the project whose log tells of it, "" where that could not be told.
    """

    fix: str
    reason: str
    effect: Effect
    since: datetime
    until: datetime | None = None
    result: Result | None = None
    project: str = ""

    @property
    def happened(self) -> datetime | None:
        """When its receipt said that it was us who changed something; None where it does not say so."""
        return self.until if self.result in (Result.CHANGED, Result.STARTED) else None


class Log(Struct, frozen=True, kw_only=True):
    """What the log of one project, named by its id, tells of the calls of our own accounts.

    `others` are calls of other accounts that gave a reason of ours: a person's who carries a fix out at a terminal.
    """

    project: str
    calls: tuple[Change, ...]
    others: tuple[Change, ...] = ()


class What(StrEnum):
    """Which half is missing: the journal knows nothing of a call, or the log nothing of an effect."""

    UNJOURNALED = "unjournaled"
    UNLOGGED = "unlogged"


class Difference(Struct, frozen=True, kw_only=True):
    """Something that only one of the two tells: when, and a sentence for a person."""

    what: What
    at: datetime
    said: str


def effects_of(lines: Sequence[Line]) -> tuple[Effected, ...]:
    """Every effect that a fix may have had, in order, with those of the watchdog.

    Raises:
        ValueError: the journal does not begin with its opening.
    """
    first = lines[0]
    if not isinstance(first.body, Opened) or first.number != 0:
        raise ValueError(f"the journal of {first.fix} does not begin with its opening")
    opened, found = first.body, list[Effected]()
    last: dict[int, int] = {}
    stopped: dict[int, MachineName] = {}
    for line in lines[1:]:
        body = line.body
        if isinstance(body, Intended):
            last[body.step] = len(found)
            found.append(Effected(fix=line.fix, reason=opened.reason, effect=body.effect, since=line.at))
            if isinstance(body.effect, StopMachine):
                stopped[body.step] = body.effect.machine
        elif isinstance(body, Received | Closed) and (at := last.pop(body.step, None)) is not None:
            result = body.receipt.result if isinstance(body, Received) else None
            found[at] = replace(found[at], until=line.at, result=result)
        elif isinstance(body, Seen) and body.what == WATCHDOG and body.step in stopped:
            start = StartMachine(machine=stopped[body.step], request="")
            until = line.at + IN_A_MOMENT
            found.append(Effected(fix=line.fix, reason=opened.reason, effect=start, since=line.at, until=until))
    return tuple(found)


def compare(effects: Sequence[Effected], logs: Iterable[Log], span: Span) -> tuple[Difference, ...]:
    """Every change in a span of time that only the journal or only Google's log tells of, the earliest first.

    What is compared is what has a log: an effect in another project is left out. The logs have to reach back to the
    beginning of each effect that happened within the span, and a little beyond the end.
    """
    found: list[Difference] = []
    for log in logs:
        mine = [one for one in effects if one.project in ("", log.project)]
        found += _unjournaled(mine, log, span)
        found += _unlogged((one for one in mine if one.project), log, span)
    return tuple(sorted(found, key=lambda one: (one.at, one.said)))


def resource_of(effect: Effect) -> str:
    """The full name of what an effect changes."""
    if isinstance(effect, AddBinding | RemoveBinding):
        return effect.resource
    if isinstance(effect, EnableApi | DisableApi):
        return f"//serviceusage.googleapis.com/{effect.project}/services/{effect.service}"
    return effect.machine.full_name


def _unjournaled(effects: Sequence[Effected], log: Log, span: Span) -> Iterator[Difference]:
    bare = [one for one in effects if not any(_belong(one, call) for call in _all(log) if call.reason)]
    for call in log.calls:
        if span.has(call.at) and not any(_belong(one, call) for one in (effects if call.reason else bare)):
            said = (
                f"{call.by} called {call.method} on {call.resource[:LONGEST]} in {log.project} at {_time(call.at)}, "
                f"and the journal has no effect for it: {_why(effects, call)}"
            )
            yield Difference(what=What.UNJOURNALED, at=call.at, said=said)


def _unlogged(effects: Iterable[Effected], log: Log, span: Span) -> Iterator[Difference]:
    for one in effects:
        at = one.happened
        if at is not None and span.has(at) and not any(_belong(one, call) for call in _all(log)):
            kind = one.effect.__struct_config__.tag
            said = (
                f"{one.fix} says that its {kind} on {resource_of(one.effect)} in {log.project} was done by "
                f"{_time(at)}, and Google's log has no such call"
            )
            yield Difference(what=What.UNLOGGED, at=at, said=said)


def _all(log: Log) -> tuple[Change, ...]:
    return (*log.calls, *log.others)


def _why(effects: Sequence[Effected], call: Change) -> str:
    """What does not fit: the reason, or what was done for it."""
    if not call.reason:
        return "it gave no reason"
    given = call.reason[:LONGEST]
    fixes = dict.fromkeys(one.fix for one in effects if one.reason == call.reason)
    if not fixes:
        return f"its reason {given} is that of no fix with an effect there"
    return f"its reason {given} is that of {', '.join(fixes)}, which did not do this then"


def _belong(one: Effected, call: Change) -> bool:
    """Whether a call carries out an effect; a service may keep no reason, and then everything else has to fit."""
    is_its_kind = f".{call.method.lower()}".endswith(METHODS[type(one.effect)])
    if call.reason not in ("", one.reason) or not is_its_kind:
        return False
    in_time = one.since - AROUND <= call.at and (one.until is None or call.at <= one.until + AROUND)
    return in_time and place_of(call.resource) in map(place_of, _names(one.effect)) and _is_all(one.effect, call)


def _names(effect: Effect) -> tuple[str, ...]:
    """The names under which a log may tell of what an effect changes: machines are called by their numbers."""
    name = resource_of(effect)
    if isinstance(effect, AddBinding | RemoveBinding | EnableApi | DisableApi):
        return (name,)
    return name, f"{name.rpartition('/')[0]}/{effect.machine.id}"


def _is_all(effect: Effect, call: Change) -> bool:
    """Whether a call did nothing to a policy beside the effect, as far as its entry tells what it did."""
    if not isinstance(effect, AddBinding | RemoveBinding):
        return True
    added, removed = set(map(told_binding, call.added)), set(map(told_binding, call.removed))
    wanted = {(effect.role, as_stored(effect.member))}
    if isinstance(effect, AddBinding):
        return added <= wanted and not removed
    return removed <= wanted and not added


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
