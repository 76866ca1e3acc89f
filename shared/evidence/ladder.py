"""IAM's side of a denial: missing resource, deny policy, ended condition, spreading grant, missing role.

All of these print the same text; only Policy Troubleshooter, the policies and the Admin Activity log tell them apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from msgspec.structs import replace

from shared.evidence import denying, federated, history, policies
from shared.evidence.answers import Answers
from shared.evidence.case import MOST_CHECKED, Case, Checked
from shared.evidence.claim import NOTHING, Claim, Reading, Stage, together
from shared.evidence.history import SPREADS_FOR
from shared.evidence.permissions import to_see
from shared.evidence.questions import AskAccess, AskGrantable, AskPolicy, AskUniformAccess, Question
from shared.evidence.who import caller_of, principal_of
from shared.grants.conditional import only_if_uniform
from shared.model.evidence import NO, UNKNOWN, YES, Finding
from shared.model.facts import Access, AccessState, BindingSeen
from shared.model.names import Principal, parse_principal
from shared.model.plan import Remedy

MISSING = "iam.allow_missing"


def ask(case: Case, answers: Answers) -> Iterator[Question]:
    """What IAM says now, what the resource's policy says, and what was changed around then."""
    for one in case.checked[:MOST_CHECKED]:
        if one.target is not None:
            yield AskPolicy(one.target)
        if where := one.project or case.logged_in:
            yield history.changes_of(case, where)
        access = _access(case, answers, one)
        if access is not None:
            yield access
            yield from _then(case, answers, one, access)
        elif (principal := principal_of(case, answers)) is not None:
            yield from federated.ask(one, answers, principal)
            yield from history.asked_of(case, answers, one, principal)
            yield from _settings(one)


def _then(case: Case, answers: Answers, one: Checked, access: AskAccess) -> Iterator[Question]:
    """What Policy Troubleshooter's answer, or that it gave none, leads to."""
    if access not in answers:
        return
    seen: Access | None = answers.value(access)
    if seen is None or seen.denied is UNKNOWN:
        yield from denying.ask(one, answers)
    elif _is_missing(seen):
        if one.target is not None:
            yield AskGrantable(one.target)
        yield from _settings(one)
        yield from policies.near(one)
        yield from policies.asked_of(answers, one, access.principal)
        yield from history.asked_of(case, answers, one, parse_principal(access.principal))


def _settings(one: Checked) -> Iterator[Question]:
    """What decides whether a grant could carry a condition."""
    if one.target is not None and only_if_uniform(one.target):
        yield AskUniformAccess(one.target)


def read(case: Case, answers: Answers) -> Reading:
    """What the answers say of every cause that IAM can have, for each permission that was refused."""
    readings = [_read_one(case, answers, one) for one in case.checked[:MOST_CHECKED]]
    more = case.checked[MOST_CHECKED:]
    if more:
        why = f"{len(more)} more permissions were refused and not asked about, such as {more[0].permission}"
        readings.append(_only(Claim(stage=Stage.ALLOW, cause=missing_cause(case), verdict=UNKNOWN, why=why)))
    return together(readings)


def _read_one(case: Case, answers: Answers, one: Checked) -> Reading:
    if one.target is not None and answers.missing(AskPolicy(one.target)):
        return _gone(one)
    access = _access(case, answers, one)
    if access is not None:
        return _told(case, answers, one, access) if access in answers else NOTHING
    principal = principal_of(case, answers)
    return _federated(case, answers, one, principal) if principal is not None else NOTHING


def _told(case: Case, answers: Answers, one: Checked, access: AskAccess) -> Reading:
    """What Policy Troubleshooter says; where it does not tell, deny rules that plainly match still decide."""
    seen: Access | None = answers.value(access)
    principal = parse_principal(access.principal)
    if seen is not None and seen.state is AccessState.CAN:
        return _granted(case, answers, one, access, seen)
    if seen is None or seen.denied is UNKNOWN:
        rule = denying.denying(one, answers, principal)
        if rule is not None:
            finding = Finding(asked="does a deny policy forbid it?", verdict=YES, said=denying.said(rule))
            return _only(_claim(one, Stage.DENY, "iam.deny", denying.said(rule)), finding)
    if seen is None:
        unknown = answers.unknown(access)
        return _only(_untold(case, one, unknown.said if unknown else "Policy Troubleshooter does not know it"))
    return _refused(case, answers, one, access, seen)


