"""Whether the service accounts of a denial exist and are enabled: the caller, and the one that was asked for."""

from __future__ import annotations

from collections.abc import Iterator

from shared.evidence.answers import Answers
from shared.evidence.case import Case
from shared.evidence.claim import Claim, Reading, Stage, together
from shared.evidence.owner import own_project
from shared.evidence.questions import AskAccount, Question
from shared.evidence.who import caller_of
from shared.model.evidence import NO, YES, Finding
from shared.model.facts import Account

DELETED, DISABLED = "principal.deleted", "principal.disabled"


def ask(case: Case, answers: Answers) -> Iterator[Question]:
    """Each account of a project that the denial is about."""
    for email in _accounts(case, answers):
        yield AskAccount(email)


def read(case: Case, answers: Answers) -> Reading:
    """A missing or disabled account is a cause by itself, whatever roles there are."""
    caller = caller_of(case, answers)
    return together(_read_one(case, answers, email, is_caller=email == caller) for email in _accounts(case, answers))


def _read_one(case: Case, answers: Answers, email: str, *, is_caller: bool) -> Reading:
    question = AskAccount(email)
    if answers.missing(question):
        finding = Finding(asked=question.asked, verdict=NO, said=f"{email} does not exist")
        return Reading(findings=(finding,), claims=(_gone(case, email, is_caller=is_caller),))
    account: Account | None = answers.value(question)
    if account is None:
        return Reading()
    if account.disabled:
        finding = Finding(asked=question.asked, verdict=NO, said=f"{email} exists and is disabled")
        why = f"{email} is disabled: somebody did that, possibly on purpose; it is never enabled by a machine"
        return Reading(
            findings=(finding,), claims=(Claim(stage=Stage.PRINCIPAL, cause=DISABLED, verdict=YES, why=why),)
        )
    said = f"{email} exists (unique id {account.unique_id}) and is enabled"
    claim = Claim(stage=Stage.PRINCIPAL, cause=case.cause, verdict=NO, why=said)
    return Reading(
        findings=(Finding(asked=question.asked, verdict=YES, said=said),),
        claims=(claim,) if case.cause in (DELETED, DISABLED) else (),
    )


def _accounts(case: Case, answers: Answers) -> list[str]:
    """The caller and the target account, where an address tells which project owns them."""
    named = [caller_of(case, answers), case.denial.names.account]
    if case.denial.names.resource is not None:
        named.append(case.denial.names.resource.part("serviceAccounts"))
    return list(dict.fromkeys(email for email in named if email and own_project(email)))


def _gone(case: Case, email: str, *, is_caller: bool) -> Claim:
    if is_caller or case.cause in (DELETED, DISABLED):
        why = f"{email} does not exist any more; it can be undeleted for 30 days, a new one needs its own bindings"
        return Claim(stage=Stage.PRINCIPAL, cause=DELETED, verdict=YES, why=why)
    why = f"the account {email} does not exist, and the same refusal is given for that: correct the name"
    return Claim(stage=Stage.EXISTENCE, cause="iam.not_found", verdict=YES, why=why)
