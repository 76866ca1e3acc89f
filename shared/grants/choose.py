"""Which role to give for missing permissions: hard filters, then the least weighted excess, with the proof.

Source of the filters and weights: the project's reference on role choice. Every number is a judgement, and the order of
the answers is what matters: the role that gives least beyond the ask wins, and what it gives is told.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from shared.grants.catalogue import Catalogue
from shared.grants.curated import ROLES
from shared.grants.danger import floor_of, is_project
from shared.grants.sensitivity import is_data, is_read
from shared.model.names import Permission, Role
from shared.model.plan import T1, T3
from shared.model.role import Candidate, RoleChoice, RoleDefinition, Stage

TOO_WIDE = 150.0
"""A best score above this asks for a custom role instead."""
MOST_SERVICES = 15
"""A role that spans more services than this is made for a job, not for an ask."""
MOST_TOLD = 5
BASIC = frozenset(f"roles/{name}" for name in ("owner", "editor", "viewer", "admin", "writer", "reader"))
AGENTS = ("serviceAgent", "ServiceAgent")
OF_AN_AGENT = "a role of Google's own agents"
LOOKING_AT_PROJECTS = ("resourcemanager.projects.get", "resourcemanager.projects.list")
ANYWHERE = "//anything/resource"
"""No project: the floor of a permission on a resource of its own."""


def choose(permissions: Sequence[Permission], catalogue: Catalogue, *, on: str = ANYWHERE) -> RoleChoice:
    """The role that holds all of the permissions and least else, or a custom role to propose.

    `on` is the full resource name the role would be given on; what is harmless on one resource may not be on a project.
    """
    asked = tuple(dict.fromkeys(permissions))
    forbidden = [permission for permission in asked if floor_of(permission, on) is T3]
    if forbidden:
        why = (
            f"{', '.join(forbidden)}: a machine never proposes a role for what only security and the owner may hand out"
        )
        return RoleChoice(permissions=asked, role=None, why=why)
    holders = frozenset.intersection(*(catalogue.holding(permission) for permission in asked)) if asked else frozenset()
    if not holders:
        return RoleChoice(permissions=asked, role=None, why=_nobody(asked, catalogue), custom=asked)
    judged = sorted((judge(catalogue.definition(number), asked, on) for number in holders), key=_order(asked))
    return _chosen(asked, judged)


def judge(role: RoleDefinition, asked: tuple[Permission, ...], on: str) -> Candidate:
    """What a role gives beyond the ask, what that costs, and why it may not be given, if so."""
    services = {permission.partition(".")[0] for permission in asked}
    excess = tuple(permission for permission in role.permissions if permission not in asked)
    dangerous = tuple(permission for permission in excess if floor_of(permission, ANYWHERE) is not T1)
    curated = all(ROLES.get(permission) == role.name.removeprefix("roles/") for permission in asked)
    return Candidate(
        role=role.name,
        score=round(sum(_weight(permission, services) for permission in excess), 1),
        excess=excess,
        dangerous=dangerous,
        refusal=_never(role, excess) or ("" if curated else _too_wide(role, services, excess, on)),
        curated=curated,
    )


def _never(role: RoleDefinition, excess: tuple[Permission, ...]) -> str:
    """Why a role is never given, "" if it may be."""
    if role.name in BASIC:
        return "a basic role"
    if role.name.endswith(AGENTS):
        return OF_AN_AGENT
    if role.stage is not Stage.GA:
        return f"in stage {role.stage}"
    return _hands_out([permission for permission in excess if floor_of(permission, ANYWHERE) is T3])


def _too_wide(role: RoleDefinition, services: set[str], excess: tuple[Permission, ...], on: str) -> str:
    """Why a role that nobody curated does not fit the ask, "" if it does."""
    if said := _hands_out([permission for permission in excess if floor_of(permission, ANYWHERE) is not T1]):
        return said
    if role.name.startswith("projects/") and not _is_of(role.name.split("/")[1], on):
        return "a custom role of another project, or of one that is not known to be this one"
    if len({one.partition(".")[0] for one in role.permissions}) > MOST_SERVICES:
        return "made for a job: it spans many services"
    prefix = role.name.removeprefix("roles/").partition(".")[0]
    if role.name.startswith("roles/") and prefix not in services:
        return "a role of another service"
    return "on a whole project it would also let data be read" if is_project(on) and _reads_data(excess) else ""


def _is_of(project: str, on: str) -> bool:
    return f"{on}/".partition("/projects/")[2].partition("/")[0] == project


def _hands_out(dangerous: list[Permission]) -> str:
    return f"it would hand out {', '.join(dangerous[:3])}" if dangerous else ""


def _reads_data(excess: tuple[Permission, ...]) -> bool:
    return any(is_data(permission) and is_read(permission) for permission in excess)


def _weight(permission: Permission, services: set[str]) -> float:
    if permission in LOOKING_AT_PROJECTS:
        return 0.1
    if floor_of(permission, ANYWHERE) is not T1:
        return 100
    if is_data(permission):
        return 10 if is_read(permission) else 40
    if permission.partition(".")[0] in services:
        return 1 if is_read(permission) else 5
    return 3 if is_read(permission) else 15


def _order(asked: tuple[Permission, ...]) -> Callable[[Candidate], tuple[bool, bool, bool, float, int, str]]:
    """What may be given comes first, then what is hand-checked, what only reads for readers, what weighs least."""
    only_reads = all(is_read(permission) for permission in asked)

    def rank(one: Candidate) -> tuple[bool, bool, bool, float, int, str]:
        changes = only_reads and not all(is_read(permission) for permission in one.excess)
        return bool(one.refusal), not one.curated, changes, one.score, len(one.excess), one.role

    return rank


def _chosen(asked: tuple[Permission, ...], judged: list[Candidate]) -> RoleChoice:
    fit = [one for one in judged if one.refusal != OF_AN_AGENT] or judged
    best, told = fit[0], tuple(fit[:MOST_TOLD])
    if best.refusal:
        least = min(fit, key=lambda one: one.score)
        why = f"{len(judged)} roles hold it and none may be given; the least wide is {least.role}: {least.refusal}"
        return RoleChoice(permissions=asked, role=None, why=why, candidates=told, custom=asked)
    if best.score > TOO_WIDE and not best.curated:
        why = (
            f"{best.role} is the least wide and still gives {len(best.excess)} permissions more (score {best.score:g})"
        )
        return RoleChoice(permissions=asked, role=None, why=why, candidates=told, custom=asked)
    return RoleChoice(permissions=asked, role=best.role, why=_why(best, fit), candidates=told)


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


def _nobody(asked: tuple[Permission, ...], catalogue: Catalogue) -> str:
    unknown = [permission for permission in asked if not catalogue.holding(permission)]
    if unknown:
        return f"no role of the catalogue holds {', '.join(unknown)}: look it up, or refresh the catalogue"
    return "no single role holds all of these permissions: choose one for each"


def role_of(name: str) -> Role:
    """A role's full name from what a person types: `storage.objectViewer` is `roles/storage.objectViewer`."""
    return Role(name if "/" in name else f"roles/{name}")
