"""Whether a machine's console and its agents still give a reason to reset or resize it: no evidence, no restart."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec import Struct

from shared.evidence.kernel_lines import memory_lines
from shared.evidence.memory import needed, read_serial
from shared.execution.next import Eyes
from shared.machines.question import STOPPED
from shared.model.evidence import NO, UNKNOWN, YES
from shared.model.machine import Machine
from shared.model.memory import MemoryStory, OomEvent

EVIDENCE = "evidence"
"""Under which name the last line about memory is kept."""
SILENT_FOR, ASKED_BACK = timedelta(minutes=10), timedelta(days=1)


class Reason(Struct, frozen=True, kw_only=True):
    """What speaks against a recovery, "" where nothing does, and the line of the console that speaks for it."""

    against: str = ""
    evidence: str = ""


def reason(machine: Machine, eyes: Eyes, *, larger: bool) -> Reason:
    """Whether the machine is to be reset, or made larger, by what its console and its agents say now."""
    if machine.status in STOPPED:
        return Reason(against="could not tell whether its memory ran out: the console of a stopped machine is not kept")
    output = eyes.sight.serial(machine.project, machine.zone, machine.name)
    story = read_serial(output)
    against = _against_larger(story) if larger else _against_reset(story, output.text, machine, eyes)
    quotes = story.events[-1].lines if story.events else ()
    return Reason(against=against, evidence=quotes[-1] if quotes else "")


def _against_larger(story: MemoryStory) -> str:
    """Only what fills the whole machine again and again is mended by a larger one."""
    advice = needed(story)
    if advice.resize is YES:
        return ""
    could = "could not tell whether a larger machine would help" if advice.resize is UNKNOWN else "no larger machine"
    return f"{could}: {advice.resize_why}"


def _against_reset(story: MemoryStory, text: str, machine: Machine, eyes: Eyes) -> str:
    """A reset needs a kill after which the agents were not heard any more, and ten minutes of silence."""
    advice = needed(story)
    if advice.restart is NO:
        return f"no reset: {advice.restart_why}"
    heard = eyes.sight.beat(machine.project, machine.id, eyes.now - ASKED_BACK).last
    if heard is None:
        return "" if story.agents_killed else "could not tell whether its agents are silent: none was heard or killed"
    if eyes.now - heard < SILENT_FOR:
        return f"no reset: its agents were heard at {heard:%Y-%m-%d %H:%M:%S}, so they are back, or were never gone"
    times = _times(story.events, text, machine)
    if any(at is not None and at > heard for at in times):
        return ""
    if None in times:
        return "could not tell whether memory ran out before or after its agents were last heard: no reset"
    why = f"no reset: its agents were heard at {heard:%Y-%m-%d %H:%M:%S}, after memory ran out"
    return f"{why}, so their silence has another cause"


def _times(events: tuple[OomEvent, ...], text: str, machine: Machine) -> list[datetime | None]:
    """When each kill was, as far as its line or its uptime says: none is told later than it was.

    An uptime only counts from the last start of the machine if the line is of the boot that goes on now.
    """
    boot = max((line.at.boot for line in memory_lines(text)), default=0)
    start = machine.last_start

    def time_of(event: OomEvent) -> datetime | None:
        if event.at is not None or start is None or event.uptime is None or event.boot != boot:
            return event.at
        return start + timedelta(seconds=event.uptime)

    return [time_of(event) for event in events if not event.by_hand]
