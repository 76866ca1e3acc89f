"""IAM v2: deny policies. A list gives no rules, only a get does; names hold their attachment point percent-encoded."""

from __future__ import annotations

from sandbox.access import attached_to
from sandbox.door import Call, Door, Kind
from sandbox.errors import not_found
from sandbox.pages import page_of
from sandbox.world import Json, World

API = "iam.v2"
TITLE = "Identity and Access Management (IAM) API"
RPC = "google.iam.v2.Policies"
PAGE = 1_000


def _attachment(world: World, call: Call) -> str:
    """The full name of what the deny policies of a call hang on."""
    path = call.params.get("parent") or call.params["name"]
    attached = attached_to(world, path)
    return attached.name if attached else f"//{path.removeprefix('policies/').partition('/denypolicies')[0]}"


def _named(world: World, policy: Json) -> Json:
    """A policy as replies have it: projects by number."""
    attached = attached_to(world, policy["name"])
    if attached is None or attached.kind != "projects":
        return policy
    point = f"cloudresourcemanager.googleapis.com/{attached.body['name']}".replace("/", "%2F")
    return {**policy, "name": f"policies/{point}/denypolicies/{policy['name'].rpartition('/')[2]}"}


def _on(world: World, call: Call) -> list[Json]:
    name = _attachment(world, call)
    attached = world.get(name)
    if attached is None:
        raise not_found(name)
    return [_named(world, one) for one in world.deny_policies.values() if attached_to(world, one["name"]) is attached]


def _list(world: World, call: Call) -> Json:
    metadata = [{key: value for key, value in one.items() if key != "rules"} for one in _on(world, call)]
    return page_of("policies", metadata, call, most=PAGE)


def _get(world: World, call: Call) -> Json:
    wanted = call["name"].rpartition("/")[2]
    for policy in _on(world, call):
        if policy["name"].rpartition("/")[2] == wanted:
            return policy
    raise not_found(f"The deny policy {call['name']}")


DOORS = [
    Door(
        id=f"iam.policies.{method}",
        rpc=f"{RPC}.{rpc}",
        permission=f"iam.denypolicies.{permission}",
        on=_attachment,
        answer=answer,
        kind=Kind.ADMIN_READ,
        title=TITLE,
    )
    for method, rpc, permission, answer in (
        ("listPolicies", "ListPolicies", "list", _list),
        ("get", "GetPolicy", "get", _get),
    )
]