def _access(case: Case, answers: Answers, one: Checked) -> AskAccess | None:
    """The question to Policy Troubleshooter, where caller and resource are known, and are such as it takes."""
    caller = caller_of(case, answers)
    return AskAccess(caller, one.permission, one.resource, case.at) if caller and one.resource else None


def _is_missing(seen: Access) -> bool:
    return seen.allowed is NO and seen.denied is NO


def _gone(one: Checked) -> Reading:
    said = f"{one.target} does not exist, as far as an identity that may look can tell"
    why = "the same refusal is given for what does not exist: correct the name, or restore it; no role would help"
    finding = Finding(asked=f"does {one.target} exist?", verdict=NO, said=said)
    return _only(_claim(one, Stage.EXISTENCE, "iam.not_found", why), finding)


def _granted(case: Case, answers: Answers, one: Checked, access: AskAccess, seen: Access) -> Reading:
    """IAM would let it through now: something was granted meanwhile, is still spreading, or it was never IAM."""
    finding = Finding(asked=access.asked, verdict=YES, said="Policy Troubleshooter: CAN_ACCESS")
    found = history.granted(case, answers, one, seen, parse_principal(access.principal))
    recent = [change for change in found if case.at - SPREADS_FOR <= change.at <= case.at]
    since = [change for change in found if change.at > case.at]
    if recent and not since:
        why = (
            f"the policy of {recent[0].resource} was changed {_ago(recent[0].at, case.at)} before the call, and IAM "
            "says yes by now: look again after 2, 5 and 10 minutes, and add no second role"
        )
        return _only(_claim(one, Stage.SPREADING, "iam.propagation", why), finding)
    elsewhere = "a boundary, a perimeter or an ACL" if case.reached_iam else "scopes, a perimeter, the quota project"
    why = f"IAM gives {one.permission}: a role would change nothing; look at {elsewhere}"
    if since:
        why = f"it was granted at {since[0].at:%Y-%m-%d %H:%M:%S} by {since[0].by}, after this call: try it again"
    claim = Claim(stage=Stage.ALLOW, cause=missing_cause(case), verdict=NO, why=why, permission=one.permission)
    return _only(claim, finding)


def _refused(case: Case, answers: Answers, one: Checked, access: AskAccess, seen: Access) -> Reading:
    state = _state(seen)
    if seen.denied is YES:
        rule = seen.denials[0] if seen.denials else None
        named = f"{rule.policy} denies {', '.join(rule.permissions[:3])}" if rule else "a deny policy forbids it"
        why = f"{named}; no role can override a deny policy"
        return _found(access, f"{state}: {named}", _claim(one, Stage.DENY, "iam.deny", why))
    if _is_missing(seen):
        ended = next((binding for binding in seen.bindings if _is_condition_false(binding)), None)
        if ended is not None:
            why = _condition_said(ended, case.at)
            return _found(access, f"{state}: {why}", _claim(one, Stage.CONDITION, "iam.condition", why))
        return _missing(case, answers, one, access, seen)
    said = f"{state}: {_open_said(seen)}, so a role may be missing or not"
    finding = Finding(asked=access.asked, verdict=UNKNOWN, said=said, missing=to_see(seen))
    return _only(_untold(case, one, said), finding)


def _missing(case: Case, answers: Answers, one: Checked, access: AskAccess, seen: Access) -> Reading:
    """No binding grants it: never given, taken away, or given to a predecessor of the same name."""
    if one.target is not None and answers.value(AskPolicy(one.target)) is None:
        return _only(_untold(case, one, f"the policy of {one.target} could not be read, nor whether it exists"))
    for role, member in policies.predecessors(answers, one, access.principal).items():
        enough = history.holds(answers, role, one.permission)
        why = f"{role} is bound to {member}: the account was deleted and made again, and old bindings are not its own"
        if enough is None:
            return _only(_untold(case, one, f"{why}; whether that role was enough was not told"))
        if enough:
            return _found(access, f"{_state(seen)}; {why}", _claim(one, Stage.PRINCIPAL, "principal.deleted", why))
    principal = parse_principal(access.principal)
    if untold := history.untold(case, answers, one, principal):
        return _only(_untold(case, one, untold))
    decided, before = _taken_away(case, answers, one, principal)
    why = decided if before else _how_lost(case, answers, one, seen)
    claim = replace(_claim(one, Stage.ALLOW, missing_cause(case), why), decided=decided)
    return _found(access, f"{_state(seen)}: {why}", claim)


