"""What a serial console says about memory exhaustion: the lines of each kill joined, then read; no clock, no cloud.

Things that are often told as one are held apart here: the process that "invoked oom-killer" is seldom the victim, a
full group is not a full machine, and an exhausted guest does not make a 403.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from shared.evidence.kernel_lines import AGENTS, Kind, Line, Moment, agent_called, memory_lines
from shared.model.evidence import NO, UNKNOWN, YES, Verdict
from shared.model.memory import Killer, MemoryStory, OomEvent, Recovery, Scope, SerialOutput

WINDOW, DUMP, DAY = 5.0, 60.0, 86_400.0
"""Seconds: lines about one process in a window tell of one kill; in between the kernel may list every process."""
NO_LIMIT_KB = 9 * 10**15
"""What the kernel prints for "no limit" is larger (PAGE_COUNTER_MAX in kB)."""
_MOST_LINES, _MOST_OPEN = 12, 8
_SCOPES = {"CONSTRAINT_NONE": Scope.MACHINE, "CONSTRAINT_MEMCG": Scope.CGROUP}
_NOT_EXPLAINED = (
    "a 403: a killed process sends nothing, and one without a token is unauthenticated, so a refusal has its own cause",
    "an unavailable metadata server: it runs on the host, outside the guest, where the guest's kernel kills nothing",
    "missing tokens by way of the guest agent: client libraries fetch them; OOMScoreAdjust=-999 protects the agent",
    "missing VPC flow logs: the host samples them, without any agent or service account of the machine",
    "a restart after granting a role: a role works without one",
)


def read_serial(output: SerialOutput) -> MemoryStory:
    """Everything a console says about memory: the kills, the agents among them, and what that explains."""
    joiner = _Joiner()
    for line in memory_lines(output.text):
        joiner.add(line)
    kills = joiner.finished()
    events = tuple(kill.event for kill in kills)
    killed = {_agent(kill): kill.first.place for kill in kills if kill.event.is_agent}
    back = {agent: _back(joiner.ends.get(agent), place) for agent, place in killed.items()}
    verdict, why = _all_back(back)
    return MemoryStory(
        events=events,
        lost=output.lost,
        whole_machine=sum(event.scope is Scope.MACHINE for event in events),
        containers=sum(event.scope is Scope.CGROUP for event in events),
        agents_killed=tuple(killed),
        agents_restarted=tuple(agent for agent, is_back in back.items() if is_back is YES),
        back_alone=verdict,
        back_why=why,
        explains=tuple(_explained(events, tuple(killed))),
        not_explained=_NOT_EXPLAINED if events else (),
    )


def needed(story: MemoryStory) -> Recovery:
    """What the console alone supports of a recovery (domain: no restart without evidence, no resize for a group)."""
    restart, restart_why = _restart(story)
    resize, resize_why = _resize(story)
    full = {event.cgroup: None for event in story.events if event.scope is Scope.CGROUP and event.cgroup}
    return Recovery(
        restart=restart, restart_why=restart_why, resize=resize, resize_why=resize_why, raise_limits=tuple(full)
    )


def _restart(story: MemoryStory) -> tuple[Verdict, str]:
    if all(event.by_hand for event in story.events):
        lost = f", and {story.lost} bytes before it are lost" if story.lost else ""
        return NO, f"the console tells of no memory exhaustion{lost}: look for another cause"
    if story.back_alone is YES:
        return NO, story.back_why
    return UNKNOWN, "memory was exhausted; only the agent's heartbeat and the machine's state can tell the rest"


def _resize(story: MemoryStory) -> tuple[Verdict, str]:
    full = [event for event in story.events if event.scope is Scope.MACHINE and event.by is Killer.KERNEL]
    if not full:
        groups = "a group reached its own limit: raise that limit, a larger machine does not help"
        return NO, groups if story.containers else "the kernel says nowhere that the whole machine was out of memory"
    again = [_again(earlier, later) for earlier, later in _from_first(full)]
    if YES in again:
        return YES, "the whole machine was out of memory more than once within 24 hours"
    if UNKNOWN in again:
        return UNKNOWN, "the whole machine was out of memory more than once, but the lines do not say how far apart"
    if story.lost:
        return UNKNOWN, f"the whole machine was out of memory once; {story.lost} bytes before it are lost"
    return NO, "the whole machine was not out of memory twice within 24 hours"


def _from_first(kills: Sequence[OomEvent]) -> Iterator[tuple[OomEvent, OomEvent]]:
    """Each kill with the first of the occasion before it: kills within a minute of the first are one occasion."""
    first = kills[0]
    for kill in kills[1:]:
        yield first, kill
        if _again(first, kill) is not NO or (_gap(first, kill) or 0.0) > DUMP:
            first = kill


def _again(earlier: OomEvent, later: OomEvent) -> Verdict:
    gap = _gap(earlier, later)
    return UNKNOWN if gap is None else YES if DUMP < gap <= DAY else NO


def _gap(earlier: OomEvent, later: OomEvent) -> float | None:
    if earlier.boot == later.boot and earlier.uptime is not None and later.uptime is not None:
        return abs(later.uptime - earlier.uptime)
    return abs((later.at - earlier.at).total_seconds()) if earlier.at and later.at else None


def _explained(events: Sequence[OomEvent], agents: Sequence[str]) -> Iterator[str]:
    whole = [event for event in events if event.scope is Scope.MACHINE]
    if whole:
        yield f"the whole machine was out of memory ({len(whole)} of {len(events)} kills)"
    for group, limit in {event.cgroup: event.limit_kb for event in events if event.scope is Scope.CGROUP}.items():
        size = f" of {limit} kB" if limit else ""
        yield f"{group or 'a group'} reached its own limit{size}, while the machine may have had memory left"
    if untold := sum(event.scope is Scope.UNKNOWN for event in events):
        yield f"{untold} of {len(events)} kills do not say that the machine or a group was full"
    if agents:
        yield f"{', '.join(agents)} was silent until it started again: logs, metrics and heartbeats are missing"
    if any(event.panicked for event in events):
        yield "the kernel stopped the whole machine for lack of memory, so everything in it was silent until it booted"


def _back(end: Line | None, killed: int) -> Verdict:
    if end is None or end.at.place < killed or end.kind is Kind.RESTARTING:
        return UNKNOWN
    return YES if end.kind is Kind.STARTED else NO


def _all_back(back: dict[str, Verdict]) -> tuple[Verdict, str]:
    """Whether all agents came back; a console without such lines says nothing, as systemd seldom writes there."""
    if not back:
        return UNKNOWN, "no agent was killed as far as the console tells"
    gone = [agent for agent, verdict in back.items() if verdict is NO]
    open_ = [agent for agent, verdict in back.items() if verdict is UNKNOWN]
    if gone:
        return NO, f"systemd gave up starting {', '.join(gone)}"
    if open_:
        return UNKNOWN, f"the console does not say that {', '.join(open_)} started again: ask for the heartbeat"
    return YES, f"systemd started {', '.join(back)} again by itself"


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


class _Kill(Struct):
    """One kill while its lines are still being joined; `home` is the victim's own group."""

    event: OomEvent
    first: Moment
    at: Moment
    home: str = ""
    constrained: bool = False
    selected: bool = False

    def learn(self, **facts: Any) -> None:
        self.event = replace(self.event, **facts)

    def add(self, line: Line) -> None:
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


