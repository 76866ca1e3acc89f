"""Whether the machine's access scopes cover the call: asked before IAM, because the API front end asks it first."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import islice

from shared.evidence.answers import Answers
from shared.evidence.case import CONTAINERS_HOST, Case
from shared.evidence.claim import NOTHING, Claim, Reading, Stage
from shared.evidence.denying import MOST_ABOVE
from shared.evidence.paths import path_in
from shared.evidence.questions import AskAccount, AskAncestry, AskPolicy, AskRole, AskSurroundings, AskTouched, Question
from shared.machines.conditions import LATELY
from shared.machines.methods import taken
from shared.machines.scopes import least_scope, satisfied, scopes_for, short
from shared.model.evidence import NO, UNKNOWN, YES, Finding, Verdict
from shared.model.facts import Account, Policy
from shared.model.machine import Basis, Machine, ScopeNeed
from shared.model.names import Role

SCOPE = "cred.scope.gce"
NO_CREDENTIAL = "cred.missing"
MOST_ATTACHABLE, MOST_ROLES = 5, 20
"""More are not read: an account whose roles are not all known is not given a wider scope."""


def ask(case: Case, answers: Answers) -> Iterator[Question]:
    """The machine; once its scopes turn out too narrow, what its account holds and what stands around it."""
    if not _applies(case) or case.machine is None:
        return
    yield case.machine
    machine: Machine | None = answers.value(case.machine)
    if machine is None or too_narrow(case, machine)[0] is not YES:
        return
    yield AskSurroundings(machine)
    yield touched_of(case, machine)
    yield from policies_over(machine, answers)
    yield AskAncestry(_project(machine))
    accounts = {machine.account or "", *attachable(case)}
    policies = [answers.value(question) for question in policies_over(machine, answers)]
    roles = dict.fromkeys(role for policy in policies for role in roles_in(policy, accounts))
    yield from (AskRole(role) for role in islice(roles, MOST_ROLES))
    yield from (AskAccount(email) for email in attachable(case) if email != machine.account)


def touched_of(case: Case, machine: Machine) -> AskTouched:
    """The question who has changed a machine lately."""
    return AskTouched(machine.project, machine.id, case.now - LATELY, case.now)


def attachable(case: Case) -> tuple[str, ...]:
    """The accounts that a machine may be given, as many as are asked about."""
    return case.ours.attachable[:MOST_ATTACHABLE]


def policies_over(machine: Machine, answers: Answers) -> list[AskPolicy]:
    """The questions about the policies that say what an account may do in the machine's project, as far as known."""
    line: tuple[str, ...] | None = answers.value(AskAncestry(_project(machine)))
    above = [name for name in (line or ())[:MOST_ABOVE] if not name.startswith("projects/")]
    return [AskPolicy(f"{CONTAINERS_HOST}/{name}") for name in (_project(machine), *above)]


def is_whole(machine: Machine, answers: Answers) -> bool:
    """Whether every one of those policies could be read."""
    questions = (AskAncestry(_project(machine)), *policies_over(machine, answers))
    return all(answers.value(question) is not None for question in questions)


def roles_in(policy: Policy | None, emails: Collection[str]) -> list[Role]:
    """The roles that a policy gives to service accounts by name, under conditions or without."""
    wanted = {f"serviceAccount:{email}" for email in emails}
    return [binding.role for binding in (policy.bindings if policy else ()) if not wanted.isdisjoint(binding.members)]


def read(case: Case, answers: Answers) -> Reading:
    """Too narrow, wide enough, or not the machine's credential at all."""
    if not _applies(case) or case.machine is None or case.machine not in answers:
        return NOTHING
    machine: Machine | None = answers.value(case.machine)
    if machine is None:
        return _no_machine(case, answers)
    verdict, said = too_narrow(case, machine)
    seen = NO if verdict is YES else YES if verdict is NO else UNKNOWN
    findings = (Finding(asked=case.machine.asked, verdict=seen, said=said), *_offers(case, answers))
    if verdict is UNKNOWN and case.cause != SCOPE:
        return Reading(findings=findings)
    return Reading(findings=findings, claims=(_claim(verdict, said),))


