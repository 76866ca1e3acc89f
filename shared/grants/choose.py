"""Which role to give for missing permissions: hard filters, then the least weighted excess, with the proof.

Source of the filters and weights: the project's reference on role choice. Every number is a judgement, and the order of
the answers is what matters: the role that gives least beyond the ask wins, and what it gives is told.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

from shared.grants.catalogue import Catalogue
from shared.grants.companions import ANYWHERE, companions_of, danger_of, propose, tell
from shared.grants.curated import role_for
from shared.grants.danger import is_project
from shared.grants.sensitivity import is_data, is_read
from shared.model.names import Permission, Role
from shared.model.plan import T1, T3, Tier
from shared.model.role import Candidate, CustomRole, RoleChoice, RoleDefinition, Stage

TOO_WIDE = 150.0
"""A best score above this asks for a custom role instead."""
MOST_SERVICES = 15
"""A role that spans more services than this is made for a job, not for an ask."""
MOST_TOLD, MOST_NAMED = 5, 3
MOST_APART = 6
"""More permissions than this on one resource are not taken apart: one role of all of them, or a custom one."""
BASIC = frozenset(f"roles/{name}" for name in ("owner", "editor", "viewer", "admin", "writer", "reader"))
AGENT = "serviceagent"
"""In the name of every role of an agent, in some spelling, not always at its end."""
OF_AN_AGENT = "a role of Google's own agents"
NOT_ACCEPTED = "Google does not accept it on this kind of resource"
LOOKING_AT_PROJECTS = ("resourcemanager.projects.get", "resourcemanager.projects.list")
A_PROJECT = "//cloudresourcemanager.googleapis.com/projects/any"
SIGNING = "iam.serviceAccounts."
"""Of these, an identity from outside gets none but what is hand-checked for it."""


class Ask(NamedTuple):
    """What a role is wanted for: the permissions, on what; what is hand-checked for them and what is accepted there."""

    permissions: tuple[Permission, ...]
    on: str
    curated: dict[Role, Permission]
    grantable: frozenset[Role] | None

    @property
    def services(self) -> frozenset[str]:
        """The first words of the permissions."""
        return frozenset(_nature(permission).service for permission in self.permissions)


class Nature(NamedTuple):
    """What a permission is, whoever asks: its service, its floor on one resource and on a project, what it costs."""

    service: str
    floor: Tier
    floor_on_project: Tier
    weight: float
    weight_elsewhere: float
    reads_data: bool
    reads: bool


def choose(
    permissions: Sequence[Permission],
    catalogue: Catalogue,
    *,
    on: str = ANYWHERE,
    grantable: frozenset[Role] | None = None,
    federated: bool = False,
) -> RoleChoice:
    """The role that holds all of the permissions and least else, or a custom role to propose.

    Args:
        permissions: what is missing; one role has to hold all of them.
        catalogue: the organisation's roles.
        on: the full resource name it would be given on; what is harmless on one resource may not be on a project.
        grantable: the roles that roles.queryGrantableRoles lists for that resource; None if Google was not asked.
        federated: whether it is for an identity from outside, or of a Kubernetes cluster.
    """
    asked = tuple(dict.fromkeys(catalogue.spelled(permission) for permission in permissions))
    if forbidden := [permission for permission in asked if danger_of(permission, on) is T3]:
        return RoleChoice(permissions=asked, role=None, why=_forbidden(forbidden))
    held = [catalogue.holding(permission) for permission in asked]
    if not all(held):
        return RoleChoice(permissions=asked, role=None, why=_unknown(asked, held))
    ask = Ask(asked, on, _hand_checked(asked, federated), grantable)
    holders = frozenset.intersection(*held) if held else frozenset()
    judged = [judge(catalogue.definition(number), ask) for number in holders]
    return _chosen(ask, sorted(judged, key=_order(ask)), catalogue)


def choose_each(
    permissions: Sequence[Permission],
    catalogue: Catalogue,
    *,
    on: str,
    grantable: frozenset[Role] | None = None,
    federated: bool = False,
) -> tuple[RoleChoice, ...]:
    """One role for all of the permissions if one fits as narrowly as a role for each, else those; see `choose`."""

    def pick(some: Sequence[Permission]) -> RoleChoice:
        return choose(some, catalogue, on=on, grantable=grantable, federated=federated)

    together = pick(permissions)
    if len(together.permissions) == 1 or len(together.permissions) > MOST_APART:
        return (together,)
    alone = {permission: pick([permission]) for permission in together.permissions}
    groups: dict[tuple[Role | None, bool], list[Permission]] = {}
    for permission, choice in alone.items():
        groups.setdefault((choice.role, choice.custom is None), []).append(permission)
    apart = tuple(pick(group) if len(group) > 1 else alone[group[0]] for group in groups.values())
    return apart if _fits_worse(together, apart) else (together,)


def _fits_worse(together: RoleChoice, apart: tuple[RoleChoice, ...]) -> bool:
    """Whether one role for all gives more than the roles for each do; a role for some is better than none."""
    if together.role is None:
        return any(choice.role for choice in apart)
    if not all(choice.role for choice in apart):
        return False
    services = frozenset(_nature(permission).service for permission in together.permissions)
    given = {permission for choice in apart for permission in choice.candidates[0].excess} - {*together.permissions}
    return together.candidates[0].score > round(sum(_cost(_nature(permission), services) for permission in given), 1)


def role_of(name: str) -> Role:
    """A role's full name from what a person types: `storage.objectViewer` is `roles/storage.objectViewer`."""
    return Role(name if "/" in name else f"roles/{name}")


