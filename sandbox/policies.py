"""Reading and writing allow policies as every API does it: versions, etags, members that exist, domains that may.

Source: google.iam.v1 `policy.proto` and `iam_policy.proto`; conditional bindings read as version 1 come back under
names ending `_withcond_HASH`.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Any

from sandbox.door import Call, Door, Kind, On
from sandbox.errors import Refusal, conflict, invalid, not_found
from sandbox.roles import BASIC
from sandbox.world import Json, Resource, World

FOREIGN = (
    "One or more users named in the policy do not belong to a permitted customer, "
    "perhaps due to an organization policy."
)

UNCONDITIONAL = ("topics", "subscriptions", "repositories")
"""The collections whose policies take no conditions, and buckets without uniform access."""


def policy_doors(
    prefix: str,
    rpc: str,
    permission: str,
    on: On,
    *,
    requested: str = "options.requestedPolicyVersion",
    **more: Any,
) -> list[Door]:
    """The doors `PREFIX.getIamPolicy` and `.setIamPolicy` of one type of resource.

    Args:
        prefix: the discovery id before the verb (`storage.buckets`).
        rpc: the method name before the verb, as audit logs write it.
        permission: the prefix of both permissions (`storage.buckets`).
        on: the resource of a call.
        requested: the query parameter that asks for a policy version where no body does.
        more: what else both doors have (`title`, `by_resource`).
    """
    reads = Door(
        id=f"{prefix}.getIamPolicy",
        rpc=f"{rpc}.GetIamPolicy",
        permission=f"{permission}.getIamPolicy",
        on=on,
        answer=_reads(on, requested),
        kind=Kind.ADMIN_READ,
        **more,
    )
    writes = Door(
        id=f"{prefix}.setIamPolicy",
        rpc=f"{rpc}.SetIamPolicy",
        permission=f"{permission}.setIamPolicy",
        on=on,
        answer=_writes(on),
        kind=Kind.ADMIN_WRITE,
        **more,
    )
    return [reads, writes]


def _reads(on: On, requested: str) -> Callable[[World, Call], Json]:
    def read(world: World, call: Call) -> Json:
        body = call.body if isinstance(call.body, dict) else {}
        asked = body.get("options", {}).get("requestedPolicyVersion") or call.params.get(requested) or 0
        return read_policy(found(world, on(world, call)), int(asked))

    return read


def _writes(on: On) -> Callable[[World, Call], Json]:
    def write(world: World, call: Call) -> Json:
        body = call.body.get("policy", call.body)
        return write_policy(world, found(world, on(world, call)), body)

    return write


def found(world: World, name: str) -> Resource:
    """A resource that exists, or 404."""
    resource = world.get(name)
    if resource is None:
        raise not_found(name)
    return resource


def read_policy(resource: Resource, version: int) -> Json:
    """The policy as a caller who asked for that version gets it."""
    policy = resource.policy()
    bindings = policy.get("bindings", [])
    if version >= 3 or not any("condition" in one for one in bindings):
        return policy
    flat = []
    for one in bindings:
        flat.append({"role": unconditional_role(resource, one), "members": one["members"]})
    return {**policy, "version": 1, "bindings": flat}


def unconditional_role(resource: Resource, binding: Json) -> str:
    """How a binding's role is called where conditions cannot be told: marked, so that it is not written back."""
    if "condition" not in binding:
        return str(binding["role"])
    mark = "_with_conditionalbinding_" if resource.name.startswith("//bigquery.") else "_withcond_"
    return f"{binding['role']}{mark}{sha256(binding['condition']['expression'].encode()).hexdigest()[:20]}"


def write_policy(world: World, resource: Resource, policy: Json) -> Json:
    """Store a policy, or refuse it as Google would.

    `hidden["conflicts"]` is how often somebody else writes first: each time the etag is a new one, and the write
    fails.
    """
    service = resource.name.removeprefix("//").partition("/")[0]
    if waiting := resource.hidden.get("conflicts", 0):
        resource.hidden["conflicts"] = waiting - 1
        world.set_policy(resource, resource.policy())
    sent, current = policy.get("etag"), resource.policy().get("etag")
    if waiting or (sent and sent != current):
        raise conflict(service)
    for binding in policy.get("bindings", ()):
        if "condition" in binding:
            _check_condition(resource, binding)
        if "_withcond_" in binding["role"] or "_with_conditionalbinding_" in binding["role"]:
            raise invalid(f"Role {binding['role']} is not supported for this resource.")
        if "condition" in binding and policy.get("version") != 3:
            raise invalid("The policy contains conditional bindings; its version must be 3.")
        for member in binding.get("members", ()):
            _check_member(world, resource, member)
    kept = {key: value for key, value in policy.items() if key in ("bindings", "auditConfigs", "version")}
    return world.set_policy(resource, kept)


def _check_condition(resource: Resource, binding: Json) -> None:
    """IAM documentation, "Services that allow conditional role bindings" and "Overview of IAM Conditions"."""
    uniform = resource.body.get("iamConfiguration", {}).get("uniformBucketLevelAccess", {}).get("enabled", True)
    if resource.kind in UNCONDITIONAL or not uniform:
        raise invalid("Conditional role bindings are not supported in the policy of this resource.")
    if binding["role"] in BASIC or any(one.startswith("all") for one in binding.get("members", ())):
        raise invalid(f"Conditions cannot be set on role {binding['role']} for these members.")


def _check_member(world: World, resource: Resource, member: str) -> None:
    """Unknown service accounts fail the whole write; people outside the organisation may be forbidden by its policy."""
    kind, _, name = member.partition(":")
    known = {one.body["email"] for one in world.of_kind("serviceAccounts")}
    if kind == "serviceAccount" and name.endswith(".iam.gserviceaccount.com") and name not in known:
        raise invalid(f"Service account {name} does not exist.")
    restricted = any(one.hidden.get("only_domain") for one in world.lineage(resource))
    if restricted and kind == "user" and not name.endswith(f"@{world.domain}"):
        raise Refusal("FAILED_PRECONDITION", FOREIGN, http=412 if "storage." in resource.name else 0)


def test_door(prefix: str, rpc: str, on: On, **more: Any) -> Door:
    """The door `PREFIX.testIamPermissions` of one type of resource, which needs no permission itself."""
    return Door(
        id=f"{prefix}.testIamPermissions",
        rpc=f"{rpc}.TestIamPermissions",
        on=on,
        answer=tests_permissions(on),
        kind=Kind.ADMIN_READ,
        **more,
    )


def tests_permissions(on: On) -> Callable[[World, Call], Json]:
    """What `testIamPermissions` answers: of the permissions asked, those that the caller has."""
    from sandbox.front import may

    def test(world: World, call: Call) -> Json:
        listed = call.params.get("permissions", "").split(",")
        asked = call.body.get("permissions") if isinstance(call.body, dict) else None
        asked = [one for one in asked or listed if one]
        name = on(world, call)
        held = [one for one in asked if may(world, one, name, call.caller)]
        return {"permissions": held} if held else {}

    return test
