"""The kills that a serial console tells of: the lines about each one joined in one pass, whatever stands between."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from shared.evidence.kernel_lines import AGENTS, Kind, Line, Moment, agent_called
from shared.model.memory import Killer, OomEvent, Scope

WINDOW, DUMP = 5.0, 60.0
"""Seconds: lines about one process in a window tell of one kill; in between the kernel may list every process."""
NO_LIMIT_KB = 9 * 10**15
"""What the kernel prints for "no limit" is larger (PAGE_COUNTER_MAX in kB)."""
_MOST_LINES, _MOST_OPEN = 12, 8
_SCOPES = {"CONSTRAINT_NONE": Scope.MACHINE, "CONSTRAINT_MEMCG": Scope.CGROUP}


class _Before(Struct):
    """What the kernel says before it names a victim."""

    at: Moment
    command: str = ""
    by_hand: bool = False
    scope: Scope | None = None
    limited: str = ""
    home: str = ""
    limit_kb: int | None = None
    lines: tuple[str, ...] = ()

    @property
    def of_group(self) -> bool:
        return bool(self.limited) or self.limit_kb is not None or self.scope is Scope.CGROUP


class Kill(Struct):
    """One kill while its lines are still being joined; `home` is the victim's own group."""

    event: OomEvent
    first: Moment
    at: Moment
    home: str = ""
    constrained: bool = False
    selected: bool = False

    def learn(self, **facts: Any) -> None:
        """Know more of the kill."""
        self.event = replace(self.event, **facts)

    def add(self, line: Line) -> None:
        """Quote one more line about it."""
        self.at = line.at
        lines = self.event.lines
        if line.quote not in lines and len(lines) < _MOST_LINES:
            self.learn(lines=(*lines, line.quote))
        if self.event.uptime is None and not self.event.wall:
            self.learn(uptime=line.at.uptime, wall=line.at.wall, at=line.at.at)

    def claim(self, before: _Before, *, sure: bool = True) -> None:
        """Take over what was said before; facts that the kill's own lines state stay. `sure`: nothing else was open."""
        event = self.event
        scope = event.scope
        if not self.constrained:
            scope = before.scope or (Scope.CGROUP if before.of_group and scope is Scope.UNKNOWN else scope)
        self.home = self.home or before.home
        self.learn(
            scope=Scope.UNKNOWN if before.by_hand else scope,
            invoked_by=before.command if sure else "",
            by_hand=before.by_hand,
            cgroup=event.cgroup or before.limited,
            limit_kb=before.limit_kb,
            unit=event.unit or _unit_of(self.home),
            lines=(*before.lines, *event.lines)[:_MOST_LINES],
        )


class Joiner:
    """Lines in, kills out: in one pass, each line looking back at a handful of open kills at most."""

    def __init__(self) -> None:
        self.ends: dict[str, Line] = {}
        self._kills: list[Kill] = []
        self._by_pid: dict[int, Kill] = {}
        self._recent: deque[Kill] = deque(maxlen=_MOST_OPEN)
        self._before: list[_Before] = []
        self._unclaimed: list[_Before] = []

    def add(self, line: Line) -> None:
        """Join a line to the kill it tells of, or open one."""
        kind = line.kind
        if kind in (Kind.INVOKED, Kind.LIMITED, Kind.USAGE) or (kind is Kind.CONTEXT and "pid" not in line.facts):
            self._announced(line)
        elif kind in (Kind.STARTED, Kind.RESTARTING, Kind.GAVE_UP):
            self.ends[_named(line)] = line
        elif kind is Kind.PANIC:
            self._panic(line)
        elif kind is Kind.UNIT:
            self._unit(line)
        elif kind is Kind.OOMD:
            self._oomd(line)
        elif kind is not Kind.BOOT:
            self._process(line)

    def finished(self) -> list[Kill]:
        """The kills in the order of their lines, with calls of the OOM killer that no kill followed."""
        places = [kill.first.place for kill in self._kills]
        for before in [*self._unclaimed, *self._before]:
            at = bisect_left(places, before.at.place)
            tells = before.command or before.limited or before.scope
            if tells and not any(kill.at.near(before.at, DUMP) for kill in self._kills[max(0, at - 1) : at + 1]):
                kill = Kill(event=_event(before.at), first=before.at, at=before.at)
                kill.claim(before)
                self._kills.append(kill)
        for kill in self._kills:
            kill.learn(is_agent=_is_agent(kill.event))
        return sorted(self._kills, key=lambda kill: kill.first.place)

    def _announced(self, line: Line) -> None:
        facts = _announcement(line)
        last = self._before[-1] if self._before else None
        follows = last and line.at.near(last.at, DUMP) and not any(getattr(last, name) for name in facts)
        if line.kind is Kind.INVOKED or not last or not follows:
            last = _Before(at=line.at)
            self._before.append(last)
        for name, fact in facts.items():
            setattr(last, name, fact)
        last.lines = (*last.lines, line.quote)
        if len(self._before) > _MOST_OPEN:
            self._unclaimed.append(self._before.pop(0))

    def _process(self, line: Line) -> None:
        """A line that names a process: by pid, by the parent that was chosen before it, or a kill of its own."""
        pid = line.number("pid") or 0
        bare = line.kind is Kind.KILLED and "message" not in line.facts
        kill = self._by_pid.get(pid)
        if kill and not line.at.near(kill.at, WINDOW):
            kill = None
        if kill is None and bare:
            chosen = [open_ for open_ in self._recent if open_.selected and line.at.near(open_.at, WINDOW)]
            kill = chosen[0] if len(chosen) == 1 else None
        if kill is None and bare and "rss" not in line.facts:
            return  # any program may write that it killed a process; only the kernel adds how much memory it had
        opened = kill is None
        kill = kill or self._open(line)
        self._by_pid[pid] = kill
        _learn(kill, line)
        if opened and line.kind in (Kind.CONTEXT, Kind.SELECTED, Kind.KILLED):
            self._claim(kill)

    def _claim(self, kill: Kill) -> None:
        """Give a kill what was said before it, if only one call for memory can be meant."""
        event = kill.event
        open_ = [before for before in self._before if kill.at.near(before.at, DUMP)]
        fits = [
            before
            for before in open_
            if (event.scope is Scope.UNKNOWN or before.of_group == (event.scope is Scope.CGROUP))
            and (not before.limited or event.cgroup in ("", before.limited))
        ]
        if len(fits) == 1:
            kill.claim(fits[0], sure=len(open_) == 1)
            self._before.remove(fits[0])

    def _open(self, line: Line) -> Kill:
        kill = Kill(event=_event(line.at), first=line.at, at=line.at)
        self._recent.append(kill)
        self._kills.append(kill)
        return kill

    def _panic(self, line: Line) -> None:
        if self._recent and self._recent[-1].event.panicked and line.at.near(self._recent[-1].at, WINDOW):
            self._recent[-1].add(line)
            return
        kill = self._open(line)
        if line.facts.get("which") != "compulsory":  # panic_on_oom=2 panics for a full group as well
            kill.learn(scope=Scope.MACHINE)
        kill.learn(panicked=True)
        kill.add(line)
        self._claim(kill)

    def _unit(self, line: Line) -> None:
        """A unit that systemd saw killed: the kill in that unit, else the only one near whose unit nobody told."""
        unit = _named(line)
        same = [kill for kill in self._recent if kill.event.unit == unit and line.at.near(kill.at, DUMP)]
        free = [
            kill for kill in self._recent if not kill.event.unit and not kill.home and line.at.near(kill.at, WINDOW)
        ]
        kill = same[-1] if same else free[0] if len(free) == 1 else self._open(line)
        kill.learn(unit=unit)
        kill.add(line)

    def _oomd(self, line: Line) -> None:
        kill = self._open(line)
        kill.home = line.facts["home"]
        whole = line.facts["why"] == "used"  # of the whole system; pressure is of one group (systemd-oomd.service)
        kill.learn(
            by=Killer.USERSPACE,
            cgroup=kill.home,
            unit=_unit_of(kill.home),
            scope=Scope.MACHINE if whole else Scope.UNKNOWN,
        )
        kill.add(line)


