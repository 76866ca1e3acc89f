"""Whether a machine has outgrown its size: it ran out of memory again and again, its metric agrees, and a size fits.

Domain: a larger machine only mends what filled the whole machine at least twice in 24 hours. One greedy moment, or a
group at its own limit, is no reason; and what could not be told is none either.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from shared.evidence.answers import Answers
from shared.evidence.case import LOST, Case
from shared.evidence.fullness import is_too_small, recurs
from shared.evidence.memory import read_serial, times
from shared.evidence.questions import AskMachineType, AskMemoryUse, AskSerial, Question
from shared.machines.sizes import candidates, kept_by_owner, no_help, not_startable
from shared.model.evidence import UNKNOWN, YES, Finding, Verdict
from shared.model.machine import Machine, Resize
from shared.model.memory import MemoryUse, SerialOutput
from shared.model.outcomes import MachineType

MEASURED = timedelta(days=1)


def ask(case: Case, answers: Answers, machine: Machine, output: SerialOutput) -> Iterator[Question]:
    """The metric of a machine that ran out of memory again and again; if it agrees, its size and those above it."""
    if case.cause != LOST or _recurs(case, machine, output)[0] is not YES:
        return
    use = _use(case, machine)
    yield use
    if _agreed(case, answers, machine, output)[0] is not YES:
        return
    own = _type(machine, machine.machine_type)
    yield own
    size: MachineType | None = answers.value(own)
    if size is not None:
        yield from (_type(machine, name) for name in candidates(size.name, size.cpus, size.memory_mb))


def resize_of(case: Case, answers: Answers, machine: Machine) -> Resize | None:
    """The size a machine should have, or what speaks against one; None where the console gives no reason for any."""
    serial = next((one for one in answers if isinstance(one, AskSerial)), None)
    output: SerialOutput | None = answers.value(serial) if serial is not None else None
    if case.cause != LOST or output is None:
        return None
    again, why = _recurs(case, machine, output)
    if again is not YES:
        return Resize(against=f"could not tell: {why}") if again is UNKNOWN else None
    agrees, said = _agreed(case, answers, machine, output)
    if agrees is not YES:
        return Resize(against=said)
    if machine.status != "RUNNING":
        return Resize(against=f"the machine is {machine.status}, and only a running one is made larger")
    if kept := kept_by_owner(machine):
        return Resize(against=kept)
    return _chosen(answers, machine, f"{why}, and {said}")


def read(case: Case, answers: Answers, machine: Machine, output: SerialOutput) -> Iterator[Finding]:
    """What the metric says of a machine that ran out of memory again and again."""
    question = _use(case, machine)
    if question in answers and answers.unknown(question) is None:
        verdict, said = _agreed(case, answers, machine, output)
        yield Finding(asked=question.asked, verdict=verdict, said=said)


def _recurs(case: Case, machine: Machine, output: SerialOutput) -> tuple[Verdict, str]:
    return recurs(read_serial(output), output.text, machine.last_start, case.now)


def _use(case: Case, machine: Machine) -> AskMemoryUse:
    return AskMemoryUse(machine, case.now - MEASURED, case.now)


def _type(machine: Machine, name: str) -> AskMachineType:
    return AskMachineType(machine.project, machine.zone, name)


def _agreed(case: Case, answers: Answers, machine: Machine, output: SerialOutput) -> tuple[Verdict, str]:
    """Whether the metric agrees with the console."""
    question = _use(case, machine)
    use: MemoryUse | None = answers.value(question)
    if use is None:
        unknown = answers.unknown(question)
        why = unknown.said if unknown else "it was not asked"
        return UNKNOWN, f"could not tell whether the memory metric agrees: {why}"
    kills = times(read_serial(output).events, output.text, machine.last_start)
    return is_too_small(use, kills, machine.last_start, case.now)


def _chosen(answers: Answers, machine: Machine, why: str) -> Resize:
    """The first larger size that fits; the reason against each where none does."""
    own: MachineType | None = answers.value(_type(machine, machine.machine_type))
    if own is None:
        return Resize(against=f"could not tell how large {machine.machine_type} is")
    reasons = []
    for name in candidates(own.name, own.cpus, own.memory_mb):
        against = _against(answers, machine, own, name)
        if not against:
            return Resize(machine_type=name, was=own.name, why=why)
        reasons.append(against)
    untold = [one for one in reasons if one.startswith("could not tell")]
    none = f"there is no larger size of the series of {own.name} that would be known to fit"
    return Resize(against="; ".join(untold[:1] or reasons[:3]) or none)


def _against(answers: Answers, machine: Machine, own: MachineType, name: str) -> str:
    question = _type(machine, name)
    if answers.missing(question):
        return f"{machine.zone} has no {name}"
    new: MachineType | None = answers.value(question)
    if new is None:
        unknown = answers.unknown(question)
        return f"could not tell whether {name} fits: {unknown.said if unknown else 'it was not asked'}"
    return no_help(own, new) or not_startable(machine, own, new)
