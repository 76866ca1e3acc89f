"""Plan -> Decision: the floor's refusals and the observe mode; without a written rule nothing is ever carried out."""

from __future__ import annotations

from collections.abc import Callable

from shared.grants.danger import is_above_project
from shared.model.decision import DRY_RUN, NOTIFY, REFUSE, Decision
from shared.model.denial import AUDIT, Denial
from shared.model.diagnosis import Diagnosis
from shared.model.evidence import NO, YES
from shared.model.names import MEMBERS, is_target
from shared.model.plan import T3, Plan

OBSERVE = "observe mode: nothing is changed; a policy rule would have to permit it first"
ADVICE = "there is nothing for a machine to change here"
CLAIMED = "claimed by application text: such a claim alone never changes anything"
UNPROVEN = "the audit entry has not been compared with Cloud Logging's own copy"
UNSOUND = "no target that Google would name"
NOT_LOGGED = "Cloud Logging's own copy of the entry says something else, or there is none: it may be forged"
OUTSIDE = "the target stands outside the organisation that is ours"
UNTOLD = "could not tell: looking did not prove the cause, and what is not proven is never carried out"
UNTOUCHED = "this machine must not be interrupted by a machine: the plan says why"
GUARDRAIL = "a guardrail refused this call; guardrails are explained and never changed"
DECIDED = "what a person decided stands, and only its owner gives it back"
ABOVE = "a folder or organisation is never the target of a machine"
DANGEROUS = "the permission belongs to those that only security and the owner may hand out"
Weighs = Callable[[Denial, Diagnosis, Plan], Decision]
"""What decides by written rules, where there are any; it is asked only about what the floor does not refuse."""
NOTHING_TO_CHANGE = Decision(NOTIFY, (ADVICE,))


def gate(denial: Denial, diagnosis: Diagnosis, plan: Plan, weighs: Weighs | None = None) -> Decision:
    """What may be done with a plan: the floor first, then what rules permit at this moment; dry run without any."""
    if refusals := _floor(denial, diagnosis, plan):
        return Decision(REFUSE, tuple(refusals))
    if weighs is not None:
        return weighs(denial, diagnosis, plan)
    if not plan.changes:
        return NOTHING_TO_CHANGE
    return Decision(DRY_RUN, (OBSERVE, *_doubts(denial, diagnosis)))


def _doubts(denial: Denial, diagnosis: Diagnosis) -> tuple[str, ...]:
    """What keeps a machine from acting alone, whatever a policy says."""
    looked = diagnosis.looked
    if looked is None:
        return (UNPROVEN if denial.trust is AUDIT else CLAIMED,)
    untold = () if looked.proven is YES else (UNTOLD,)
    if denial.trust is not AUDIT:
        return (*untold, CLAIMED)
    return untold if looked.copy is YES else (*untold, UNPROVEN)


def _floor(denial: Denial, diagnosis: Diagnosis, plan: Plan) -> list[str]:
    """Why nothing may ever be carried out, whatever a policy says."""
    reasons = []
    cause, looked = diagnosis.cause, diagnosis.looked
    if looked is not None:
        if looked.copy is NO:
            reasons.append(NOT_LOGGED)
        if looked.outside:
            reasons.append(OUTSIDE)
        if looked.decided and plan.changes:
            reasons.append(f"{DECIDED}: {looked.decided}")
    for one in (cause, *(looked.mend if looked is not None else ())):
        if one.guardrail and (said := f"{one.title}: {GUARDRAIL}") not in reasons:
            reasons.append(said)
    for action in plan.actions:
        if action.target is not None:
            if is_above_project(action.target) and ABOVE not in reasons:
                reasons.append(ABOVE)
            if action.changes and not is_target(action.target):
                reasons.append(f"{UNSOUND}: {action.target[:80]!r}")
            why = UNTOUCHED if "/instances/" in action.target else DANGEROUS
            if action.tier is T3 and why not in reasons:
                reasons.append(why)
    caller = denial.names.principal
    if caller is not None and cause.permissions and caller.kind not in MEMBERS and not cause.guardrail:
        reasons.append(f"{caller.kind}: no grant is made to such a member")
    return reasons
