"""Service Usage: which APIs a project may use, and switching them on and off.

Switching is an operation that takes a while; what an API needs is switched on with it. Source: Service Usage v1
reference and audit logging; the refusals as its clients print them. `hidden` of a project: `sandbox.api_state`.
"""

from __future__ import annotations

from collections.abc import Callable

from sandbox.api_catalogue import BILLED, dependents_of, needed_by, titles
from sandbox.api_refusals import billing_missing, depended_on, in_use, unknown
from sandbox.api_state import begin_log, begin_switch, is_active, is_on, log_ends, was_used
from sandbox.door import Call, Door, Kind, On
from sandbox.errors import invalid, not_found
from sandbox.front import denied
from sandbox.pages import page_of
from sandbox.world import CRM, Json, Resource, World

API = "serviceusage.v1"
TITLE = "Service Usage API"
SERVICE = "serviceusage.googleapis.com"
RPC, TYPES = "google.api.serviceusage.v1.ServiceUsage", "type.googleapis.com/google.api.serviceusage.v1"
MOST_LISTED, LISTED, MOST_AT_ONCE = 200, 50, 20
STATES = {"": (True, False), "state:ENABLED": (True,), "state:DISABLED": (False,)}
NOOP = "operations/noop.DONE_OPERATION"
"""What switching answers with where there is nothing to switch."""


def _service(_: World, call: Call) -> str:
    return f"//{SERVICE}/{call['name']}"


def _parent(_: World, call: Call) -> str:
    return f"{CRM}/{call['parent']}"


def _project(world: World, call: Call, permission: str, on: On) -> Resource:
    """The project of a call. Nobody is told whether one exists: it is forbidden, also to those who may see all."""
    name = on(world, call)
    found = world.project(name.partition("/projects/")[2].partition("/")[0])
    if found is None:
        raise denied(SERVICE, permission, name, call.caller)
    return found


def _host(project: Resource, call: Call) -> str:
    return _known(project, [call["name"].rpartition("/")[2]])[0]


def _known(project: Resource, services: list[str]) -> list[str]:
    own = {*project.hidden.get("off", ()), *project.hidden.get("on", ())}
    missing = [one for one in services if one not in titles() and one not in own]
    if missing:
        raise unknown(missing)
    return services


def _body(world: World, project: Resource, service: str) -> Json:
    parent = project.body["name"]
    return {
        "name": f"{parent}/services/{service}",
        "parent": parent,
        "config": {"name": service, "title": titles().get(service, service)},
        "state": "ENABLED" if is_on(project, service, world.now()) else "DISABLED",
    }


def _get(world: World, call: Call) -> Json:
    project = _project(world, call, "serviceusage.services.get", _service)
    return _body(world, project, _host(project, call))


def _list(world: World, call: Call) -> Json:
    project = _project(world, call, "serviceusage.services.list", _parent)
    asked, size = call.params.get("filter", ""), int(call.params.get("pageSize") or LISTED)
    if asked not in STATES or size > MOST_LISTED:
        raise invalid("Allowed filters are state:ENABLED and state:DISABLED; a page holds at most 200 services.")
    named = sorted({*titles(), *project.hidden.get("off", ())})
    bodies = [_body(world, project, one) for one in named if is_on(project, one, world.now()) in STATES[asked]]
    return page_of("services", bodies, call, most=size)


def _enable(world: World, call: Call) -> Json:
    project = _project(world, call, "serviceusage.services.enable", _service)
    service = _host(project, call)
    return _switched_on(world, project, [service], "EnableServiceResponse")


def _batch_enable(world: World, call: Call) -> Json:
    project = _project(world, call, "serviceusage.services.enable", _parent)
    services = call.body.get("serviceIds", [])
    if not 0 < len(services) <= MOST_AT_ONCE:
        raise invalid(f"1 to {MOST_AT_ONCE} services can be enabled at a time.")
    return _switched_on(world, project, _known(project, services), "BatchEnableServicesResponse")


def _switched_on(world: World, project: Resource, services: list[str], answers: str) -> Json:
    """The operation that switches on what is off, or the one that has nothing to do."""
    off = [one for one in needed_by(services) if not is_on(project, one, world.now())]
    billed = [one for one in off if one in BILLED]
    if billed and project.hidden.get("billing") is False:
        raise billing_missing(project.body["name"].removeprefix("projects/"), billed)
    if not off:
        return {"name": NOOP, "done": True, "response": _response(world, project, services, answers)}
    name = begin_switch(world, project, off, on=True)
    world.operations[name].update(asked=services, answers=answers)
    return _operation(world, name)


