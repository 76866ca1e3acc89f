"""What a grant must never be, whatever was approved: asked of Google right before it is written, as roles do change."""

from __future__ import annotations

from collections.abc import Iterator

from shared.evidence.owner import own_project
from shared.grants.choose import AGENT, BASIC, named
from shared.grants.companions import danger_of
from shared.grants.danger import is_above_project, is_project
from shared.machines.accounts import dangers
from shared.machines.ownership import owner_by_label
from shared.model.facts import Policy
from shared.model.machine import HeldRole
from shared.model.names import SERVICE_AGENT, ResourceName, Role, is_target, parse_principal
from shared.model.plan import T3
from shared.model.role import RoleDefinition
from shared.model.work import Grant
from shared.ports import Sight

ACCOUNTS, CONTAINERS = "//iam.googleapis.com/", "//cloudresourcemanager.googleapis.com"
IMPERSONATES = frozenset(
    f"iam.serviceAccounts.{verb}"
    for verb in ("actAs", "getAccessToken", "getOpenIdToken", "implicitDelegation", "signBlob", "signJwt")
)
MOST_ROLES, MOST_TOLD = 40, 3


def beneath(work: Grant, role: RoleDefinition, sight: Sight) -> str:
    """Why a grant is not made by a machine, "" where nothing forbids it. `role` is the role as it is now."""
    return _by_name(work) or _by_content(work, role) or _by_owner(work, sight) or _by_account(work, role, sight)


def _by_name(work: Grant) -> str:
    if not is_target(work.resource) or is_above_project(work.resource):
        return f"{work.resource[:200]} is no target of a machine: nothing is granted above a project"
    if work.role in BASIC or AGENT in work.role.lower():
        return f"{work.role} is a basic role, or one of Google's own agents: no machine gives it"
    if parse_principal(work.member).member != work.member:
        return f"{work.member[:200]} is not one person or one account: nothing is given to sets, agents or everyone"
    return ""


def _by_content(work: Grant, role: RoleDefinition) -> str:
    if not role.permissions:
        return f"could not tell what {work.role} holds, so it is not given"
    never = [one for one in role.permissions if danger_of(one, work.resource) is T3]
    return f"{work.role} holds {named(never)}, which only security and the owner hand out" if never else ""


def _by_owner(work: Grant, sight: Sight) -> str:
    """Of a project that a tool describes: the tool would take the grant away, or not know of it."""
    if not is_project(work.resource):
        return ""
    owner = owner_by_label(sight.project(work.resource.removeprefix(f"{CONTAINERS}/")).labels)
    if owner is None:
        return ""
    return (
        f"{work.resource} is managed by {owner[0]}: add {work.role} for {work.member} there, to be applied by its owner"
    )


def _by_account(work: Grant, role: RoleDefinition, sight: Sight) -> str:
    """Whoever may act as an account may do all that it may do."""
    email = ResourceName(work.resource).part("serviceAccounts") or ""
    if not work.resource.startswith(ACCOUNTS) or IMPERSONATES.isdisjoint(role.permissions):
        return ""
    if parse_principal(email).kind is SERVICE_AGENT:
        return f"{email} is an agent of Google's own: nobody is let act as it"
    if sight.account(email).disabled:
        return f"{email} is disabled: it is never enabled, nor opened to anybody, by a machine"
    if work.member == f"serviceAccount:{email}":
        return ""
    return _too_mighty(email, sight)


def _too_mighty(email: str, sight: Sight) -> str:
    project = own_project(email)
    if project is None:
        return f"could not tell which project owns {email}, nor what it may do: it is not opened to anybody"
    roles = list(dict.fromkeys(_roles_of(f"serviceAccount:{email}", project, sight)))
    if len(roles) > MOST_ROLES:
        return f"{email} has {len(roles)} roles, too many to tell what acting as it would mean: it goes to security"
    found = [*dict.fromkeys(dangers(HeldRole(sight.role(name), on) for name, on in roles))]
    if not found:
        return ""
    said = "; ".join(found[:MOST_TOLD])
    return f"{email} has {said}: whoever acts as it has that too, so only security opens it"


def _roles_of(member: str, project: str, sight: Sight) -> Iterator[tuple[Role, str]]:
    """The roles of an account by its own name: in its project and above as they are now, elsewhere as indexed."""
    line = sight.ancestry(project)
    for above in line:
        policy: Policy = sight.policy(f"{CONTAINERS}/{above}")
        yield from ((one.role, policy.resource) for one in policy.bindings if member in one.members)
    for held in sight.holdings(line[-1] if line else project, member):
        yield held.role, held.resource
