"""IAM v1: service accounts with their policies, and roles. The Python client speaks gRPC only."""

from __future__ import annotations

from sandbox.door import Call, Door, Kind
from sandbox.errors import not_found
from sandbox.policies import found, policy_doors
from sandbox.roles import BASIC, PREDEFINED, included, known_permissions
from sandbox.world import Json, World

API = "iam.v1"
TITLE = "Identity and Access Management (IAM) API"
RPC = "google.iam.admin.v1.IAM"
HOST = "//iam.googleapis.com"
PAGE = 1_000


def account_of(world: World, call: Call) -> str:
    """The full name of the account a call is about; `-` stands for whichever project owns it, unique ids for mails."""
    path = call.params.get("name") or call.params["resource"]
    named = path.rpartition("/")[2]
    for one in world.of_kind("serviceAccounts"):
        if named in (one.body["email"], one.body["uniqueId"]):
            return one.name
    return f"{HOST}/{path}"


def _get_account(world: World, call: Call) -> Json:
    return found(world, account_of(world, call)).body


def _role(world: World, name: str) -> Json:
    if name in world.roles:
        return world.roles[name]
    if name in PREDEFINED or name in BASIC:
        return {
            "name": name,
            "title": name.removeprefix("roles/"),
            "stage": "GA",
            "etag": "AA==",
            "includedPermissions": included(name, known_permissions()),
        }
    raise not_found(f"The role named {name}")


def _get_role(world: World, call: Call) -> Json:
    return _role(world, call["name"])


def _list_roles(world: World, call: Call) -> Json:
    parent = call.params.get("parent", "")
    own = [role for name, role in world.roles.items() if parent and name.startswith(f"{parent}/")]
    roles = own if parent else [_role(world, name) for name in (*BASIC, *PREDEFINED)]
    start = int(call.params.get("pageToken") or 0)
    size = min(int(call.params.get("pageSize") or 300), PAGE)
    page = roles[start : start + size]
    if call.params.get("view") != "FULL":
        page = [{key: value for key, value in role.items() if key != "includedPermissions"} for role in page]
    more = {"nextPageToken": str(start + size)} if start + size < len(roles) else {}
    return {**({"roles": page} if page else {}), **more}


def _grantable(world: World, call: Call) -> Json:
    """Predefined roles that hold a permission of the resource's service, and basic ones on projects and above."""
    from shared.grants.services import service_of

    resource = call.body["fullResourceName"]
    host = resource.removeprefix("//").partition("/")[0]
    above = host == "cloudresourcemanager.googleapis.com"
    names = [
        name
        for name, held in PREDEFINED.items()
        if above or any(service_of(one) == host for one in held if not one.startswith("resourcemanager."))
    ]
    found(world, resource)
    return {"roles": [{key: _role(world, name)[key] for key in ("name", "title")} for name in names]}


def _whole(_: World, call: Call) -> str:
    parent = call.params.get("parent") or call.params.get("name", "")
    return f"//cloudresourcemanager.googleapis.com/{'/'.join(parent.split('/')[:2])}"


DOORS = [
    Door(
        id="iam.projects.serviceAccounts.get",
        rpc=f"{RPC}.GetServiceAccount",
        permission="iam.serviceAccounts.get",
        on=account_of,
        answer=_get_account,
        kind=Kind.ADMIN_READ,
        title=TITLE,
    ),
    *policy_doors("iam.projects.serviceAccounts", RPC, "iam.serviceAccounts", account_of, title=TITLE),
    Door(
        id="iam.roles.get",
        rpc=f"{RPC}.GetRole",
        permission="iam.roles.get",
        on=_whole,
        answer=_get_role,
        kind=Kind.ADMIN_READ,
        title=TITLE,
    ),
    Door(
        id="iam.roles.list",
        rpc=f"{RPC}.ListRoles",
        permission="iam.roles.list",
        on=_whole,
        answer=_list_roles,
        kind=Kind.ADMIN_READ,
        title=TITLE,
    ),
    Door(
        id="iam.roles.queryGrantableRoles",
        rpc=f"{RPC}.QueryGrantableRoles",
        permission="iam.roles.list",
        on=lambda _, call: call.body["fullResourceName"],
        answer=_grantable,
        kind=Kind.ADMIN_READ,
        title=TITLE,
    ),
]
