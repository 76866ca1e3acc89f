"""Plan -> Decision: the floor's refusals and the observe mode; without a written rule nothing is ever carried out."""

from __future__ import annotations

from shared.grants.danger import is_above_project
from shared.model.decision import Decision, Mode
from shared.model.denial import Denial, Trust
from shared.model.diagnosis import Diagnosis
from shared.model.names import GRANTABLE
from shared.model.plan import Plan, Tier

OBSERVE = "observe mode: nothing is changed; a policy rule would have to permit it first"
ADVICE = "there is nothing for a machine to change here"
TEXT = "claimed by application text: such a claim alone never changes anything"
UNPROVEN = "the audit entry has not been compared with Cloud Logging's own copy"


def gate(denial: Denial, diagnosis: Diagnosis, plan: Plan) -> Decision:
    """What may be done with a plan: refuse, notify or dry run. Pure; later rules can only be stricter."""
    if refusals := _floor(denial, diagnosis, plan):
        return Decision(Mode.REFUSE, refusals)
    if not plan.changes:
        return Decision(Mode.NOTIFY, (ADVICE,))
    return Decision(Mode.DRY_RUN, (OBSERVE, UNPROVEN if denial.trust is Trust.AUDIT else TEXT))


def _floor(denial: Denial, diagnosis: Diagnosis, plan: Plan) -> tuple[str, ...]:
    """Why nothing may ever be carried out, whatever a policy says."""
    reasons = []
    if diagnosis.cause.guardrail:
        reasons.append(f"{diagnosis.cause.title}: a guardrail refused this call; guardrails are explained and never changed")
    for action in plan.actions:
        if action.target and is_above_project(action.target):
            reasons.append("a folder or organisation is never the target of a machine")
        if action.tier is Tier.T3 and action.target:
            reasons.append("the permission belongs to those that only security and the owner may hand out")
    caller = denial.principal
    if caller and diagnosis.cause.permissions and caller.kind not in GRANTABLE and not diagnosis.cause.guardrail:
        reasons.append(f"{caller.kind}: no grant is made to such a member")
    return tuple(dict.fromkeys(reasons))
