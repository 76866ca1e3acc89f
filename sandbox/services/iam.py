"""IAM v1: service accounts with their policies, and roles. The Python client speaks gRPC only."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sandbox.accounts import DELETED, HOST, create_account, delete_account, undelete_account
from sandbox.door import Answer, Call, Door, Kind
from sandbox.errors import Refusal, not_found
from sandbox.front import denied
from sandbox.pages import page_of
from sandbox.policies import found, policy_doors, test_door
from sandbox.roles import BASIC, PREDEFINED, included, known_permissions
from sandbox.world import CRM, Json, Resource, World

API = "iam.v1"
TITLE = "Identity and Access Management (IAM) API"
RPC = "google.iam.admin.v1.IAM"
SERVICE = "iam.googleapis.com"
ACCOUNTS = "iam.projects.serviceAccounts"
LOGGED_AS = {"GetIamPolicy": "GetIAMPolicy", "SetIamPolicy": "SetIAMPolicy"}
"""How audit logs spell methods: `google.iam.admin.v1.SetIAMPolicy` (IAM audit logging)."""
PAGE = 1_000


def account_of(world: World, call: Call) -> str:
    """The full name of the account a call is about; `-` stands for whichever project owns it, unique ids for mails."""
    path = call.params.get("name") or call.params["resource"]
    account = find_account(world, path) or find_account(world, path, DELETED)
    return f"{HOST}/{account.body['name'] if account else path}"


def find_account(world: World, path: str, kind: str = "serviceAccounts") -> Resource | None:
    """An account by `projects/P/serviceAccounts/A`: P an id, a number or `-`, A an address or a unique id."""
    _, project, _, named = [*path.split("/"), "", "", "", ""][:4]
    owner = world.project(project) if project != "-" else None
    for one in world.of_kind(kind):
        mine = project == "-" or (owner is not None and owner.project == one.project)
        if mine and named in (one.body["email"], one.body["uniqueId"]):
            return one
    return None


def _account(world: World, call: Call) -> Resource:
    """The account a call is about. With `-` for the project a missing one looks forbidden (serviceAccounts.get)."""
    path = call.params.get("name") or call.params["resource"]
    if account := find_account(world, path):
        return account
    if path.startswith("projects/-/"):
        raise denied(SERVICE, "iam.serviceAccounts.get", f"{HOST}/{path}", call.caller)
    raise Refusal("NOT_FOUND", f"Unknown service account {path}")


def _get_account(world: World, call: Call) -> Json:
    return _account(world, call).body


def _list_accounts(world: World, call: Call) -> Json:
    project = found(world, _project_of(world, call))
    accounts = [one.body for one in world.of_kind("serviceAccounts") if one.project == project.project]
    return page_of("accounts", accounts, call, most=100)


def _create(world: World, call: Call) -> Json:
    project = found(world, _project_of(world, call))
    more = call.body.get("serviceAccount", {})
    return create_account(world, project.project, call.body.get("accountId", ""), more).body


def _disable(world: World, call: Call) -> Json:
    _account(world, call).body["disabled"] = True
    return {}


def _enable(world: World, call: Call) -> Json:
    _account(world, call).body.pop("disabled", None)
    return {}


def _delete(world: World, call: Call) -> Json:
    delete_account(world, _account(world, call))
    return {}


def _undelete(world: World, call: Call) -> Json:
    account = find_account(world, call["name"], DELETED)
    if account is None:
        raise Refusal("NOT_FOUND", f"Unknown service account {call['name']}")
    undelete_account(world, account)
    return {"restoredAccount": account.body}


def _project_of(_: World, call: Call) -> str:
    """The project that a call about accounts or roles names."""
    path = call.params.get("name") or call.params.get("parent", "")
    return f"{CRM}/{'/'.join(path.split('/')[:2])}"


def _deleted_in(world: World, call: Call) -> str:
    """What an undelete is checked on: the project of the account, which is all that is left."""
    account = find_account(world, call["name"], DELETED)
    return account.parent if account else _project_of(world, call)


def account_entry(world: World, call: Call, entry: Json) -> Json:
    """An audit entry as IAM writes it: the short method name, the account by its unique id."""
    payload, labels = entry["protoPayload"], entry["resource"]["labels"]
    verb = payload["methodName"].rpartition(".")[2]
    payload = {**payload, "methodName": f"google.iam.admin.v1.{LOGGED_AS.get(verb, verb)}"}
    path = call.params.get("name") or call.params.get("resource", "")
    account = find_account(world, path) or find_account(world, path, DELETED)
    if account is None:
        return {**entry, "protoPayload": payload}
    unique = account.body["uniqueId"]
    labels = {"project_id": account.project, "email_id": account.body["email"], "unique_id": unique}
    payload["resourceName"] = f"projects/-/serviceAccounts/{unique}"
    return {**entry, "resource": {"type": "service_account", "labels": labels}, "protoPayload": payload}


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
    if call.params.get("view") != "FULL":
        roles = [{key: value for key, value in role.items() if key != "includedPermissions"} for role in roles]
    return page_of("roles", roles, call, most=PAGE)


def _grantable(world: World, call: Call) -> Json:
    """Predefined roles that hold a permission of the resource's service, and the custom ones of what contains it."""
    from shared.grants.services import service_of

    resource = found(world, call.body["fullResourceName"])
    host = resource.name.removeprefix("//").partition("/")[0]
    above = host == "cloudresourcemanager.googleapis.com"
    names = [
        name
        for name, held in PREDEFINED.items()
        if above or any(_checked_by(service_of(one)) == host for one in held if not one.startswith("resourcemanager."))
    ]
    around = tuple(f"{one.name.removeprefix(f'{CRM}/')}/roles/" for one in world.lineage(resource))
    names += [name for name, role in world.roles.items() if name.startswith(around) and not role.get("deleted")]
    roles = [{key: value for key, value in _role(world, name).items() if key in ("name", "title")} for name in names]
    return page_of("roles", roles, call, most=PAGE)


