"""Where the target stands: its project by id and number, its folders, and whether it is in our organisation."""

from __future__ import annotations

from collections.abc import Iterator

from shared.evidence.answers import Answers
from shared.evidence.case import Case
from shared.evidence.claim import NOTHING, Reading
from shared.evidence.questions import AskAncestry, AskProject, Question
from shared.model.evidence import NO, UNKNOWN, YES, Finding, Verdict


def ask(case: Case, _: Answers) -> Iterator[Question]:
    """The project of the target, and what it stands under."""
    place = _place(case)
    if place is not None:
        yield AskProject(place)
        yield AskAncestry(place)


def read(case: Case, answers: Answers) -> Reading:
    """Whether the target belongs to the organisation that the operators named."""
    place = _place(case)
    if place is None or AskAncestry(place) not in answers:
        return NOTHING
    question = AskAncestry(place)
    if unknown := answers.unknown(question):
        return Reading(findings=(unknown,))
    line = answers.value(question)
    if line is None:
        return Reading(findings=(Finding(asked=question.asked, verdict=NO, said=f"{place} does not exist"),))
    return Reading(findings=(Finding(asked=question.asked, verdict=_is_ours(case, line), said=_said(case, line)),))


def is_outside(case: Case, answers: Answers) -> bool:
    """Whether the target is known to stand outside the organisation that the operators named."""
    place = _place(case)
    line: tuple[str, ...] = (answers.value(AskAncestry(place)) if place else None) or ()
    return bool(case.ours.organization and line) and _is_ours(case, line) is NO


def _place(case: Case) -> str | None:
    return case.project or case.denial.names.consumer


def _is_ours(case: Case, line: tuple[str, ...]) -> Verdict:
    if not case.ours.organization:
        return UNKNOWN
    return YES if line[-1] == f"organizations/{case.ours.organization}" else NO


def _said(case: Case, line: tuple[str, ...]) -> str:
    path = " in ".join(line)
    if not case.ours.organization:
        return f"{path}; whether that is ours cannot be told before UNFORBID_ORGANIZATION is set"
    return path
