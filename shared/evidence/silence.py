"""Whether agents that were killed for lack of memory stay silent since: the only reason there is for a reset.

Domain: no reset without a kill after the last sign of life and ten minutes of silence; what is back needs none.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from msgspec import Struct

from shared.evidence import scopes
from shared.evidence.answers import Answers
from shared.evidence.case import WRITES_LOGS, Case
from shared.evidence.memory import needed, read_serial, times
from shared.evidence.questions import AskAccess, AskBeat, AskSerial
from shared.model.evidence import NO, UNKNOWN, YES
from shared.model.facts import Access, AccessState, Beat
from shared.model.machine import Machine
from shared.model.memory import MemoryStory, SerialOutput

SILENT_FOR = timedelta(minutes=10)
"""From when on agents that were not heard count as silent."""


class Silence(Struct, frozen=True, kw_only=True):
    """What speaks for a reset, and what speaks against it, "" where nothing does."""

    why: str = ""
    against: str = ""


def silence_of(case: Case, answers: Answers, machine: Machine) -> Silence | None:
    """What the console and the agents say of a reset; None where the console tells of no kill."""
    serial = next((one for one in answers if isinstance(one, AskSerial)), None)
    output: SerialOutput | None = answers.value(serial) if serial is not None else None
    story = read_serial(output) if output is not None else None
    if output is None or story is None or not story.events:
        return None
    against = next(_against(case, answers, machine, story, output), "")
    killed = ", ".join(story.agents_killed)
    return Silence(why=f"{killed} was killed for lack of memory and not heard since", against=against)


def _against(case: Case, answers: Answers, machine: Machine, story: MemoryStory, output: SerialOutput) -> Iterator[str]:
    advice = needed(story)
    if advice.restart is NO:
        yield advice.restart_why
    if not story.agents_killed:
        yield "no agent was killed, as far as the console tells"
    if machine.status != "RUNNING":
        yield f"the machine is {machine.status}, and only a running one is reset"
    yield from _unheard(case, answers, machine)
    beats = [one for one in answers if isinstance(one, AskBeat)]
    beat: Beat | None = answers.value(beats[0]) if beats else None
    if beat is None:
        yield "could not tell whether the agents are silent"
        return
    last, asked_from = beat.last, beats[0].since
    if last is not None and case.now - last < SILENT_FOR:
        yield f"the agents were heard at {last:%Y-%m-%d %H:%M:%S}: they are back, or were never gone"
    silent_from = last if last is not None else asked_from + SILENT_FOR
    kills = [event for event in story.events if event.is_agent]
    told = times(kills, output.text, machine.last_start)
    after = [at for at in told if at is not None and silent_from < at <= case.now]
    open_ = any(event.at is None for event in kills)  # what was told by an uptime may have been later
    if last is None and after:
        yield "the agents were silent for a day before they were killed: their silence has another cause"
    elif last is not None and not after:
        yield (
            "could not tell whether memory ran out before or after the agents were last heard"
            if open_
            else f"the agents were heard at {last:%Y-%m-%d %H:%M:%S}, after memory ran out"
        )
    elif last is None and open_:
        yield "could not tell whether the agents were heard before they were killed"


def _unheard(case: Case, answers: Answers, machine: Machine) -> Iterator[str]:
    """Why agents that run would not be heard: they write logs with the machine's credential, as any call is made."""
    asked = [one for one in answers if isinstance(one, AskAccess) and one.permission == WRITES_LOGS]
    seen: Access | None = answers.value(asked[0]) if asked else None
    narrow, _ = scopes.too_narrow(case, machine)
    if narrow is YES or (seen is not None and seen.allowed is NO):
        yield "the agents may not write logs, which is why they are silent: mend that first"
    elif narrow is UNKNOWN or seen is None or seen.state is not AccessState.CAN:
        yield "could not tell whether the agents may write logs at all"