class _Joiner:
    """Lines in, kills out: in one pass, each line looking back at a handful of open kills at most."""

    def __init__(self) -> None:
        self.ends: dict[str, Line] = {}
        self._kills: list[_Kill] = []
        self._by_pid: dict[int, _Kill] = {}
        self._recent: deque[_Kill] = deque(maxlen=_MOST_OPEN)
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

    def finished(self) -> list[_Kill]:
        """The kills in the order of their lines, with calls of the OOM killer that no kill followed."""
        places = [kill.first.place for kill in self._kills]
        for before in [*self._unclaimed, *self._before]:
            at = bisect_left(places, before.at.place)
            tells = before.command or before.limited or before.scope
            if tells and not any(kill.at.near(before.at, DUMP) for kill in self._kills[max(0, at - 1) : at + 1]):
                kill = _Kill(event=_event(before.at), first=before.at, at=before.at)
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

    def _claim(self, kill: _Kill) -> None:
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

    def _open(self, line: Line) -> _Kill:
        kill = _Kill(event=_event(line.at), first=line.at, at=line.at)
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


def _learn(kill: _Kill, line: Line) -> None:
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


def _agent(kill: _Kill) -> str:
    """An agent's unit; its command where it ran in a container, or where only that is known."""
    event = kill.event
    units = [agent.unit for agent in AGENTS if agent.commands and event.victim.startswith(agent.commands)]
    return event.unit or (units[0] if units and not kill.home else event.victim)
