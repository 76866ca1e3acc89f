"""What a serial console says about memory exhaustion: the lines of each kill joined, then read; no clock, no cloud.

Things that are often told as one are held apart here: the process that "invoked oom-killer" is seldom the victim, a
full group is not a full machine, and an exhausted guest does not make a 403.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from shared.evidence.kernel_lines import AGENTS, Kind, Line, memory_lines
from shared.evidence.kills import DUMP, Joiner, Kill
from shared.model.evidence import NO, UNKNOWN, YES, Verdict
from shared.model.memory import Killer, MemoryStory, OomEvent, Recovery, Scope, SerialOutput

DAY = 86_400.0
_NOT_EXPLAINED = (
    "a 403: a killed process sends nothing, and one without a token is unauthenticated, so a refusal has its own cause",
    "an unavailable metadata server: it runs on the host, outside the guest, where the guest's kernel kills nothing",
    "missing tokens by way of the guest agent: client libraries fetch them; OOMScoreAdjust=-999 protects the agent",
    "missing VPC flow logs: the host samples them, without any agent or service account of the machine",
    "a restart after granting a role: a role works without one",
)


def read_serial(output: SerialOutput) -> MemoryStory:
    """Everything a console says about memory: the kills, the agents among them, and what that explains."""
    joiner = Joiner()
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


def times(events: Sequence[OomEvent], text: str, started: datetime | None) -> list[datetime | None]:
    """When each kill was, None where that is not told: by its line, or by its uptime on the machine that runs now.

    An uptime only counts from the last start if the line is of the boot that goes on now. Where the guest booted anew
    since, the kill was later than is told here, never earlier.
    """
    boot = max((line.at.boot for line in memory_lines(text)), default=0)
    return [
        started + timedelta(seconds=event.uptime)
        if event.at is None and started is not None and event.uptime is not None and event.boot == boot
        else event.at
        for event in events
    ]


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


def _agent(kill: Kill) -> str:
    """An agent's unit; its command where it ran in a container, or where only that is known."""
    event = kill.event
    units = [agent.unit for agent in AGENTS if agent.commands and event.victim.startswith(agent.commands)]
    return event.unit or (units[0] if units and not kill.home else event.victim)