def _announcement(line: Line) -> dict[str, Any]:
    """What a line before the kill adds to what is known of it."""
    said, limit = line.facts, line.number("limit")
    if line.kind is Kind.INVOKED:
        return {"command": said.get("command", "?"), "by_hand": said["order"] == "-1"}
    if line.kind is Kind.LIMITED:
        return {"limited": said["limited"], "home": said["home"]}
    if line.kind is Kind.USAGE:
        return {"limit_kb": limit if limit is not None and limit < NO_LIMIT_KB else None}
    return {"scope": _SCOPES.get(said["constraint"], Scope.UNKNOWN)}


def _learn(kill: Kill, line: Line) -> None:
    """Add what a line about a process says to its kill."""
    facts, event = line.facts, kill.event
    kill.home = kill.home or facts.get("home", "")
    if "constraint" in facts:
        kill.constrained = True
        kill.learn(scope=_SCOPES.get(facts["constraint"], Scope.UNKNOWN))
    elif "message" in facts and not kill.constrained and not event.by_hand:
        kill.learn(scope=Scope.CGROUP if facts["message"].startswith("Memory cgroup") else Scope.MACHINE)
    elif line.kind is Kind.EARLYOOM:  # it looks at MemAvailable and SwapFree, which are the machine's
        kill.learn(by=Killer.USERSPACE, scope=Scope.MACHINE)
    if line.kind is Kind.KILLED or event.pid is None:
        kill.learn(pid=line.number("pid"), victim=facts.get("command", event.victim))
    kill.selected = line.kind is Kind.SELECTED
    mib, rss = line.number("mib"), line.number("rss")
    kill.learn(
        cgroup=kill.event.cgroup or facts.get("limited", "") or kill.home,
        unit=kill.event.unit or _unit_of(kill.home),
        rss_kb=mib * 1_024 if mib is not None else rss if rss is not None else event.rss_kb,
    )
    kill.add(line)


def _event(at: Moment) -> OomEvent:
    return OomEvent(boot=at.boot, uptime=at.uptime, wall=at.wall, at=at.at)


def _named(line: Line) -> str:
    """The unit that a line of systemd is about, whether it names it or calls it by its title."""
    if title := line.facts.get("title"):
        return agent_called(title)
    return line.facts["unit"].removesuffix(".service") + ".service"


def _unit_of(group: str) -> str:
    """The innermost systemd service a control group lies in, "" if it lies in none."""
    return next((part for part in reversed(group.split("/")) if part.endswith(".service")), "")


def _is_agent(event: OomEvent) -> bool:
    names = tuple(name for agent in AGENTS for name in agent.commands)
    return event.victim.startswith(names) or any(agent.unit == event.unit for agent in AGENTS)