def judge(role: RoleDefinition, ask: Ask) -> Candidate:
    """What a role gives beyond the ask, what that costs, and why it may not be given, if so."""
    asked, services, whole = frozenset(ask.permissions), ask.services, is_project(ask.on)
    excess = tuple(permission for permission in role.permissions if permission not in asked)
    natures = [_nature(permission) for permission in excess]
    floors = [one.floor_on_project if whole else one.floor for one in natures]
    dangerous = tuple(permission for permission, floor in zip(excess, floors, strict=True) if floor is not T1)
    never = [permission for permission, floor in zip(excess, floors, strict=True) if floor is T3]
    curated = role.name in ask.curated
    refusal = _never(role, ask, never)
    if not refusal and not curated:
        reads = whole and any(one.reads_data for one in natures)
        refusal = _does_not_fit(role, ask) or (_READS if reads else "") or _hands_out(dangerous)
    score = round(sum(_cost(one, services) for one in natures), 1)
    return Candidate(role=role.name, score=score, excess=excess, dangerous=dangerous, refusal=refusal, curated=curated)


_READS = "on a whole project it would also let data be read"


def _never(role: RoleDefinition, ask: Ask, never: list[Permission]) -> str:
    """Why a role is never given, "" if it may be."""
    if role.name in BASIC:
        return "a basic role"
    if AGENT in role.name.lower():
        return OF_AN_AGENT
    if role.stage is not Stage.GA:
        return f"in stage {role.stage}"
    if ask.grantable is not None and role.name not in ask.grantable:
        return NOT_ACCEPTED
    return _hands_out(never)


def _does_not_fit(role: RoleDefinition, ask: Ask) -> str:
    """Why a role that nobody curated is not made for the ask, "" if it may be."""
    if role.name.startswith("projects/") and not _is_of(role.name.split("/")[1], ask.on):
        return "a custom role of another project, or of one that is not known to be this one"
    if role.name.startswith("roles/storage.legacy") and "/buckets/" not in ask.on:
        return "accepted on buckets only"
    if len({_nature(one).service for one in role.permissions}) > MOST_SERVICES:
        return "made for a job: it spans many services"
    prefix = role.name.removeprefix("roles/").partition(".")[0]
    return "a role of another service" if role.name.startswith("roles/") and prefix not in ask.services else ""


def _is_of(project: str, on: str) -> bool:
    return f"{on}/".partition("/projects/")[2].partition("/")[0] == project


def _hands_out(dangerous: Sequence[Permission]) -> str:
    return f"it would hand out {named(dangerous)}" if dangerous else ""


