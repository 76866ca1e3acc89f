"""Whether the API is on in the project that the call is accounted to."""

from __future__ import annotations

from collections.abc import Iterator

from shared.evidence.answers import Answers, Reason, Unanswered
from shared.evidence.case import CREDENTIALS, Case
from shared.evidence.claim import NOTHING, Claim, Reading, Stage
from shared.evidence.history import SPREADS_FOR, changes_of, switched
from shared.evidence.owner import own_project
from shared.evidence.questions import AskService, Question
from shared.evidence.who import caller_of
from shared.model.evidence import NO, UNKNOWN, YES, Finding
from shared.model.names import is_target

API = "api.disabled"


def ask(case: Case, answers: Answers) -> Iterator[Question]:
    """The state of the API in the consumer project that the error names, or in the caller's own for impersonation."""
    question = service_of(case, answers)
    if question is not None:
        yield question
        if case.cause == API or answers.value(question) is False:
            yield changes_of(case, question.project)


def read(case: Case, answers: Answers) -> Reading:
    """Off: that is a cause. On: since when. Not ours to see: could not tell."""
    question = service_of(case, answers)
    if question is None or question not in answers:
        return NOTHING
    found = answers.raw(question)
    if isinstance(found, Unanswered):
        return _untold(case, question, found)
    return _on(case, answers, question) if found else _off(case, answers, question)


def service_of(case: Case, answers: Answers) -> AskService | None:
    """The API and project to ask about, None where the call got past that check or they are not known."""
    service = case.denial.names.service
    if case.reached_iam or not service or not is_target(f"//{service}/services"):
        return None
    if case.denial.names.consumer is not None:
        return AskService(case.consumer, service) if case.consumer else None
    caller = caller_of(case, answers)
    own = own_project(caller) if caller else None
    return AskService(own, service) if own and service == CREDENTIALS else None


def _off(case: Case, answers: Answers, question: AskService) -> Reading:
    why = f"{question.service} is off in {question.project}, which the call is accounted to"
    decided = ""
    for change in switched(case, answers, question.project, "Disable", question.service)[:1]:
        decided = f"{change.by} switched it off at {change.at:%Y-%m-%d %H:%M}: ask before it is switched on"
        why = f"{why}; {decided}"
    return _reading(question, Claim(stage=Stage.API, cause=API, verdict=YES, why=why, decided=decided), on=False)


def _on(case: Case, answers: Answers, question: AskService) -> Reading:
    if case.cause != API:
        return Reading(findings=(_finding(question, on=True),))
    enabled = switched(case, answers, question.project, "Enable", question.service)
    if any(case.at - SPREADS_FOR <= change.at <= case.at for change in enabled):
        why = f"{question.service} was switched on minutes before the call and is still spreading: retry"
        return _reading(question, Claim(stage=Stage.API, cause="iam.propagation", verdict=YES, why=why), on=True)
    when = f"since {enabled[0].at:%Y-%m-%d %H:%M} by {enabled[0].by}" if enabled else "by now"
    why = f"{question.service} is on in {question.project} {when}: nothing is left to switch on, try the call again"
    return _reading(question, Claim(stage=Stage.API, cause=API, verdict=NO, why=why), on=True)


def _reading(question: AskService, claim: Claim, *, on: bool) -> Reading:
    return Reading(findings=(_finding(question, on=on),), claims=(claim,))


def _finding(question: AskService, *, on: bool) -> Finding:
    state = "ENABLED" if on else "DISABLED"
    said = f"Service Usage: {question.service} is {state} in {question.project}"
    return Finding(asked=question.asked, verdict=YES if on else NO, said=said)


def _untold(case: Case, question: AskService, found: Unanswered) -> Reading:
    why = found.said
    if found.reason in (Reason.MISSING, Reason.NOT_ALLOWED):
        why = f"{found.said}; {question.project} may not be one of ours: nothing is enabled in what we cannot see"
    finding = Finding(asked=question.asked, verdict=UNKNOWN, said=why, missing=found.missing)
    claim = Claim(stage=Stage.API, cause=API, verdict=UNKNOWN, why=why)
    return Reading(findings=(finding,), claims=(claim,) if case.cause == API else ())
