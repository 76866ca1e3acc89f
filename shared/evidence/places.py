"""Where a fix would be made: its projects by id and number, their folders, and whether they are in our organisation."""

from __future__ import annotations

from collections.abc import Iterator

from shared.evidence import apis
from shared.evidence.answers import Answers
from shared.evidence.case import MOST_CHECKED, Case, as_project
from shared.evidence.claim import Claim, Reading, Stage, together
from shared.evidence.questions import AskAncestry, AskProject, Question
from shared.model.evidence import NO, UNKNOWN, YES, Finding, Verdict
from shared.model.facts import Project

INVALID = "project.invalid"


def ask(case: Case, answers: Answers) -> Iterator[Question]:
    """Each project that something would be changed in, and what it stands under."""
    for place in _places(case, answers):
        yield AskProject(place)
        yield AskAncestry(place)


def read(case: Case, answers: Answers) -> Reading:
    """Whether the projects are in use, and belong to the organisation that the operators named."""
    return together(_read_one(case, answers, place) for place in _places(case, answers))


def is_outside(case: Case, answers: Answers) -> bool:
    """Whether anything that would be changed is known to stand outside the organisation that the operators named."""
    return any(_is_ours(case, answers, place) is NO for place in _places(case, answers))


def _read_one(case: Case, answers: Answers, place: str) -> Reading:
    found: Project | None = answers.value(AskProject(place))
    question = AskAncestry(place)
    line: tuple[str, ...] | None = answers.value(question)
    findings: tuple[Finding, ...] = ()
    if line:
        said, ours = _said(case, found, line), _is_ours(case, answers, place)
        findings = (Finding(asked=question.asked, verdict=ours, said=said),)
    elif answers.missing(question):
        findings = (Finding(asked=question.asked, verdict=NO, said=f"{place} does not exist"),)
    if found is None or (found.active and case.cause != INVALID):
        return Reading(findings=findings)
    state = "is in use" if found.active else "is not active: it is being deleted"
    why = f"the project {found.id} ({found.number}) {state}"
    finding = Finding(asked=AskProject(place).asked, verdict=YES if found.active else NO, said=why)
    verdict = NO if found.active else YES
    claim = Claim(stage=Stage.EXISTENCE, cause=INVALID, verdict=verdict, why=why)
    return Reading(findings=(*findings, finding), claims=(claim,))


def _places(case: Case, answers: Answers) -> list[str]:
    """The projects of the targets, the consumer whose API may be off, and the machine's, each once."""
    api = apis.service_of(case, answers)
    found = [one.project for one in case.checked[:MOST_CHECKED]]
    found.append(api.project if api is not None else None)
    found.append(f"projects/{case.machine.project}" if case.machine is not None and case.from_machine else None)
    resource = case.denial.names.resource
    found.append(as_project(resource.text) if resource is not None and case.cause == INVALID else None)
    return list(dict.fromkeys(place for place in found if place))


def _is_ours(case: Case, answers: Answers, place: str) -> Verdict:
    line: tuple[str, ...] | None = answers.value(AskAncestry(place))
    if not case.ours.organization or not line:
        return UNKNOWN
    return YES if line[-1] == f"organizations/{case.ours.organization}" else NO


def _said(case: Case, found: Project | None, line: tuple[str, ...]) -> str:
    path = " in ".join(line)
    named = f"{found.id}: {path}" if found is not None else path
    if not case.ours.organization:
        return f"{named}; whether that is ours cannot be told before UNFORBID_ORGANIZATION is set"
    return named
