"""Plan -> Decision: the floor's refusals and the observe mode; without a written rule nothing is ever carried out."""

from __future__ import annotations

from shared.grants.danger import is_above_project
from shared.model.decision import DRY_RUN, NOTIFY, REFUSE, Decision
from shared.model.denial import AUDIT, Denial
from shared.model.diagnosis import Diagnosis
from shared.model.names import MEMBERS, is_target
from shared.model.plan import T3, Plan

OBSERVE = "observe mode: nothing is changed; a policy rule would have to permit it first"
ADVICE = "there is nothing for a machine to change here"
CLAIMED = "claimed by application text: such a claim alone never changes anything"
UNPROVEN = "the audit entry has not been compared with Cloud Logging's own copy"
UNSOUND = "no target that Google would name"
ABOVE = "a folder or organisation is never the target of a machine"
DANGEROUS = "the permission belongs to those that only security and the owner may hand out"
NOTHING_TO_CHANGE = Decision(NOTIFY, (ADVICE,))


def gate(denial: Denial, diagnosis: Diagnosis, plan: Plan) -> Decision:
    """What may be done with a plan: refuse, notify or dry run. Pure; later rules can only be stricter."""
    if refusals := _floor(denial, diagnosis, plan):
        return Decision(REFUSE, tuple(refusals))
    if not plan.changes:
        return NOTHING_TO_CHANGE
    return Decision(DRY_RUN, (OBSERVE, UNPROVEN if denial.trust is AUDIT else CLAIMED))


def _floor(denial: Denial, diagnosis: Diagnosis, plan: Plan) -> list[str]:
    """Why nothing may ever be carried out, whatever a policy says."""
    reasons = []
    cause = diagnosis.cause
    if cause.guardrail:
        reasons.append(f"{cause.title}: a guardrail refused this call; guardrails are explained and never changed")
    for action in plan.actions:
        if action.target is not None:
            if is_above_project(action.target) and ABOVE not in reasons:
                reasons.append(ABOVE)
            if action.changes and not is_target(action.target):
                reasons.append(f"{UNSOUND}: {action.target[:80]!r}")
            if action.tier is T3 and DANGEROUS not in reasons:
                reasons.append(DANGEROUS)
    caller = denial.names.principal
    if caller is not None and cause.permissions and caller.kind not in MEMBERS and not cause.guardrail:
        reasons.append(f"{caller.kind}: no grant is made to such a member")
    return reasons
