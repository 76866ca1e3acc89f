"""Memory: what the serial console tells, when the agents were last heard, and what an exhaustion does not explain."""

from __future__ import annotations

from collections.abc import Iterator

from shared.evidence.answers import Answers
from shared.evidence.case import BEFORE, Case
from shared.evidence.claim import NOTHING, Claim, Reading, Stage
from shared.evidence.memory import needed, read_serial
from shared.evidence.questions import AskBeat, AskFlowLogs, AskMachine, AskSerial, Question
from shared.model.evidence import NO, UNKNOWN, YES, Finding
from shared.model.facts import Beat, FlowLogs
from shared.model.machine import Machine
from shared.model.memory import MemoryStory, OomEvent, SerialOutput

LOST = "cred.lost_token"
CAUSES = (LOST, "log.writer", "log.flow_missing", "cred.missing", "cred.expired")
FLOW_LOGS = ("log.flow_missing", "log.writer", LOST)


def ask(case: Case, answers: Answers) -> Iterator[Question]:
    """The console and the agents of the machine, for what a killed process could explain."""
    machine = case.machine
    if machine is None or case.cause not in CAUSES:
        return
    yield machine
    yield _serial(machine)
    found: Machine | None = answers.value(machine)
    if found is not None:
        yield AskBeat(machine.project, found.id, case.at - BEFORE)
        if case.cause in FLOW_LOGS and found.subnetworks:
            yield AskFlowLogs(found.subnetworks[0])


def read(case: Case, answers: Answers) -> Reading:
    """The kills with their scope, the agents' last sign of life, and what of the denial they explain."""
    machine = case.machine
    if machine is None or case.cause not in CAUSES or _serial(machine) not in answers:
        return NOTHING
    question = _serial(machine)
    findings = [*_agents(case, answers), *_flow_logs(answers)]
    output: SerialOutput | None = answers.value(question)
    if output is None:
        unknown = answers.unknown(question)
        gone = Finding(asked=question.asked, verdict=UNKNOWN, said="the machine does not exist any more")
        claim = Claim(stage=Stage.MEMORY, cause=LOST, verdict=UNKNOWN, why=(unknown or gone).said)
        return Reading(findings=(unknown or gone, *findings), claims=(claim,) if case.cause == LOST else ())
    story = read_serial(output)
    findings[:0] = _told(question, story)
    return Reading(findings=tuple(findings), claims=_claims(case, answers, story))


def story_of(case: Case, answers: Answers) -> MemoryStory | None:
    """What the console told, None where it was not asked or did not answer."""
    output: SerialOutput | None = answers.value(_serial(case.machine)) if case.machine else None
    return read_serial(output) if output is not None else None


def _serial(machine: AskMachine) -> AskSerial:
    return AskSerial(machine.project, machine.zone, machine.instance)


def _told(question: AskSerial, story: MemoryStory) -> list[Finding]:
    lost = f"; {story.lost} earlier bytes are no longer kept" if story.lost else ""
    if not story.events:
        said = f"no process was killed for lack of memory, as far as the console is kept{lost}"
        return [Finding(asked=question.asked, verdict=UNKNOWN if story.lost else NO, said=said)]
    found = [
        Finding(asked=question.asked, verdict=YES, said=f"{_kill_said(event)}: {event.lines[0] if event.lines else ''}")
        for event in story.events[-3:]
    ]
    advice = needed(story)
    found.append(Finding(asked="would a larger machine help?", verdict=advice.resize, said=advice.resize_why))
    found += [Finding(asked="what does that explain?", verdict=YES, said=one) for one in story.explains[:3]]
    found += [Finding(asked="what does it not explain?", verdict=NO, said=one) for one in story.not_explained[:3]]
    return found


def _kill_said(event: OomEvent) -> str:
    whose = {"machine": "the whole machine's memory", "cgroup": f"the limit of {event.cgroup or 'a group'}"}
    return f"{event.victim or 'a process'} was killed at {whose.get(event.scope, 'a limit that is not told')}"


def _agents(case: Case, answers: Answers) -> list[Finding]:
    """When the agents were last heard."""
    for question in answers:
        if not isinstance(question, AskBeat):
            continue
        if unknown := answers.unknown(question):
            return [unknown]
        beat: Beat | None = answers.value(question)
        if beat is None:
            return []
        if beat.last is None:
            return [Finding(asked=question.asked, verdict=NO, said="nothing was heard of them within a day before")]
        heard = f"last heard at {beat.last:%Y-%m-%d %H:%M:%S}"
        alive = beat.last >= case.at
        codes = f", reporting {', '.join(beat.codes)}" if beat.codes else ""
        return [Finding(asked=question.asked, verdict=YES if alive else NO, said=f"{heard}{codes}")]
    return []


def _flow_logs(answers: Answers) -> list[Finding]:
    for question in answers:
        if not isinstance(question, AskFlowLogs):
            continue
        if unknown := answers.unknown(question):
            return [unknown]
        logs: FlowLogs | None = answers.value(question)
        if logs is not None:
            sampled = f", {logs.sampling:.0%} of the flows" if logs.sampling is not None else ""
            said = f"on{sampled}" if logs.enabled else "off: no role of the machine's account changes that"
            return [Finding(asked=question.asked, verdict=YES if logs.enabled else NO, said=said)]
    return []


def _claims(case: Case, answers: Answers, story: MemoryStory) -> tuple[Claim, ...]:
    """An exhaustion is a cause of lost tokens and missing logs, never of a refusal."""
    if not story.events:
        verdict = UNKNOWN if story.lost else NO
        why = "the console tells of no kill for lack of memory"
        return (Claim(stage=Stage.MEMORY, cause=LOST, verdict=verdict, why=why),) if case.cause == LOST else ()
    back = f"; {story.back_why}" if story.back_why else ""
    last = story.events[-1]
    heard = next((one.said for one in _agents(case, answers)), "whether the agents are back was not told")
    why = f"{_kill_said(last)}{back}; agents: {heard}"
    return (Claim(stage=Stage.MEMORY, cause=LOST, verdict=YES, why=why),)
