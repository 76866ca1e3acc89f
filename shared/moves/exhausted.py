"""Whether a machine's console and its agents still give a reason to reset or resize it: no evidence, no restart."""

from __future__ import annotations

from datetime import timedelta

from msgspec import Struct

from shared.evidence.fullness import is_too_small, recurs
from shared.evidence.memory import needed, read_serial, times
from shared.execution.next import Eyes
from shared.machines.question import STOPPED
from shared.model.evidence import NO, UNKNOWN, YES
from shared.model.machine import Machine
from shared.model.memory import MemoryStory

EVIDENCE = "evidence"
"""Under which name the last line about memory is kept."""
SILENT_FOR, ASKED_BACK, MEASURED = timedelta(minutes=10), timedelta(days=1), timedelta(days=1)


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
    against = (
        _against_larger(story, output.text, machine, eyes)
        if larger
        else _against_reset(story, output.text, machine, eyes)
    )
    quotes = story.events[-1].lines if story.events else ()
    return Reason(against=against, evidence=quotes[-1] if quotes else "")


def _against_larger(story: MemoryStory, text: str, machine: Machine, eyes: Eyes) -> str:
    """Only what fills the whole machine again and again, and is measured to do so, is mended by a larger one."""
    again, why = recurs(story, text, machine.last_start, eyes.now)
    if again is not YES:
        could = "could not tell whether a larger machine would help" if again is UNKNOWN else "no larger machine"
        return f"{could}: {why}"
    use = eyes.sight.memory_use(machine, eyes.now - MEASURED, eyes.now)
    kills = times(story.events, text, machine.last_start)
    agrees, said = is_too_small(use, kills, machine.last_start, eyes.now)
    return "" if agrees is YES else f"no larger machine: {said}"


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
    kills = [event for event in story.events if not event.by_hand]
    at = times(kills, text, machine.last_start)
    if any(one is not None and one > heard for one in at):
        return ""
    if None in at:
        return "could not tell whether memory ran out before or after its agents were last heard: no reset"
    why = f"no reset: its agents were heard at {heard:%Y-%m-%d %H:%M:%S}, after memory ran out"
    return f"{why}, so their silence has another cause"