def _taken_away(case: Case, answers: Answers, one: Checked, principal: Principal) -> tuple[str, bool]:
    """Who took the access away, and whether that was before the call; "" where nobody did."""
    for role, change in history.taken_from(case, answers, one, principal):
        enough = history.holds(answers, role, one.permission)
        if enough is not False:
            perhaps = "" if enough else " (whether it held the permission was not told)"
            ours = change.by in case.ours.identities
            stands = "our own taking back, which stands for a day" if ours else "a decision somebody made"
            removed = f"{role} was removed at {change.at:%Y-%m-%d %H:%M} by {change.by}{perhaps}: {stands}"
            return removed, change.at <= case.at
    return "", False


def _federated(case: Case, answers: Answers, one: Checked, principal: Principal) -> Reading:
    """What the policies say of a federated identity, and whether somebody took away what they do not give."""
    found = federated.read(one, answers, principal, missing_cause(case))
    if not any(claim.stage is Stage.ALLOW and claim.verdict is YES for claim in found.claims):
        return found
    if untold := history.untold(case, answers, one, principal):
        return replace(found, claims=(_untold(case, one, untold),))
    decided, _ = _taken_away(case, answers, one, principal)
    return replace(found, claims=tuple(replace(claim, decided=decided) for claim in found.claims))


def _how_lost(case: Case, answers: Answers, one: Checked, seen: Access) -> str:
    """Whether a role that the caller has lost the permission, or nothing ever gave it."""
    bound = {binding.role for binding in seen.bindings if binding.has_member is YES}
    for role, change in history.rewritten(case, answers, one, bound):
        return (
            f"{role}, which the caller has, was changed at {change.at:%Y-%m-%d %H:%M} by {change.by}: it lacks it now"
        )
    return "no binding gives it, on the resource or above it, and no deny policy takes it"


def missing_cause(case: Case) -> str:
    """The cause of a missing role: the one that the entry suggests if a role mends that, else the general one."""
    own = case.diagnosis.cause
    return own.id if own.permissions or (own.fix is Remedy.GRANT_ROLE and not own.id.startswith("iam.")) else MISSING


def _found(access: AskAccess, said: str, claim: Claim) -> Reading:
    return _only(claim, Finding(asked=access.asked, verdict=NO, said=said))


def _only(claim: Claim, *findings: Finding) -> Reading:
    return Reading(findings=findings, claims=(claim,))


def _claim(one: Checked, stage: Stage, cause: str, why: str) -> Claim:
    return Claim(stage=stage, cause=cause, verdict=YES, why=why, permission=one.permission)


def _untold(case: Case, one: Checked, why: str) -> Claim:
    return Claim(stage=Stage.ALLOW, cause=missing_cause(case), verdict=UNKNOWN, why=why, permission=one.permission)


def _state(seen: Access) -> str:
    return f"Policy Troubleshooter: {seen.state}, allow {seen.allowed}, deny {seen.denied}"


def _open_said(seen: Access) -> str:
    if seen.unseen:
        return f"{', '.join(seen.unseen[:3])} cannot be seen by us"
    if seen.state is AccessState.UNKNOWN_CONDITIONAL:
        return "whether the condition of a binding held for this call cannot be told"
    return "not all that decides can be seen by us"


def _is_condition_false(binding: BindingSeen) -> bool:
    held = binding.has_permission is YES and binding.has_member is YES
    return held and binding.condition is not None and binding.condition_holds is NO


def _condition_said(binding: BindingSeen, at: datetime) -> str:
    expression = binding.condition.expression if binding.condition else ""
    end = binding.condition.ends if binding.condition else None
    over = f"which ended at {end:%Y-%m-%d %H:%M:%S}" if end and end <= at else "which does not hold for this call"
    named = f"{binding.role} on {binding.resource} is bound under a condition"
    return f"{named}, {over}: renew it with whoever approved it; no unconditional twin is added ({expression})"


def _ago(then: datetime, at: datetime) -> str:
    seconds = int((at - then).total_seconds())
    return f"{seconds // 60} min" if seconds >= 60 else f"{seconds} s"