def _no_machine(case: Case, answers: Answers) -> Reading:
    about = case.cause == SCOPE and case.machine is not None
    unknown = answers.unknown(case.machine) if case.machine else None
    if unknown is not None:
        return Reading(claims=(_claim(UNKNOWN, unknown.said),) if about else ())
    said = "the machine does not exist any more"
    finding = Finding(asked=case.machine.asked if case.machine else "", verdict=NO, said=said)
    return Reading(findings=(finding,), claims=(_claim(NO, said),) if about else ())


def too_narrow(case: Case, machine: Machine) -> tuple[Verdict, str]:
    """Whether the machine's scopes are what stopped the call, and what was seen."""
    if machine.account is None:
        said = "the machine has no service account, so its metadata server gives no token"
        return YES if case.cause == NO_CREDENTIAL else UNKNOWN, said
    if case.caller is not None and machine.account != case.caller:
        said = f"the call was made as {case.caller}, the machine's account is {machine.account}: another credential"
        return NO if case.cause == SCOPE else UNKNOWN, said
    need = scope_need(case)
    if need is None:
        return UNKNOWN, f"{machine.account} with {_listed(machine)}; which scope the call needs cannot be told"
    if satisfied(need, machine.scopes):
        return NO, f"the machine's scopes cover the call: {machine.account} with {_listed(machine)}"
    wanted = short(least_scope(need, machine.scopes) or need.scopes[0])
    if case.cause != SCOPE and _may_cover(need, machine):
        return UNKNOWN, f"{machine.account} with {_listed(machine)}; some calls to {need.service} need {wanted}"
    return YES, f"tokens of {machine.name} are limited to {_listed(machine)}; by {need.basis} the call needs {wanted}"


def _may_cover(need: ScopeNeed, machine: Machine) -> bool:
    """Whether the scopes are enough for some call to the service, of which nothing more is known."""
    methods = taken(need.service.removesuffix(".googleapis.com")) or {}
    scopes = {short(scope) for scope in machine.scopes}
    return need.basis is Basis.SERVICE and any(not accepted.isdisjoint(scopes) for accepted in methods.values())


def _offers(case: Case, answers: Answers) -> Iterator[Finding]:
    """Which of the accounts that a machine may be given are no use."""
    for email in attachable(case):
        question = AskAccount(email)
        account: Account | None = answers.value(question)
        if answers.missing(question):
            yield Finding(asked=question.asked, verdict=NO, said=f"{email} may be attached but does not exist")
        elif account is not None and account.disabled:
            yield Finding(asked=question.asked, verdict=NO, said=f"{email} may be attached but is disabled")


def _applies(case: Case) -> bool:
    """Whether the scopes of a machine can have stopped this call."""
    possible = case.from_machine or case.cause == SCOPE
    return possible and not case.reached_iam and not case.denial.origin.by_key


def scope_need(case: Case) -> ScopeNeed | None:
    """The scopes of which the refused call needs one, from the method, the permission or the service."""
    names = case.denial.names
    told = [error.metadata.get("method") for error in case.denial.signs.errors]
    path = path_in(case.denial.message)
    method = next((one for one in told if one), None) or (path.method if path else None)
    permission = case.checked[0].permission if case.checked else None
    if not method and not names.service and permission is None:
        return None
    return scopes_for(names.service, method, permission)


def _claim(verdict: Verdict, why: str) -> Claim:
    return Claim(stage=Stage.SCOPE, cause=SCOPE, verdict=verdict, why=why)


def _project(machine: Machine) -> str:
    return f"projects/{machine.project}"


def _listed(machine: Machine) -> str:
    return "the scopes " + (", ".join(short(scope) for scope in machine.scopes) or "none")