def _disable(world: World, call: Call) -> Json:
    project = _project(world, call, "serviceusage.services.disable", _service)
    service = _host(project, call)
    dependents = [one for one in dependents_of(service) if is_active(project, one, world.now())]
    if dependents and not call.body.get("disableDependentServices"):
        raise depended_on(service, dependents)
    going = [service, *dependents]
    used = [one for one in going if was_used(world, project, one)]
    if used and call.body.get("checkIfServiceHasUsage") == "CHECK":
        raise in_use(used)
    off = [one for one in going if is_on(project, one, world.now())]
    if not off:
        done = _response(world, project, [service], "DisableServiceResponse")
        return {"name": NOOP, "done": True, "response": done}
    name = begin_switch(world, project, off, on=False)
    world.operations[name].update(asked=[service], answers="DisableServiceResponse")
    return _operation(world, name)


def _response(world: World, project: Resource, services: list[str], answers: str) -> Json:
    bodies = [_body(world, project, one) for one in services]
    what: Json = {"services": bodies} if answers.startswith("Batch") else {"service": bodies[0]}
    return {"@type": f"{TYPES}.{answers}", **what}


def _operation(world: World, name: str) -> Json:
    """An operation as it is now: still at it, or done with its answer or error."""
    kept = world.operations[name]
    project = world.resources[kept["project"]]
    names = [f"{project.body['name']}/services/{one}" for one in kept["services"]]
    reply: Json = {"name": name, "metadata": {"@type": f"{TYPES}.OperationMetadata", "resourceNames": names}}
    if kept["ends"] > world.now():
        return reply
    if kept["error"]:
        return {**reply, "done": True, "error": kept["error"]}
    return {**reply, "done": True, "response": _response(world, project, kept["asked"], kept["answers"])}


def _operation_of(_: World, call: Call) -> str:
    """What an operation's permission is checked on: the project whose number stands in its name."""
    return f"{CRM}/projects/{call['name'].partition('.p2-')[2].partition('-')[0]}"


def _get_operation(world: World, call: Call) -> Json:
    log_ends(world)
    if call["name"] not in world.operations:
        raise not_found(call["name"])
    return _operation(world, call["name"])


def _entry(request: str) -> Callable[[World, Call, Json], Json]:
    """The audit entry of switching: with its request, and the operation that has begun."""

    def written(world: World, call: Call, entry: Json) -> Json:
        body = call.body if isinstance(call.body, dict) else {}
        asked = {"@type": f"{TYPES}.{request}", **call.params, **body}
        entry = {**entry, "protoPayload": {**entry["protoPayload"], "request": asked}}
        last = next(reversed(world.operations.values()), None)
        has_begun = last is not None and last["begun"] == world.now() and "entry" not in last
        return begin_log(last, entry) if last is not None and has_begun else entry

    return written


def _not_audited(_: World, __: Call, ___: Json) -> None:
    """GetService and ListServices leave no entry (Service Usage audit logging, "Methods that don't")."""


def _door(id_: str, rpc: str, permission: str, on: On, answer: Callable[[World, Call], Json], kind: Kind) -> Door:
    entries = {Kind.ADMIN_WRITE: _entry(f"{rpc.rpartition('.')[2]}Request"), Kind.ADMIN_READ: _not_audited}
    return Door(
        id=f"serviceusage.{id_}",
        rpc=rpc,
        permission=f"serviceusage.{permission}",
        on=on,
        answer=answer,
        kind=kind,
        title=TITLE,
        by_resource=False,
        entry=entries.get(kind),
    )


DOORS = [
    _door("services.get", f"{RPC}.GetService", "services.get", _service, _get, Kind.ADMIN_READ),
    _door("services.list", f"{RPC}.ListServices", "services.list", _parent, _list, Kind.ADMIN_READ),
    _door("services.enable", f"{RPC}.EnableService", "services.enable", _service, _enable, Kind.ADMIN_WRITE),
    _door("services.disable", f"{RPC}.DisableService", "services.disable", _service, _disable, Kind.ADMIN_WRITE),
    _door(
        "services.batchEnable",
        f"{RPC}.BatchEnableServices",
        "services.enable",
        _parent,
        _batch_enable,
        Kind.ADMIN_WRITE,
    ),
    _door(
        "operations.get",
        "google.longrunning.Operations.GetOperation",
        "operations.get",
        _operation_of,
        _get_operation,
        Kind.DATA_READ,
    ),
]
