"""IAM's side of a denial: missing resource, deny policy, ended condition, spreading grant, missing role.

All of these print the same text; only Policy Troubleshooter, the policies and the Admin Activity log tell them apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from shared.evidence.answers import Answers
from shared.evidence.case import AFTER, BEFORE, Case
from shared.evidence.claim import NOTHING, Claim, Reading, Stage
from shared.evidence.questions import (
    AskAccess,
    AskAncestry,
    AskChanges,
    AskDenyRules,
    AskGrantable,
    AskPolicy,
    Question,
)
from shared.evidence.who import caller_of, permission_of, resource_of
from shared.model.evidence import NO, UNKNOWN, YES, Finding
from shared.model.facts import Access, AccessState, BindingSeen, Change, DenyRule

SPREADS_FOR = timedelta(minutes=10)
"""How long a policy change may take to reach everywhere: typically 2 minutes, sometimes more than 7 (IAM documentation,
"Access change propagation")."""
ENDS = "request.time <"


def ask(case: Case, answers: Answers) -> Iterator[Question]:
    """What IAM says now, what the resource's policy says, and what was changed around then."""
    access = _access(case, answers)
    if access is not None:
        yield access
    if case.target is not None:
        yield AskPolicy(case.target)
    if case.project is not None and permission_of(case) is not None:
        yield changes_of(case, case.project)
    if access is not None and case.target is not None and _is_missing(answers, access):
        yield AskGrantable(case.target)
    if access is not None and access in answers and _deny_is_untold(answers, access) and case.project:
        yield AskAncestry(case.project)
        for above in answers.value(AskAncestry(case.project)) or ():
            yield AskDenyRules(above)


def changes_of(case: Case, project: str) -> AskChanges:
    """The question about the changes in a project around the denial."""
    return AskChanges(project, case.at - BEFORE, case.at + AFTER)


def read(case: Case, answers: Answers) -> Reading:
    """What the answers say of every cause that IAM can have."""
    access = _access(case, answers)
    if access is None or access not in answers:
        return _existence_alone(case, answers)
    seen: Access | None = answers.value(access)
    unknown = answers.unknown(access)
    gone = case.target is not None and answers.missing(AskPolicy(case.target))
    if gone:
        return _gone(case)
    if seen is None:
        return _untold(case, answers, unknown)
    if seen.state is AccessState.CAN:
        return _granted(case, answers, access)
    return _refused(case, answers, access, seen)


def _access(case: Case, answers: Answers) -> AskAccess | None:
    """The question to Policy Troubleshooter, where caller, permission and resource are all known."""
    caller, permission, resource = caller_of(case, answers), permission_of(case), resource_of(case)
    return AskAccess(caller, permission, resource, case.at) if caller and permission and resource else None


def _is_missing(answers: Answers, access: AskAccess) -> bool:
    seen: Access | None = answers.value(access)
    return seen is not None and seen.allowed is NO and seen.denied is NO


def _deny_is_untold(answers: Answers, access: AskAccess) -> bool:
    seen: Access | None = answers.value(access)
    return seen is None or seen.denied is UNKNOWN


def _existence_alone(case: Case, answers: Answers) -> Reading:
    if case.target is not None and answers.missing(AskPolicy(case.target)):
        return _gone(case)
    return NOTHING


def _gone(case: Case) -> Reading:
    said = f"{case.target} does not exist, as far as an identity that may look can tell"
    finding = Finding(asked=f"does {case.target} exist?", verdict=NO, said=said)
    why = "the same refusal is given for what does not exist: correct the name, or restore it; no role would help"
    claim = Claim(stage=Stage.EXISTENCE, cause="iam.not_found", verdict=YES, why=why)
    return Reading(findings=(finding,), claims=(claim,))


def _untold(case: Case, answers: Answers, unknown: Finding | None) -> Reading:
    """Policy Troubleshooter gave no answer: deny rules that plainly match still decide, all else stays open."""
    findings = (unknown,) if unknown else ()
    for rule in _denying(case, answers):
        finding = Finding(asked="does a deny policy forbid it?", verdict=YES, said=_rule_said(rule))
        claim = Claim(stage=Stage.DENY, cause="iam.deny", verdict=YES, why=_rule_said(rule))
        return Reading(findings=(*findings, finding), claims=(claim,))
    claim = Claim(stage=Stage.ALLOW, cause=missing_cause(case), verdict=UNKNOWN, why=unknown.said if unknown else "")
    return Reading(findings=findings, claims=(claim,))


def _granted(case: Case, answers: Answers, access: AskAccess) -> Reading:
    """IAM would let it through now: something was granted meanwhile, is still spreading, or it was never IAM."""
    finding = Finding(asked=access.asked, verdict=YES, said="Policy Troubleshooter: CAN_ACCESS")
    changed = [one for one in _changes(case, answers) if one.method.endswith(("SetIamPolicy", "setIamPermissions"))]
    recent = [one for one in changed if case.at - SPREADS_FOR <= one.at <= case.at and _concerns(one, case, access)]
    since = [one for one in changed if one.at > case.at and _concerns(one, case, access)]
    if recent:
        why = (
            f"the policy of {recent[0].resource} was changed {_ago(case.at - recent[0].at)} before the call, and IAM "
            "says yes by now: look again after 2, 5 and 10 minutes, and add no second role"
        )
        claim = Claim(stage=Stage.SPREADING, cause="iam.propagation", verdict=YES, why=why)
        return Reading(findings=(finding,), claims=(claim,))
    why = "IAM gives the permission: a role would change nothing; look at scopes, perimeter and quota project"
    if since:
        why = f"it was granted at {since[0].at:%H:%M:%S} by {since[0].by}, after this call: nothing is left to do"
    return Reading(
        findings=(finding,),
        claims=(Claim(stage=Stage.ALLOW, cause=missing_cause(case), verdict=NO, why=why),),
    )


