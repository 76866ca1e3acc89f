"""Who may do what: allow and deny policies along the line of ancestors, groups, conditions. One reading for all.

The same explanation decides the sandbox's own calls and answers Policy Troubleshooter. Source: IAM documentation,
"Policy evaluation": deny first, then any allow on the resource or what it inherits from.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import unquote

from sandbox.conditions import Circumstances, circumstances_of, value_of
from sandbox.roles import holds as role_holds
from sandbox.world import Json, Resource, World
from shared.grants.services import service_of

BASIC_OF = {"projectOwner": "roles/owner", "projectEditor": "roles/editor", "projectViewer": "roles/viewer"}
"""The members that stand for whoever has a basic role on a project: default policies of buckets and datasets."""


@dataclass(frozen=True)
class Asked:
    """One question: may this IAM member do this, here, at this time?

    `told` is what conditions may use, where somebody asks who does not know everything of the call.
    """

    member: str
    permission: str
    resource: str
    when: datetime
    told: Circumstances | None = None


@dataclass(frozen=True, kw_only=True)
class BindingRead:
    """One binding on one resource of the line, with each part of its verdict for one caller and permission.

    `condition` is what its condition says, True without one, None where it cannot be evaluated.
    """

    resource: Resource
    binding: Json
    has_role: bool
    members: dict[str, bool]
    condition: bool | None

    @property
    def grants(self) -> bool:
        """Whether this binding alone grants the permission."""
        return self.has_role and any(self.members.values()) and self.condition is True


@dataclass(frozen=True, kw_only=True)
class DenyRead:
    """One deny rule on the line of ancestors, with each part of its verdict.

    `condition` is what its condition says, True without one, None where it cannot be evaluated.
    """

    policy: Json
    attached: Resource
    rule: Json
    permission: bool
    principal: bool
    condition: bool | None

    @property
    def denies(self) -> bool:
        """Whether this rule takes the permission away: also where its condition cannot be evaluated (deny policies)."""
        return self.permission and self.principal and self.condition is not False


@dataclass(frozen=True, kw_only=True)
class Reading:
    """Every binding and deny rule that was read to decide one call."""

    bindings: list[BindingRead] = field(default_factory=list)
    denials: list[DenyRead] = field(default_factory=list)

    @property
    def granted(self) -> bool:
        """Whether an allow policy grants it."""
        return any(one.grants for one in self.bindings)

    @property
    def denied(self) -> bool:
        """Whether a deny policy takes it."""
        return any(one.denies for one in self.denials)

    @property
    def allowed(self) -> bool:
        """Whether the call may go through."""
        return self.granted and not self.denied


def read_access(world: World, asked: Asked, *, effective: bool = True) -> Reading:
    """What decides a member's permission on a resource at a time.

    `effective` reads what has arrived everywhere by then; without it, what was written last (which is what Policy
    Troubleshooter reads).
    """
    nearest = nearest_of(world, asked.resource)
    if nearest is None:
        return Reading()
    line = world.lineage(nearest)
    bindings = []
    for one in line:
        policy = one.policy_at(asked.when) if effective else one.policy()
        bindings += [_read_binding(world, one, binding, asked) for binding in policy.get("bindings", ())]
    denials = [
        _read_rule(world, attached, policy, rule["denyRule"], asked)
        for policy, attached in _deny_policies(world, line)
        for rule in policy.get("rules", ())
    ]
    return Reading(bindings=bindings, denials=denials)


def nearest_of(world: World, resource: str) -> Resource | None:
    """The resource itself, or the nearest container of that name which exists."""
    name = resource
    while name.count("/") > 3:
        if found := world.get(name):
            return found
        name = name.rpartition("/")[0]
    if found := world.get(name):
        return found
    project = resource.partition("/projects/")[2].partition("/")[0]
    return world.project(project) if project and project != "_" else None


def _read_binding(world: World, on: Resource, binding: Json, asked: Asked) -> BindingRead:
    return BindingRead(
        resource=on,
        binding=binding,
        has_role=role_holds(binding["role"], asked.permission, world.roles),
        members={one: is_member(world, asked.member, one) for one in binding.get("members", ())},
        condition=_value(world, binding.get("condition"), asked),
    )


def _value(world: World, condition: Json | None, asked: Asked) -> bool | None:
    expression = (condition or {}).get("expression", "")
    if not expression:
        return True
    return value_of(expression, asked.told or circumstances_of(asked.resource, world.get(asked.resource), asked.when))


def is_member(world: World, member: str, named: str) -> bool:
    """Whether a caller is what a policy names: itself, through a group or its domain, or everyone."""
    if named == "allUsers" or (named == "allAuthenticatedUsers" and member != "allUsers"):
        return True
    if named == member:
        return True
    kind, _, name = named.partition(":")
    if kind == "group" or kind in BASIC_OF:
        return any(is_member(world, member, one) for one in _those_in(world, kind, name))
    if kind == "domain":
        return member.startswith("user:") and member.endswith(f"@{name}")
    if named.startswith("principalSet://") and member.startswith("principal://"):
        pool = named.removeprefix("principalSet").removesuffix("/*")
        return named.endswith("/*") and member.startswith(f"principal{pool}/")
    return False


def _those_in(world: World, kind: str, name: str) -> list[str]:
    """The members of a group, or those who hold a basic role on a project."""
    if kind == "group":
        return world.groups.get(name, [])
    project = world.project(name)
    bindings = project.policy().get("bindings", ()) if project else ()
    holders = [one for held in bindings if held["role"] == BASIC_OF[kind] for one in held["members"]]
    return [one for one in holders if not one.startswith(tuple(BASIC_OF))]


def _deny_policies(world: World, line: list[Resource]) -> list[tuple[Json, Resource]]:
    found = []
    for name, policy in world.deny_policies.items():
        attached = attached_to(world, name)
        if attached is not None and any(attached is one for one in line):
            found.append((policy, attached))
    return found


def attached_to(world: World, policy: str) -> Resource | None:
    """What a deny policy hangs on, by its name: `policies/ATTACHMENT%2FPOINT/denypolicies/ID`, encoded or not."""
    point = policy.removeprefix("policies/").partition("/denypolicies")[0]
    return world.get(f"//{unquote(point)}")


def spelt_in_deny_policies(permission: str) -> str:
    """A permission as deny policies write it: `iam.googleapis.com/serviceAccounts.getAccessToken` (v2 format)."""
    service, _, rest = permission.partition(".")
    return f"{'iam.googleapis.com' if service == 'iam' else service_of(permission)}/{rest}"


def _read_rule(world: World, attached: Resource, policy: Json, rule: Json, asked: Asked) -> DenyRead:
    spelt = spelt_in_deny_policies(asked.permission)
    denied, excepted = rule.get("deniedPermissions", ()), rule.get("exceptionPermissions", ())
    excused = any(is_principal(world, asked.member, one) for one in rule.get("exceptionPrincipals", ()))
    meant = any(is_principal(world, asked.member, one) for one in rule.get("deniedPrincipals", ()))
    return DenyRead(
        policy=policy,
        attached=attached,
        rule=rule,
        permission=names_permission(spelt, denied) and not names_permission(spelt, excepted),
        principal=meant and not excused,
        condition=_value(world, rule.get("denialCondition"), asked),
    )


def names_permission(permission: str, listed: Iterable[str]) -> bool:
    """Whether a list of a deny rule names a permission, itself or by a wildcard at its end."""
    return any(one == permission or (one.endswith("*") and permission.startswith(one[:-1])) for one in listed)


def is_principal(world: World, member: str, named: str) -> bool:
    """The v2 identifiers of deny policies: IAM documentation, "Principal identifiers"."""
    if named == "principalSet://goog/public:all":
        return True
    if named.startswith("principal://goog/subject/"):
        return member == f"user:{named.rpartition('/')[2]}"
    if named.startswith("principalSet://goog/group/"):
        return is_member(world, member, f"group:{named.rpartition('/')[2]}")
    if named.startswith("principal://iam.googleapis.com/projects/-/serviceAccounts/"):
        return member == f"serviceAccount:{named.rpartition('/')[2]}"
    return named == member
