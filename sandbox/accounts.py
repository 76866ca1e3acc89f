"""The life of a service account: made, switched off, deleted, brought back; policies follow it by its unique id.

Source: IAM documentation, "Policies with deleted principals" and serviceAccounts.undelete: bindings of a deleted
account stay under a name with its unique id, which no account made later under the same address has.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256

from sandbox.errors import Refusal, invalid
from sandbox.world import Json, Resource, World

HOST = "//iam.googleapis.com"
DELETED = "deletedServiceAccounts"
"""The collection in which deleted accounts wait; nothing but undelete looks there."""
KEPT_FOR = timedelta(days=30)
PRINCIPAL = "principal://iam.googleapis.com/projects/-/serviceAccounts/"
LONGEST, SHORTEST = 30, 6


def create_account(world: World, project: str, account: str, more: Json) -> Resource:
    """A new account of a project with a unique id of its own; refused where the address is taken."""
    if not SHORTEST <= len(account) <= LONGEST or not account.replace("-", "a").isalnum() or account != account.lower():
        raise invalid(f"Account id {account!r} must be 6 to 30 lower case letters, digits and hyphens.")
    email = f"{account}@{project}.iam.gserviceaccount.com"
    name = f"projects/{project}/serviceAccounts/{email}"
    if f"{HOST}/{name}" in world.resources:
        raise Refusal("ALREADY_EXISTS", f"Service account {account} already exists within project projects/{project}.")
    before = sum(one.body["email"] == email for one in world.of_kind(DELETED))
    unique = str(10**20 + int(sha256(f"{email} {before}".encode()).hexdigest(), 16) % 10**20)
    body = {"name": name, "email": email, "uniqueId": unique, "projectId": project, "oauth2ClientId": unique, **more}
    return world.add(Resource(name=f"{HOST}/{name}", kind="serviceAccounts", project=project, body=body))


def delete_account(world: World, account: Resource) -> None:
    """Take an account away; policies, deny policies and groups name it as deleted from now on."""
    del world.resources[account.name]
    account.hidden["deleted_at"] = world.now()
    account.kind, account.name = DELETED, f"{HOST}/{DELETED}/{account.body['uniqueId']}"
    world.add(account)
    _rename(world, dict(_names(account)))


def undelete_account(world: World, account: Resource) -> None:
    """Bring an account back with its bindings; refused after 30 days, or where its address is taken."""
    if world.now() - account.hidden["deleted_at"] > KEPT_FOR:
        raise Refusal("NOT_FOUND", f"Service account {account.body['uniqueId']} was not found.")
    name = f"{HOST}/{account.body['name']}"
    if name in world.resources:
        raise Refusal("FAILED_PRECONDITION", f"There is another service account {account.body['email']}.")
    del world.resources[account.name]
    account.kind, account.name = "serviceAccounts", name
    world.add(account)
    _rename(world, {new: old for old, new in _names(account)})


def _names(account: Resource) -> list[tuple[str, str]]:
    """What policies of both kinds call an account, and what they call it once it is deleted."""
    email, uid = account.body["email"], account.body["uniqueId"]
    return [(f"{one}{email}", f"deleted:{one}{email}?uid={uid}") for one in ("serviceAccount:", PRINCIPAL)]


def _rename(world: World, names: dict[str, str]) -> None:
    """Write other names wherever members are named, in what has spread and in what is still spreading."""

    def renamed(listed: list[str]) -> list[str]:
        return [names.get(one, one) for one in listed]

    for one in world.resources.values():
        one.policies = [(since, _in_policy(policy, renamed)) for since, policy in one.policies]
    world.groups.update({group: renamed(members) for group, members in world.groups.items()})
    for policy in world.deny_policies.values():
        for rule in policy.get("rules", ()):
            for field in rule["denyRule"].keys() & {"deniedPrincipals", "exceptionPrincipals"}:
                rule["denyRule"][field] = renamed(rule["denyRule"][field])


def _in_policy(policy: Json, renamed: Callable[[list[str]], list[str]]) -> Json:
    if "bindings" not in policy:
        return policy
    bindings = [{**one, "members": renamed(one.get("members", []))} for one in policy["bindings"]]
    return {**policy, "bindings": bindings}