def _refused(case: Case, answers: Answers, access: AskAccess, seen: Access) -> Reading:
    state = f"Policy Troubleshooter: {seen.state}, allow {seen.allowed}, deny {seen.denied}"
    if seen.denied is YES:
        rule = seen.denials[0] if seen.denials else None
        named = f"{rule.policy} denies {', '.join(rule.permissions[:3])}" if rule else "a deny policy forbids it"
        return _one(access, f"{state}: {named}", Stage.DENY, "iam.deny", f"{named}; no role can override a deny policy")
    ended = next((one for one in seen.bindings if _is_condition_false(one)), None)
    if ended is not None and seen.allowed is NO:
        why = _condition_said(ended)
        return _one(access, f"{state}: {why}", Stage.CONDITION, "iam.condition", why)
    if seen.allowed is NO and seen.denied is NO:
        return _missing(case, answers, access, state)
    hidden = ", ".join(seen.unseen[:3]) or "a part of the policies"
    said = f"{state}: {hidden} cannot be seen by us, so a role may be missing or not"
    finding = Finding(asked=access.asked, verdict=UNKNOWN, said=said)
    claim = Claim(stage=Stage.ALLOW, cause=missing_cause(case), verdict=UNKNOWN, why=said)
    return Reading(findings=(finding,), claims=(claim,))


def _missing(case: Case, answers: Answers, access: AskAccess, state: str) -> Reading:
    """No binding grants it: never given, taken away, or given to a predecessor of the same name."""
    if old := _predecessor(case, answers, access.principal):
        why = f"the policy names {old}: the account was deleted and made again, and old bindings are not its own"
        return _one(access, f"{state}; {why}", Stage.PRINCIPAL, "principal.deleted", why)
    why = "no binding gives it, on the resource or above it, and no deny policy takes it"
    for change in _changes(case, answers):
        taken = [one for one in change.removed if access.principal in one]
        if taken and change.at <= case.at:
            why = f"{taken[0]} was removed at {change.at:%Y-%m-%d %H:%M} by {change.by}: a decision somebody made"
            break
    return _one(access, f"{state}: {why}", Stage.ALLOW, missing_cause(case), why)


def _one(access: AskAccess, said: str, stage: Stage, cause: str, why: str) -> Reading:
    finding = Finding(asked=access.asked, verdict=NO, said=said)
    return Reading(findings=(finding,), claims=(Claim(stage=stage, cause=cause, verdict=YES, why=why),))


def missing_cause(case: Case) -> str:
    """The cause of a missing role: the one that owns the permission, else the general one."""
    return case.cause if case.diagnosis.cause.permissions else "iam.allow_missing"


def _changes(case: Case, answers: Answers) -> tuple[Change, ...]:
    found = answers.value(changes_of(case, case.project)) if case.project else None
    return found or ()


def _concerns(change: Change, case: Case, access: AskAccess) -> bool:
    """Whether a change of a policy added this caller, or touched this very resource."""
    if change.added:
        return any(access.principal in one for one in change.added)
    return bool(case.target) and str(case.target).endswith(change.resource.removeprefix("//").partition("/")[2])


def _predecessor(case: Case, answers: Answers, principal: str) -> str | None:
    policy = answers.value(AskPolicy(case.target)) if case.target else None
    gone = f"deleted:serviceAccount:{principal}?uid="
    members = [member for binding in policy.bindings for member in binding.members] if policy else []
    return next((member for member in members if member.startswith(gone)), None)


def _is_condition_false(binding: BindingSeen) -> bool:
    held = binding.has_permission is YES and binding.has_member is YES
    return held and binding.condition is not None and binding.condition_holds is NO


def _condition_said(binding: BindingSeen) -> str:
    condition = binding.condition
    expression = condition.expression if condition else ""
    named = f"{binding.role} on {binding.resource} is bound under the condition {expression!r}"
    over = "whose time is over" if ENDS in expression else "which does not hold for this call"
    return f"{named}, {over}: renew it with whoever approved it; no unconditional twin is added"


def _denying(case: Case, answers: Answers) -> Iterator[DenyRule]:
    """Deny rules that name this caller and permission exactly, without exceptions or conditions."""
    caller, permission = caller_of(case, answers), permission_of(case)
    above = (answers.value(AskAncestry(case.project)) if case.project else None) or ()
    for one in above:
        for rule in answers.value(AskDenyRules(one)) or ():
            named = any(name.endswith((f"/{caller}", "public:all")) for name in rule.denied_principals)
            meant = any(_spelt_alike(one, permission or "") for one in rule.denied_permissions)
            if named and meant and not rule.exception_principals and rule.condition is None:
                yield rule


def _spelt_alike(denied: str, permission: str) -> bool:
    """Whether `storage.googleapis.com/objects.create` is `storage.objects.create`."""
    return denied.partition("/")[2] == permission.partition(".")[2]


def _rule_said(rule: DenyRule) -> str:
    return f"the deny policy {rule.policy} on {rule.attached_to} forbids it; no role can override a deny policy"


def _ago(passed: timedelta) -> str:
    seconds = int(passed.total_seconds())
    return f"{seconds // 60} min" if seconds >= 60 else f"{seconds} s"
