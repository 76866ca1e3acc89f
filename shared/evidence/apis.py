"""Whether the API is on in the project that the call is accounted to."""

from __future__ import annotations

from collections.abc import Iterator

from shared.evidence.answers import Answers, Reason, Unanswered
from shared.evidence.case import Case
from shared.evidence.claim import NOTHING, Claim, Reading, Stage
from shared.evidence.ladder import SPREADS_FOR, changes_of
from shared.evidence.questions import AskProject, AskService, Question
from shared.evidence.who import CREDENTIALS, caller_of, own_project
from shared.model.evidence import NO, UNKNOWN, YES, Finding
from shared.model.facts import Change

API = "api.disabled"


def ask(case: Case, answers: Answers) -> Iterator[Question]:
    """The state of the API in the consumer project that the error names, or in the caller's own for impersonation."""
    question = _service(case, answers)
    if question is None:
        return
    yield question
    if case.cause == API:
        yield AskProject(question.project)
        yield changes_of(case, question.project)


def read(case: Case, answers: Answers) -> Reading:
    """Off: that is a cause. On: since when. Not ours to see: could not tell."""
    question = _service(case, answers)
    if question is None or question not in answers:
        return NOTHING
    found = answers.raw(question)
    if isinstance(found, Unanswered):
        return _untold(question, found)
    changed = answers.value(changes_of(case, question.project)) or ()
    return _on(case, question, changed) if found else _off(question, changed)


def _service(case: Case, answers: Answers) -> AskService | None:
    """The API and project to ask about, None where the call got past that check or they are not known."""
    names = case.denial.names
    if case.reached_iam or not names.service:
        return None
    if names.consumer:
        return AskService(names.consumer, names.service)
    caller = caller_of(case, answers)
    own = own_project(caller) if caller else None
    return AskService(own, names.service) if own and names.service == CREDENTIALS else None


def _off(question: AskService, changed: tuple[Change, ...]) -> Reading:
    said = f"Service Usage: {question.service} is DISABLED in {question.project}"
    why = f"{question.service} is off in {question.project}, which the call is accounted to"
    for change in changed:
        if change.method.endswith("DisableService") and question.service in change.resource:
            why = f"{why}; {change.by} switched it off at {change.at:%Y-%m-%d %H:%M}: ask before it is switched on"
    finding = Finding(asked=question.asked, verdict=NO, said=said)
    return Reading(findings=(finding,), claims=(Claim(stage=Stage.API, cause=API, verdict=YES, why=why),))


def _on(case: Case, question: AskService, changed: tuple[Change, ...]) -> Reading:
    finding = Finding(asked=question.asked, verdict=YES, said=f"Service Usage: {question.service} is ENABLED")
    if case.cause != API:
        return Reading(findings=(finding,))
    enabled = [one for one in changed if "EnableService" in one.method and question.service in one.resource]
    if any(case.at - SPREADS_FOR <= one.at <= case.at for one in enabled):
        why = f"{question.service} was switched on minutes before the call and is still spreading: retry"
        return Reading(
            findings=(finding,),
            claims=(Claim(stage=Stage.SPREADING, cause="iam.propagation", verdict=YES, why=why),),
        )
    when = f"since {enabled[0].at:%Y-%m-%d %H:%M} by {enabled[0].by}" if enabled else "by now"
    why = f"{question.service} is on in {question.project} {when}: nothing is left to switch on, try the call again"
    return Reading(findings=(finding,), claims=(Claim(stage=Stage.API, cause=API, verdict=NO, why=why),))


def _untold(question: AskService, found: Unanswered) -> Reading:
    said = found.said
    if found.reason in (Reason.MISSING, Reason.NOT_ALLOWED):
        said = f"{found.said}; {question.project} may not be one of ours: nothing is enabled in what we cannot see"
    finding = Finding(asked=question.asked, verdict=UNKNOWN, said=said, missing=found.missing)
    return Reading(findings=(finding,), claims=(Claim(stage=Stage.API, cause=API, verdict=UNKNOWN, why=said),))
