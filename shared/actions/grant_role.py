"""Grant a role: the least one that holds the permission, on the narrowest resource, to the one that was refused."""

from __future__ import annotations

from shared.actions import ActionKind
from shared.actions.advise import advice
from shared.grants.curated import role_for
from shared.grants.danger import floor_of, is_above_project, is_project
from shared.grants.target import target_of
from shared.model.denial import Denial
from shared.model.diagnosis import Diagnosis
from shared.model.names import Permission, Role
from shared.model.plan import Action, Tier

MOST_GRANTS = 3


def preview(denial: Denial, diagnosis: Diagnosis) -> tuple[Action, ...]:
    """One grant for each role and target that the refused permissions call for, or advice on what is missing."""
    member = denial.principal.member if denial.principal else None
    if member is None or not denial.permissions:
        return (advice(f"{_missing_fact(denial)} {diagnosis.cause.remedy}", diagnosis.cause.tier),)
    grants: dict[tuple[Role | None, str | None], Action] = {}
    for permission in denial.permissions:
        target = target_of(permission, denial.resource, denial.target_account)
        role = role_for(permission)
        if (role, target) not in grants:
            grants[role, target] = _step(permission, role, target, member, diagnosis)
    return tuple(grants.values())[:MOST_GRANTS]


def _missing_fact(denial: Denial) -> str:
    if denial.principal is None:
        return "The entry does not say who was refused, so no grant can be planned."
    if not denial.permissions:
        return "The entry does not say which permission was missing, so no role can be chosen."
    return f"{denial.principal.text} is a {denial.principal.kind}, to which no grant is planned from a log entry."


def _step(permission: Permission, role: Role | None, target: str | None, member: str, diagnosis: Diagnosis) -> Action:
    if target is None:
        return advice(f"The entry does not name the resource that {permission} was checked on. {diagnosis.cause.remedy}", diagnosis.cause.tier)
    tier = max(diagnosis.cause.tier, floor_of(permission, target))
    if tier is Tier.T3 or is_above_project(target):
        return advice(f"{permission} on {target} is never granted by a machine: propose it to security and the owner.", Tier.T3, target)
    if role is None:
        return advice(f"No hand-checked role for {permission}: choose the smallest one from the organisation's catalogue, or a custom role of it alone.", tier, target)
    return Action(
        action="grant_role",
        changes=True,
        tier=tier,
        target=target,
        member=member,
        role=role,
        why=f"{role} holds {permission}; {_why_here(target)}; it would end by itself",
        undo=f"remove {member} from {role} on {target}: exactly this binding, and only if this run added it",
    )


def _why_here(target: str) -> str:
    if is_project(target):
        return "no narrower resource carries a policy for it"
    return "a grant on the project would cover every other resource of this kind"


ACTION = ActionKind(id="grant_role", preview=preview)
