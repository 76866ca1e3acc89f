"""Resource Manager v3: projects, folders, the organisation, and their policies; projects by id or number.

What does not exist is forbidden here for everyone, also for those who may see everything: nobody can tell it from
somebody else's (`The caller does not have permission ... (or it may not exist)`).
"""

from __future__ import annotations

from dataclasses import replace

from sandbox.door import Call, Door, Kind
from sandbox.front import denied
from sandbox.policies import found, policy_doors, tests_permissions
from sandbox.world import CRM, Json, World

API = "cloudresourcemanager.v3"
TITLE = "Cloud Resource Manager API"
RPC = "google.cloud.resourcemanager.v3"


def _named(_: World, call: Call) -> str:
    return f"{CRM}/{call.params.get('name') or call.params['resource']}"


def _get(world: World, call: Call) -> Json:
    return found(world, _named(world, call)).body


def _hiding(door: Door) -> Door:
    """The same door, which does not say what does not exist."""

    def answer(world: World, call: Call) -> Json | bytes:
        name = _named(world, call)
        if world.get(name) is None:
            raise denied("cloudresourcemanager.googleapis.com", door.needs(world, call), name, call.caller)
        return door.answer(world, call)

    return replace(door, answer=answer, entry=_entry)


def _entry(_: World, __: Call, entry: Json) -> Json:
    """An audit entry as Resource Manager writes it: `SetIamPolicy`, without a package."""
    payload = entry["protoPayload"]
    return {**entry, "protoPayload": {**payload, "methodName": payload["methodName"].rpartition(".")[2]}}


def _doors() -> list[Door]:
    doors: list[Door] = []
    for kind in ("projects", "folders", "organizations"):
        service = f"{RPC}.{kind.title()}"
        get = Door(
            id=f"cloudresourcemanager.{kind}.get",
            rpc=f"{service}.Get{kind.removesuffix('s').title()}",
            permission=f"resourcemanager.{kind}.get",
            on=_named,
            answer=_get,
            kind=Kind.ADMIN_READ,
            title=TITLE,
            by_resource=False,
        )
        tests = replace(
            get,
            id=f"cloudresourcemanager.{kind}.testIamPermissions",
            rpc=f"{service}.TestIamPermissions",
            permission="",
            answer=tests_permissions(_named),
        )
        policies = policy_doors(
            f"cloudresourcemanager.{kind}",
            service,
            f"resourcemanager.{kind}",
            _named,
            title=TITLE,
            by_resource=False,
        )
        doors += [_hiding(one) for one in (get, *policies)] + [tests]
    return doors


DOORS = _doors()