def named(permissions: Sequence[str]) -> str:
    """The first few of a list of permissions, and how many more there are."""
    more = len(permissions) - MOST_NAMED
    return ", ".join(permissions[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


@lru_cache(maxsize=32_768)
def _nature(permission: Permission) -> Nature:
    floor, reads, data = danger_of(permission, ANYWHERE), is_read(permission), is_data(permission)
    service = permission.partition("/")[0].partition(".")[0]
    if permission in LOOKING_AT_PROJECTS:
        here = elsewhere = 0.1
    elif floor is not T1:
        here = elsewhere = 100
    elif data:
        here = elsewhere = 10 if reads else 40
    else:
        here, elsewhere = (1, 3) if reads else (5, 15)
    return Nature(service, floor, danger_of(permission, A_PROJECT), here, elsewhere, data and reads, reads)


def _cost(nature: Nature, services: frozenset[str]) -> float:
    return nature.weight if nature.service in services else nature.weight_elsewhere


def _hand_checked(asked: tuple[Permission, ...], federated: bool) -> dict[Role, Permission]:
    """The curated roles of the permissions, each with the one that it is curated for."""
    found = {}
    for permission in asked:
        role = role_for(permission, federated=federated)
        if role is None and federated and not permission.startswith(SIGNING):
            role = role_for(permission)
        if role is not None:
            found[role] = permission
    return found


def _order(ask: Ask) -> Callable[[Candidate], tuple[bool, bool, bool, float, int, str]]:
    """What may be given comes first, then what is hand-checked, what only reads for readers, what weighs least."""
    only_reads = all(_nature(permission).reads for permission in ask.permissions)

    def rank(one: Candidate) -> tuple[bool, bool, bool, float, int, str]:
        changes = only_reads and not all(_nature(permission).reads for permission in one.excess)
        return bool(one.refusal), not one.curated, changes, one.score, len(one.excess), one.role

    return rank


def _chosen(ask: Ask, judged: list[Candidate], catalogue: Catalogue) -> RoleChoice:
    fit = [one for one in judged if one.refusal != OF_AN_AGENT] or judged
    told, also = tuple(fit[:MOST_TOLD]), _passed_over(ask, judged, catalogue)
    best = fit[0] if fit else None
    if best and not best.refusal and (best.curated or best.score <= TOO_WIDE):
        return RoleChoice(permissions=ask.permissions, role=best.role, why=_why(best, fit) + also, candidates=told)
    custom = propose(ask.permissions, ask.on)
    why = _why_none(best, fit, len(judged)) + also + (f"; {custom}" if isinstance(custom, str) else "")
    proposed = custom if isinstance(custom, CustomRole) else None
    return RoleChoice(permissions=ask.permissions, role=None, why=why, candidates=told, custom=proposed)


def _passed_over(ask: Ask, judged: list[Candidate], catalogue: Catalogue) -> str:
    """Which hand-checked roles are not given, and why: the catalogue knows better than a list from elsewhere."""
    refusals = {one.role: one.refusal for one in judged}
    said = ""
    for role, permission in ask.curated.items():
        known = catalogue.role(role)
        if known is None:
            said += f"; the hand-checked {role} is not in the catalogue"
        elif permission not in known.permissions:
            said += f"; the hand-checked {role} no longer holds {permission}"
        elif refusals.get(role):
            said += f"; the hand-checked {role} is passed over: {refusals[role]}"
    return said


def _why(best: Candidate, fit: list[Candidate]) -> str:
    gives = f"permissions beyond the ask: {len(best.excess) or 'none'}"
    narrower = [one for one in fit if len(one.excess) < len(best.excess)]
    if not narrower:
        return f"{gives}; no role that a person or workload may have is smaller"
    first = min(narrower, key=lambda one: len(one.excess))
    return f"{gives}; {first.role} is smaller, but {first.refusal or _why_not(first, best)}"


def _why_not(smaller: Candidate, best: Candidate) -> str:
    if best.curated:
        return "the choice of hand-checked roles comes first"
    if smaller.score < best.score:
        return "it also lets things be changed"
    return f"its excess weighs more ({smaller.score:g})"


def _why_none(best: Candidate | None, fit: list[Candidate], count: int) -> str:
    if best is None:
        return "no single role holds all of these permissions: choose one for each"
    if best.refusal:
        least = min(fit, key=lambda one: one.score)
        return f"{count} roles hold it and none may be given; the least wide is {least.role}: {least.refusal}"
    return f"{best.role} is the least wide and still gives {len(best.excess)} permissions more (score {best.score:g})"


def _forbidden(forbidden: list[Permission]) -> str:
    also = "".join(f"; {tell(one)}" for one in companions_of(forbidden))
    return (
        f"{named(forbidden)}: a machine never proposes a role for what only security and the owner may hand out{also}"
    )


def _unknown(asked: tuple[Permission, ...], held: list[frozenset[int]]) -> str:
    unknown = [permission for permission, holders in zip(asked, held, strict=True) if not holders]
    return f"no role of the catalogue holds {named(unknown)}: look it up, or refresh the catalogue"
