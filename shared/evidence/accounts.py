"""Whether the service accounts of a denial exist and are enabled: the caller, and the one that was asked for."""

from __future__ import annotations

from collections.abc import Iterator

from shared.evidence.answers import Answers
from shared.evidence.case import Case
from shared.evidence.claim import Claim, Reading, Stage
from shared.evidence.questions import AskAccount, Question
from shared.evidence.who import caller_of, own_project
from shared.model.evidence import NO, YES, Finding


def ask(case: Case, answers: Answers) -> Iterator[Question]:
    """Each user-managed account that the denial is about."""
    for email in _accounts(case, answers):
        yield AskAccount(email)


def read(case: Case, answers: Answers) -> Reading:
    """A missing or disabled account is a cause by itself, whatever roles there are."""
    findings: list[Finding] = []
    claims: list[Claim] = []
    caller = caller_of(case, answers)
    for email in _accounts(case, answers):
        question = AskAccount(email)
        account = answers.value(question)
        if unknown := answers.unknown(question):
            findings.append(unknown)
        elif answers.missing(question):
            findings.append(Finding(asked=question.asked, verdict=NO, said=f"{email} does not exist"))
            claims.append(_gone(email, is_caller=email == caller))
        elif account is not None and account.disabled:
            findings.append(Finding(asked=question.asked, verdict=NO, said=f"{email} exists and is disabled"))
            why = f"{email} is disabled: somebody did that, possibly on purpose; it is never enabled by a machine"
            claims.append(Claim(stage=Stage.PRINCIPAL, cause="principal.disabled", verdict=YES, why=why))
        elif account is not None:
            said = f"{email} exists (unique id {account.unique_id}) and is enabled"
            findings.append(Finding(asked=question.asked, verdict=YES, said=said))
    return Reading(findings=tuple(findings), claims=tuple(claims))


def _accounts(case: Case, answers: Answers) -> list[str]:
    """The caller and the target account, where an address tells which project owns them."""
    named = [caller_of(case, answers), case.denial.names.account]
    if case.denial.names.resource is not None:
        named.append(case.denial.names.resource.part("serviceAccounts"))
    return list(dict.fromkeys(email for email in named if email and own_project(email)))


def _gone(email: str, *, is_caller: bool) -> Claim:
    if is_caller:
        why = f"{email} does not exist any more; it can be undeleted for 30 days, a new one needs its own bindings"
        return Claim(stage=Stage.PRINCIPAL, cause="principal.deleted", verdict=YES, why=why)
    why = f"the account {email} does not exist, and the same refusal is given for that: correct the name"
    return Claim(stage=Stage.EXISTENCE, cause="iam.not_found", verdict=YES, why=why)
