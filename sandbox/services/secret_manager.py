"""Secret Manager: secrets, their versions with what is in them, and policies; global and regional ones."""

from __future__ import annotations

import base64

from sandbox.caller import number_of
from sandbox.door import Call, Door, Kind, by_parameter
from sandbox.errors import Refusal, not_found
from sandbox.policies import found, policy_doors, test_door
from sandbox.world import Json, Resource, World

API = "secretmanager.v1"
TITLE = "Secret Manager API"
HOST = "secretmanager.googleapis.com"
RPC = "google.cloud.secretmanager.v1.SecretManagerService"

_named = by_parameter(HOST, "name", "resource")


def add_secret(world: World, project: str, secret: str, *values: bytes, location: str = "") -> Resource:
    """A secret with a version for each value; `location` makes it a regional one."""
    path = f"projects/{project}/{f'locations/{location}/' if location else ''}secrets/{secret}"
    body: Json = {"name": path} if location else {"name": path, "replication": {"automatic": {}}}
    made = world.add(Resource(name=f"//{HOST}/{path}", kind="secrets", project=project, body=body))
    for number, value in enumerate(values, 1):
        name = f"{path}/versions/{number}"
        version = {"name": name, "state": "ENABLED"}
        world.add(Resource(name=f"//{HOST}/{name}", kind="versions", parent=made.name, project=project, body=version,
                           hidden={"payload": value}))  # fmt: skip
    return made


def _version(world: World, call: Call) -> Resource:
    """The version a call names; `latest` is the newest one that is enabled."""
    secret, _, number = _named(world, call).rpartition("/versions/")
    if number != "latest":
        return found(world, f"{secret}/versions/{number}")
    held = found(world, secret)
    enabled = [one for one in world.of_kind("versions") if one.parent == held.name and one.body["state"] == "ENABLED"]
    if not enabled:
        raise not_found(f"Secret [{held.body['name']}] has no versions or")
    return enabled[-1]


def _access(world: World, call: Call) -> Json:
    version = _version(world, call)
    name = _with_number(world, version)
    if (state := version.body["state"]) != "ENABLED":
        raise Refusal("FAILED_PRECONDITION", f"Secret Version [{name}] is in {state} state.")
    return {"name": name, "payload": {"data": base64.b64encode(version.hidden["payload"]).decode()}}


def _get_version(world: World, call: Call) -> Json:
    version = _version(world, call)
    return version.body | {"name": _with_number(world, version)}


def _with_number(world: World, one: Resource) -> str:
    """Secret Manager answers with the project's number, whatever was asked with."""
    head, _, tail = str(one.body["name"]).removeprefix("projects/").partition("/")
    return f"projects/{number_of(world, head)}/{tail}"


def _doors() -> list[Door]:
    doors: list[Door] = []
    for prefix in ("secretmanager.projects.secrets", "secretmanager.projects.locations.secrets"):
        doors += [
            Door(
                id=f"{prefix}.get",
                rpc=f"{RPC}.GetSecret",
                permission="secretmanager.secrets.get",
                on=_named,
                answer=lambda world, call: found(world, _named(world, call)).body,
                kind=Kind.ADMIN_READ,
                title=TITLE,
            ),
            Door(
                id=f"{prefix}.versions.get",
                rpc=f"{RPC}.GetSecretVersion",
                permission="secretmanager.versions.get",
                on=_named,
                answer=_get_version,
                kind=Kind.ADMIN_READ,
                title=TITLE,
            ),
            Door(
                id=f"{prefix}.versions.access",
                rpc=f"{RPC}.AccessSecretVersion",
                permission="secretmanager.versions.access",
                on=_named,
                answer=_access,
                kind=Kind.DATA_READ,
                title=TITLE,
            ),
            *policy_doors(prefix, RPC, "secretmanager.secrets", _named, title=TITLE),
            test_door(prefix, RPC, _named, title=TITLE),
        ]
    return doors


DOORS = _doors()
