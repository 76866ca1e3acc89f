"""Reading and writing allow policies as every API does it: versions, etags, members that exist, domains that may.

Source: google.iam.v1 `policy.proto` and `iam_policy.proto`; conditional bindings read as version 1 come back under
names ending `_withcond_HASH`.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Any

from sandbox.door import Call, Door, Kind, On
from sandbox.errors import Refusal, invalid, not_found, stale
from sandbox.world import Json, Resource, World

FOREIGN = (
    "One or more users named in the policy do not belong to a permitted customer, "
    "perhaps due to an organization policy."
)


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
        role = one["role"]
        if condition := one.get("condition"):
            role += f"_withcond_{sha256(condition['expression'].encode()).hexdigest()[:20]}"
        flat.append({"role": role, "members": one["members"]})
    return {**policy, "version": 1, "bindings": flat}


def write_policy(world: World, resource: Resource, policy: Json) -> Json:
    """Store a policy, or refuse it as Google would."""
    sent, current = policy.get("etag"), resource.policy().get("etag")
    if sent and sent != current:
        raise stale()
    for binding in policy.get("bindings", ()):
        if "_withcond_" in binding["role"]:
            raise invalid(f"Role {binding['role']} is not supported for this resource.")
        if "condition" in binding and policy.get("version") != 3:
            raise invalid("The policy contains conditional bindings; its version must be 3.")
        for member in binding.get("members", ()):
            _check_member(world, resource, member)
    kept = {key: value for key, value in policy.items() if key in ("bindings", "auditConfigs", "version")}
    return world.set_policy(resource, kept)


def _check_member(world: World, resource: Resource, member: str) -> None:
    """Unknown service accounts fail the whole write; people outside the organisation may be forbidden by its policy."""
    kind, _, name = member.partition(":")
    known = {one.body["email"] for one in world.of_kind("serviceAccounts")}
    if kind == "serviceAccount" and name.endswith(".iam.gserviceaccount.com") and name not in known:
        raise invalid(f"Service account {name} does not exist.")
    restricted = any(one.hidden.get("only_domain") for one in world.lineage(resource))
    if restricted and kind == "user" and not name.endswith(f"@{world.domain}"):
        raise Refusal("FAILED_PRECONDITION", FOREIGN, http=412 if "storage." in resource.name else 0)


def tests_permissions(on: On) -> Callable[[World, Call], Json]:
    """What `testIamPermissions` answers: of the permissions asked, those that the caller has."""
    from sandbox.access import Asked, read_access

    def test(world: World, call: Call) -> Json:
        asked = call.body.get("permissions", []) if isinstance(call.body, dict) else []
        name = on(world, call)
        held = [
            one for one in asked
            if call.caller.is_reader or read_access(world, Asked(call.caller.member, one, name, world.now())).allowed
        ]  # fmt: skip
        return {"permissions": held} if held else {}

    return test
