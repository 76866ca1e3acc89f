"""Memory: what the serial console tells, when the agents were last heard, and what an exhaustion does not explain."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from shared.evidence import outgrown
from shared.evidence.answers import Answers
from shared.evidence.case import BEFORE, Case
from shared.evidence.claim import NOTHING, Claim, Reading, Stage
from shared.evidence.memory import needed, read_serial
from shared.evidence.questions import AskBeat, AskFlowLogs, AskMachine, AskSerial, AskSurroundings, Question
from shared.evidence.scopes import touched_of
from shared.model.evidence import NO, UNKNOWN, YES, Finding, Verdict
from shared.model.facts import Beat, FlowLogs
from shared.model.machine import Machine
from shared.model.memory import MemoryStory, OomEvent, Scope, SerialOutput

LOST = "cred.lost_token"
CAUSES = (LOST, "log.writer", "log.flow_missing", "cred.missing", "cred.expired")
FLOW_LOGS = ("log.flow_missing", "log.writer", LOST)
NEAR = timedelta(minutes=15)
"""A kill further from a refusal than this is told, and not taken for its reason."""
MOST_KILLS = 3


def ask(case: Case, answers: Answers) -> Iterator[Question]:
    """The console and the agents of the machine, for what a killed process could explain."""
    machine = case.machine
    if machine is None or case.cause not in CAUSES:
        return
    yield machine
    yield _serial(machine)
    yield from _beat(case, answers)
    yield from _flow_logs(case, answers)
    found: Machine | None = answers.value(machine)
    output: SerialOutput | None = answers.value(_serial(machine))
    if found is None or output is None:
        return
    larger = list(outgrown.ask(case, answers, found, output))
    yield from larger
    if larger or read_serial(output).agents_killed:
        yield AskSurroundings(found)
        yield touched_of(case, found)


def read(case: Case, answers: Answers) -> Reading:
    """The kills with their scope, the agents' last sign of life, and what of the denial they explain."""
    machine = case.machine
    if machine is None or case.cause not in CAUSES or _serial(machine) not in answers:
        return NOTHING
    question = _serial(machine)
    output: SerialOutput | None = answers.value(question)
    if output is None:
        unknown = answers.unknown(question)
        why = unknown.said if unknown else "the machine does not exist any more"
        findings = (*_agents(case, answers, None), *_flows(case, answers))
        return Reading(findings=findings, claims=_lost(case, UNKNOWN, why))
    story = read_serial(output)
    killed_at = story.events[-1].at if story.events else None
    found: Machine | None = answers.value(machine)
    measured = outgrown.read(case, answers, found, output) if found is not None else ()
    findings = (*_told(question, story), *measured, *_agents(case, answers, killed_at), *_flows(case, answers))
    return Reading(findings=findings, claims=_claims(case, answers, story))


def _serial(machine: AskMachine) -> AskSerial:
    return AskSerial(machine.project, machine.zone, machine.instance)


def _beat(case: Case, answers: Answers) -> list[AskBeat]:
    """The question about the agents, once the machine's number is known."""
    found: Machine | None = answers.value(case.machine) if case.machine else None
    return [AskBeat(found.project, found.id, case.at - BEFORE)] if found is not None else []


def _flow_logs(case: Case, answers: Answers) -> list[AskFlowLogs]:
    found: Machine | None = answers.value(case.machine) if case.machine else None
    asked = found is not None and case.cause in FLOW_LOGS
    return [AskFlowLogs(subnet) for subnet in found.subnetworks[:1]] if asked and found is not None else []


def _told(question: AskSerial, story: MemoryStory) -> Iterator[Finding]:
    lost = f"; {story.lost} earlier bytes are no longer kept" if story.lost else ""
    if not story.events:
        said = f"no process was killed for lack of memory, as far as the console is kept{lost}"
        yield Finding(asked=question.asked, verdict=UNKNOWN if story.lost else NO, said=said)
        return
    for event in story.events[-MOST_KILLS:]:
        quoted = event.lines[-1] if event.lines else ""
        yield Finding(asked=question.asked, verdict=YES, said=f"{_kill_said(event)}: {quoted}")
    advice = needed(story)
    yield Finding(asked="would a larger machine help?", verdict=advice.resize, said=advice.resize_why)
    yield Finding(asked="did the killed agents start again alone?", verdict=story.back_alone, said=story.back_why)
    for one in story.explains[:MOST_KILLS]:
        yield Finding(asked="what does that explain?", verdict=YES, said=one)
    for one in story.not_explained:
        yield Finding(asked="what does it not explain?", verdict=NO, said=one)


def _kill_said(event: OomEvent) -> str:
    whose = {Scope.MACHINE: "the whole machine's memory", Scope.CGROUP: f"the limit of {event.cgroup or 'a group'}"}
    return f"{event.victim or 'a process'} was killed at {whose.get(event.scope, 'a limit that is not told')}"


def _agents(case: Case, answers: Answers, killed_at: datetime | None) -> Iterator[Finding]:
    """When the agents were last heard: after the kill, where its time is known, else after the refusal."""
    for question in _beat(case, answers):
        beat: Beat | None = answers.value(question)
        if beat is None:
            continue
        if beat.last is None:
            yield Finding(asked=question.asked, verdict=NO, said="nothing was heard of them within a day before")
            continue
        at = killed_at or case.at
        codes = f", reporting {', '.join(beat.codes)}" if beat.codes else ""
        silent = "" if beat.last >= at else "; silent since"
        said = f"last heard at {beat.last:%Y-%m-%d %H:%M:%S}{codes}{silent}"
        yield Finding(asked=question.asked, verdict=NO if silent else YES, said=said)


def _flows(case: Case, answers: Answers) -> Iterator[Finding]:
    for question in _flow_logs(case, answers):
        logs: FlowLogs | None = answers.value(question)
        if logs is not None:
            sampled = f", {logs.sampling:.0%} of the flows" if logs.sampling is not None else ""
            said = f"on{sampled}" if logs.enabled else "off: no role of the machine's account changes that"
            yield Finding(asked=question.asked, verdict=YES if logs.enabled else NO, said=said)


def _claims(case: Case, answers: Answers, story: MemoryStory) -> tuple[Claim, ...]:
    """An exhaustion is a cause of lost tokens and missing logs, never of a refusal."""
    kills = [event for event in story.events if not event.by_hand]
    if not kills:
        why = "the console tells of no kill for lack of memory"
        return _lost(case, UNKNOWN if story.lost else NO, why)
    near = [event for event in kills if event.at is None or abs(event.at - case.at) <= NEAR]
    if not near:
        why = f"{_kill_said(kills[-1])} at {kills[-1].at:%Y-%m-%d %H:%M}, which is not near the refusal"
        return _lost(case, UNKNOWN, why)
    back = f"; {story.back_why}" if story.agents_killed else ""
    heard = next((one.said for one in _agents(case, answers, near[-1].at)), "whether the agents are back was not told")
    why = f"{_kill_said(near[-1])}{back}; agents: {heard}"
    return (Claim(stage=Stage.MEMORY, cause=LOST, verdict=YES, why=why),)


def _lost(case: Case, verdict: Verdict, why: str) -> tuple[Claim, ...]:
    return (Claim(stage=Stage.MEMORY, cause=LOST, verdict=verdict, why=why),) if case.cause == LOST else ()
