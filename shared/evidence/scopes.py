"""Whether the machine's access scopes cover the call: asked before IAM, because the API front end asks it first."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from shared.evidence.answers import Answers
from shared.evidence.case import Case
from shared.evidence.claim import NOTHING, Claim, Reading, Stage
from shared.evidence.questions import AskPolicy, AskRole, AskSurroundings, Question
from shared.evidence.who import permission_of
from shared.machines.scopes import least_scope, satisfied, scopes_for, short
from shared.model.evidence import NO, UNKNOWN, YES, Finding
from shared.model.facts import Policy
from shared.model.machine import Machine, ScopeNeed
from shared.model.names import Role

SCOPE = "cred.scope.gce"
FAMILY = "cred.scope."
PROJECTS = "//cloudresourcemanager.googleapis.com/"


def ask(case: Case, answers: Answers) -> Iterator[Question]:
    """The machine; once its scopes turn out too narrow, what its account holds and what stands around it."""
    if not _applies(case) or case.machine is None:
        return
    yield case.machine
    machine: Machine | None = answers.value(case.machine)
    if machine is not None and _lacks(case, machine):
        yield AskSurroundings(machine)
        yield policy_of(machine)
        for _, role in roles_in(answers.value(policy_of(machine)), {machine.account or "", *case.ours.attachable}):
            yield AskRole(role)


def policy_of(machine: Machine) -> AskPolicy:
    """The question about the policy of the machine's project, which tells what its account may do."""
    return AskPolicy(f"{PROJECTS}projects/{machine.project}")


def roles_in(policy: Policy | None, emails: Collection[str]) -> list[tuple[str, Role]]:
    """Each service account with each role that a policy gives it, by name and without conditions."""
    bindings = policy.bindings if policy else ()
    return [
        (email, binding.role)
        for email in sorted(emails)
        for binding in bindings
        if f"serviceAccount:{email}" in binding.members
    ]


def read(case: Case, answers: Answers) -> Reading:
    """Too narrow, wide enough, or not the machine's credential at all."""
    if not _applies(case) or case.machine is None or case.machine not in answers:
        return NOTHING
    machine: Machine | None = answers.value(case.machine)
    if machine is None:
        unknown = answers.unknown(case.machine)
        gone = Finding(asked=case.machine.asked, verdict=NO, said="the machine does not exist any more")
        claim = Claim(stage=Stage.SCOPE, cause=SCOPE, verdict=UNKNOWN, why=(unknown or gone).said)
        return Reading(findings=(unknown or gone,), claims=(claim,) if _is_about_scopes(case) else ())
    asked = case.machine.asked
    if case.caller is not None and machine.account != case.caller:
        said = f"the call was made as {case.caller}, the machine's account is {machine.account}: another credential"
        return Reading(findings=(Finding(asked=asked, verdict=UNKNOWN, said=said),))
    need = scope_need(case)
    if need is None:
        said = f"{machine.account} with {_listed(machine)}; which scope the call needs cannot be told"
        return Reading(findings=(Finding(asked=asked, verdict=UNKNOWN, said=said),))
    return _judged(asked, machine, need)


def _judged(asked: str, machine: Machine, need: ScopeNeed) -> Reading:
    wanted = least_scope(need, machine.scopes) or need.scopes[0]
    said = f"{machine.account} with {_listed(machine)}; by {need.basis} the call needs {short(wanted)} or a wider scope"
    if machine.account is None:
        why = "the machine has no service account, so its metadata server gives no token"
        claim = Claim(stage=Stage.SCOPE, cause=SCOPE, verdict=YES, why=why)
        return Reading(findings=(Finding(asked=asked, verdict=NO, said=why),), claims=(claim,))
    if satisfied(need, machine.scopes):
        claim = Claim(stage=Stage.SCOPE, cause=SCOPE, verdict=NO, why=f"the machine's scopes cover the call: {said}")
        return Reading(findings=(Finding(asked=asked, verdict=YES, said=said),), claims=(claim,))
    why = f"tokens of {machine.name} are limited to {_listed(machine)}; the call needs {short(wanted)}"
    claim = Claim(stage=Stage.SCOPE, cause=SCOPE, verdict=YES, why=why)
    return Reading(findings=(Finding(asked=asked, verdict=NO, said=said),), claims=(claim,))


def _applies(case: Case) -> bool:
    """Whether the scopes of a machine can have stopped this call."""
    return (case.from_machine or _is_about_scopes(case)) and not case.reached_iam


def _is_about_scopes(case: Case) -> bool:
    return case.cause.startswith(FAMILY)


def _lacks(case: Case, machine: Machine) -> bool:
    need = scope_need(case)
    ours = case.caller is None or machine.account == case.caller
    return need is not None and ours and not satisfied(need, machine.scopes)


def scope_need(case: Case) -> ScopeNeed | None:
    """The scopes of which the refused call needs one, from the method, the permission or the service."""
    names = case.denial.names
    told = [error.metadata.get("method") for error in case.denial.signs.errors]
    method = next((one for one in told if one), None)
    if not method and not names.service and permission_of(case) is None:
        return None
    return scopes_for(names.service, method, permission_of(case))


def _listed(machine: Machine) -> str:
    return "the scopes " + (", ".join(short(scope) for scope in machine.scopes) or "none")