def _checked_by(service: str) -> str:
    """The host whose resources carry the permissions of a service: accounts carry those of IAM Credentials."""
    return SERVICE if service == "iamcredentials.googleapis.com" else service


def _account_door(verb: str, permission: str, answer: Answer, kind: Kind, **more: Any) -> Door:
    door = Door(
        id=f"{ACCOUNTS}.{verb}",
        rpc=f"{RPC}.{verb.title()}ServiceAccount{'s' if verb == 'list' else ''}",
        permission=f"iam.serviceAccounts.{permission}",
        on=account_of,
        answer=answer,
        kind=kind,
        title=TITLE,
        entry=account_entry,
    )
    return replace(door, **more)


def _role_door(verb: str, permission: str, answer: Answer, **more: Any) -> Door:
    door = Door(
        id=f"iam.roles.{verb}",
        rpc=f"{RPC}.{verb[:1].upper()}{verb[1:]}",
        permission=permission,
        on=_project_of,
        answer=answer,
        kind=Kind.ADMIN_READ,
        title=TITLE,
    )
    return replace(door, **more)


DOORS = [
    _account_door("get", "get", _get_account, Kind.ADMIN_READ),
    _account_door("list", "list", _list_accounts, Kind.ADMIN_READ, on=_project_of),
    _account_door("create", "create", _create, Kind.ADMIN_WRITE, on=_project_of),
    _account_door("disable", "disable", _disable, Kind.ADMIN_WRITE),
    _account_door("enable", "enable", _enable, Kind.ADMIN_WRITE),
    _account_door("delete", "delete", _delete, Kind.ADMIN_WRITE),
    _account_door("undelete", "undelete", _undelete, Kind.ADMIN_WRITE, on=_deleted_in),
    *(
        replace(door, entry=account_entry)
        for door in policy_doors(ACCOUNTS, RPC, "iam.serviceAccounts", account_of, title=TITLE)
    ),
    test_door(ACCOUNTS, RPC, account_of, title=TITLE),
    _role_door("get", "iam.roles.get", _get_role, rpc=f"{RPC}.GetRole"),
    _role_door("list", "iam.roles.list", _list_roles, rpc=f"{RPC}.ListRoles"),
    _role_door(
        "queryGrantableRoles",
        "iam.roles.list",
        _grantable,
        on=lambda _, call: call.body["fullResourceName"],
    ),
]
