"""Grant a role: the least one that holds the permission, on the narrowest resource, to the one that was refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice, repeat
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from shared.actions import ActionKind, Grantable, Known
from shared.actions.advise import advice
from shared.grants.conditional import takes_condition
from shared.grants.curated import role_for
from shared.grants.danger import floor_of, is_above_project, is_project
from shared.grants.target import is_carried, target_of
from shared.model.denial import TEXT, Denial, Names
from shared.model.diagnosis import Cause, Diagnosis
from shared.model.names import Permission, PrincipalKind, ResourceName, Role
from shared.model.plan import T3, Action, Tier

if TYPE_CHECKING:
    from shared.grants.catalogue import Catalogue
    from shared.model.role import RoleChoice

MOST_GRANTS = 3
REVOKED = "our own revocation would end it, queued before the write"
NOT_UNIFORM = "the bucket has no uniform access: lists on objects may let callers in as well, and no condition is taken"
FEDERATED = (PrincipalKind.FEDERATED, PrincipalKind.FEDERATED_SET)


class Asked(NamedTuple):
    """For whom a grant is, against which cause, and in which buckets lists decide beside the policy."""

    member: str
    cause: Cause
    with_lists: frozenset[str]


def preview(denial: Denial, diagnosis: Diagnosis, known: Known | None = None) -> tuple[Action, ...]:
    """One grant for each role and target that the refused permissions call for, or advice on what is missing.

    Without a catalogue only hand-checked roles are planned; this runs for every event and looks nothing up.
    """
    names, cause = denial.names, diagnosis.cause
    caller = names.principal
    member = caller.member if caller else None
    if "access_level" in denial.signs.marks:
        return (advice("The person or device has to meet the access level; a role would not help.", T3),)
    if caller is None or member is None or not names.permissions:
        return (advice(f"{_missing_fact(denial)} {cause.remedy}", cause.tier),)
    asked = Asked(member, cause, known.with_lists if known is not None else frozenset())
    if known is not None and known.catalogue is not None:
        return tuple(islice(_from_catalogue(denial, asked, known.catalogue, known.grantable), MOST_GRANTS))
    steps: dict[tuple[str | None, str | None], Action] = {}
    for permission, resource in _pairs(names):
        target = target_of(permission, resource, names.account)
        if target and denial.trust is TEXT and not _is_meant(permission, target):
            target = None
        role = role_for(permission, federated=caller.kind in FEDERATED)
        if (role, target) not in steps:
            steps[role, target] = _step(permission, role, target, asked)
    return tuple(steps.values())[:MOST_GRANTS]


def _is_meant(permission: Permission, target: str) -> bool:
    """Whether a text means all of what it names: one that names just the project does not say so."""
    return not (is_project(target) and is_carried(permission))


def _from_catalogue(denial: Denial, asked: Asked, catalogue: Catalogue, grantable: Grantable) -> Iterator[Action]:
    """The steps that a catalogue leads to: one role for all that is missing on a target, or one each."""
    from shared.grants.choose import choose_each

    caller = denial.names.principal
    federated = caller is not None and caller.kind in FEDERATED
    missing: dict[str | None, list[Permission]] = {}
    for permission, resource in _pairs(denial.names):
        target = target_of(permission, resource, denial.names.account)
        if target and denial.trust is TEXT and not _is_meant(permission, target):
            target = None
        missing.setdefault(target, []).append(permission)
    for target, permissions in missing.items():
        given = {one: None for one in permissions if target and _may_be_given(one, target, asked.cause)}
        if target and given:
            accepted = grantable.get(target)
            for choice in choose_each([*given], catalogue, on=target, grantable=accepted, federated=federated):
                yield _proven_step(choice, target, asked, catalogue)
        if refused := next((one for one in permissions if one not in given), None):
            yield _step(refused, None, target, asked)


def _may_be_given(permission: Permission, target: str, cause: Cause) -> bool:
    return max(cause.tier, floor_of(permission, target)) is not T3 and not is_above_project(target)


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


def _step(permission: Permission, role: Role | None, target: str | None, asked: Asked) -> Action:
    cause = asked.cause
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
        member=asked.member,
        role=role,
        why=f"{role} holds {permission}; {_why_here(target)}; {_how_it_ends(target, asked)}",
        undo="remove exactly this member from exactly this binding, and only if this run added it",
    )


def _proven_step(choice: RoleChoice, target: str, asked: Asked, catalogue: Catalogue) -> Action:
    """The grant of a role from the catalogue, or advice that may carry a custom role to create; with the proof."""
    from shared.grants.choose import named
    from shared.grants.proof import prove

    permissions = named(choice.permissions)
    if choice.role:
        ends = _how_it_ends(target, asked)
        why = f"{choice.role} holds {permissions}; {choice.why}; {_why_here(target)}; {ends}"
    else:
        create = f". A person may create {choice.custom.id} of just what is missing" if choice.custom else ""
        why = f"No role is given for {permissions}: {choice.why}{create}"
    step = _step(choice.permissions[0], choice.role, target, asked)
    return replace(step, tier=_tier(choice, target, asked.cause, catalogue), why=why, proof=prove(choice, catalogue))


def _tier(choice: RoleChoice, target: str, cause: Cause, catalogue: Catalogue) -> Tier:
    """Who must agree, by all that the role holds, whatever its name says."""
    from shared.grants.companions import danger_of

    role = catalogue.role(choice.role) if choice.role else None
    return max(cause.tier, *(danger_of(one, target) for one in (role.permissions if role else choice.permissions)))


def _how_it_ends(target: str, asked: Asked) -> str:
    if target in asked.with_lists:
        return f"{NOT_UNIFORM}, so {REVOKED}"
    return "it would end by itself" if takes_condition(target) else f"its policy takes no condition, so {REVOKED}"


def _why_here(target: str) -> str:
    if is_project(target):
        return "no narrower resource carries a policy for it"
    return "a grant on the project would cover all others of its kind"


ACTION = ActionKind(id="grant_role", preview=preview)
