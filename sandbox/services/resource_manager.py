"""Resource Manager v3: projects, folders, the organisation, and their policies."""

from __future__ import annotations

from sandbox.door import Call, Door, Kind
from sandbox.policies import found, policy_doors
from sandbox.world import CRM, Json, World

API = "cloudresourcemanager.v3"
TITLE = "Cloud Resource Manager API"
RPC = "google.cloud.resourcemanager.v3"


def _named(_: World, call: Call) -> str:
    return f"{CRM}/{call.params.get('name') or call.params['resource']}"


def _get(world: World, call: Call) -> Json:
    return found(world, _named(world, call)).body


def _doors() -> list[Door]:
    doors: list[Door] = []
    for kind in ("projects", "folders", "organizations"):
        one = kind.removesuffix("s").title()
        service = f"{RPC}.{kind.title()}"
        doors.append(
            Door(
                id=f"cloudresourcemanager.{kind}.get",
                rpc=f"{service}.Get{one}",
                permission=f"resourcemanager.{kind}.get",
                on=_named,
                answer=_get,
                kind=Kind.ADMIN_READ,
                title=TITLE,
                by_resource=False,
            )
        )
        doors += policy_doors(
            f"cloudresourcemanager.{kind}",
            service,
            f"resourcemanager.{kind}",
            _named,
            title=TITLE,
            by_resource=False,
        )
    return doors


DOORS = _doors()
