"""Grant a role: the least one that holds the permission, on the narrowest resource, to the one that was refused."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import repeat

from shared.actions import ActionKind
from shared.actions.advise import advice
from shared.grants.curated import role_for
from shared.grants.danger import floor_of, is_above_project, is_project
from shared.grants.target import is_carried, target_of
from shared.model.denial import TEXT, Denial, Names
from shared.model.diagnosis import Cause, Diagnosis
from shared.model.names import Permission, PrincipalKind, ResourceName, Role
from shared.model.plan import T3, Action

MOST_GRANTS = 3
FEDERATED = (PrincipalKind.FEDERATED, PrincipalKind.FEDERATED_SET)


def preview(denial: Denial, diagnosis: Diagnosis) -> tuple[Action, ...]:
    """One grant for each role and target that the refused permissions call for, or advice on what is missing."""
    names, cause = denial.names, diagnosis.cause
    caller = names.principal
    member = caller.member if caller else None
    if "access_level" in denial.signs.marks:
        return (advice("The person or device has to meet the access level; a role would not help.", T3),)
    if caller is None or member is None or not names.permissions:
        return (advice(f"{_missing_fact(denial)} {cause.remedy}", cause.tier),)
    steps: dict[tuple[str | None, str | None], Action] = {}
    for permission, resource in _pairs(names):
        target = target_of(permission, resource, names.account)
        if target and denial.trust is TEXT and is_project(target) and is_carried(permission):
            target = None  # a text that names just the project does not say that all of it was meant
        role = role_for(permission, federated=caller.kind in FEDERATED)
        if (role, target) not in steps:
            steps[role, target] = _step(permission, role, target, member, cause)
    return tuple(steps.values())[:MOST_GRANTS]


def _pairs(names: Names) -> Iterable[tuple[Permission, ResourceName | None]]:
    """Each missing permission with what it was checked on."""
    if names.checks:
        return [(check.permission, check.resource) for check in names.checks]
    return zip(names.permissions, repeat(names.resource))


def _missing_fact(denial: Denial) -> str:
    caller = denial.names.principal
    if caller is None:
        return "The entry does not say who was refused, so no grant can be planned."
    if not denial.names.permissions:
        return "The entry does not say which permission was missing, so no role can be chosen."
    return f"To {caller.text} ({caller.kind}) no grant is planned from a log entry."


def _step(permission: Permission, role: Role | None, target: str | None, member: str, cause: Cause) -> Action:
    if target is None:
        return advice(f"The entry does not name what {permission} was checked on. {cause.remedy}", cause.tier)
    tier = max(cause.tier, floor_of(permission, target))
    if tier is T3 or is_above_project(target):
        return advice(
            f"{permission} here is never granted by a machine: propose it to security and the owner", T3, target
        )
    if role is None:
        choose = "choose the smallest one from the organisation's catalogue, or a custom role of it alone"
        return advice(f"No hand-checked role holds {permission}: {choose}", tier, target)
    return Action(
        action="grant_role",
        changes=True,
        tier=tier,
        target=target,
        member=member,
        role=role,
        why=f"{role} holds {permission}; {_why_here(target)}; it would end by itself",
        undo="remove exactly this member from exactly this binding, and only if this run added it",
    )


def _why_here(target: str) -> str:
    if is_project(target):
        return "no narrower resource carries a policy for it"
    return "a grant on the project would cover all others of its kind"


ACTION = ActionKind(id="grant_role", preview=preview)
