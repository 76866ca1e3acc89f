"""Compute Engine: virtual machines and the operations on them.

How a machine misbehaves is said in its `Resource.hidden` (`sandbox.machines`). `hidden["unreachable"]` of a project
makes its lists partial, with the warning that Google gives then. `zoneOperations.wait` answers at once, as Google
allows itself. The sentences about request ids are our own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

from sandbox import compute_operations as operations
from sandbox import machine_changes as changes
from sandbox.compute_lists import listed, page
from sandbox.compute_operations import begin, settle, zone_of
from sandbox.compute_refusals import existing, missing, not_ready, refused
from sandbox.door import Call, Door, Kind, On
from sandbox.machines import referrers, serial_output
from sandbox.policies import policy_doors, test_door
from sandbox.world import Json, Resource, World

API = "compute.v1"
TITLE = "Compute Engine API"
RPC = "v1.compute.instances"
PORTS = (1, 2, 3, 4)


def instance_of(world: World, call: Call) -> str:
    """The full name of the machine a call is about, which may name it by its number; all is brought to the present."""
    settle(world)
    asked = call.params.get("instance") or call["resource"]
    name = f"{zone_of(call['project'], call['zone'])}/instances/{asked}"
    if found := world.get(name):
        return found.name
    for one in world.of_kind("instances"):
        if one.body["id"] == asked and world.get(name.rpartition("/")[0] + f"/{one.body['name']}") is one:
            return one.name
    return name


def zone_asked(world: World, call: Call) -> str:
    """The full name of the zone a call is about, all of it brought to the present."""
    settle(world)
    project = world.project(call["project"])
    return zone_of(project.project if project else call["project"], call["zone"])


def operation_of(world: World, call: Call) -> str:
    """The full name of the operation a call is about."""
    zone = zone_asked(world, call)
    found = operations.find(world, zone, call["operation"])
    return found.name if found else f"{zone}/operations/{call['operation']}"


def _get(world: World, call: Call) -> Json:
    return existing(world, instance_of(world, call)).body


def _list(world: World, call: Call) -> Json:
    zone = zone_asked(world, call)
    return listed(world, call, "instanceList", [one for one in world.of_kind("instances") if _is_in(one, zone)])


def _is_in(one: Resource, zone: str) -> bool:
    return one.name.startswith(f"{zone}/")


def _serial(world: World, call: Call) -> Json:
    machine = existing(world, instance_of(world, call))
    port = int(call.params.get("port") or 1)
    if machine.body["status"] != "RUNNING":
        raise not_ready(machine)
    if port not in PORTS:
        raise refused(f"Invalid value for field 'port': '{port}'. Must be between 1 and 4.", "invalid")
    return serial_output(machine, port, int(call.params.get("start") or 0))


def _referrers(world: World, call: Call) -> Json:
    return page(call, "instanceListReferrers", referrers(existing(world, instance_of(world, call))))


def _changes(verb: str, plan: changes.Plan) -> Callable[[World, Call], Json]:
    """The answer of a method that changes a machine: an operation, the same one for the same request id."""

    def change(world: World, call: Call) -> Json:
        machine = existing(world, instance_of(world, call))
        request_id = _request_id(call)
        before = operations.replayed(world, zone_asked(world, call), request_id) if request_id else None
        if before is not None:
            return _same(before, verb, machine)
        steps = plan(world, machine, call)
        return begin(world, machine, verb, steps, user=call.caller.email or call.caller.member, request_id=request_id)

    return change


def _request_id(call: Call) -> str:
    given = call.params.get("requestId", "")
    try:
        known = not given or UUID(given).int != 0
    except ValueError:
        known = False
    if not known:
        raise refused(f"Invalid value for field 'requestId': '{given}'. It must be a UUID and not the zero UUID.")
    return given


def _same(before: Resource, verb: str, machine: Resource) -> Json:
    if (before.body["operationType"], before.body["targetId"]) != (verb, machine.body["id"]):
        raise refused("Invalid value for field 'requestId': it was used for another request.")
    return before.body


def _get_operation(world: World, call: Call) -> Json:
    found = operations.find(world, zone_asked(world, call), call["operation"])
    if found is None:
        raise missing(operation_of(world, call))
    return found.body


def _list_operations(world: World, call: Call) -> Json:
    return listed(world, call, "operationList", operations.in_zone(world, zone_asked(world, call)))


def reading(method: str, answer: Callable[[World, Call], Json], on: On, needs: str = "") -> Door:
    """A method that only looks (`instances.get`); its permission has the same name, or the one that it needs."""
    return _door(method, answer, on, Kind.ADMIN_READ, needs or method)


def _writing(verb: str, plan: changes.Plan) -> Door:
    """A method that changes a machine and answers with an operation."""
    door = _door(f"instances.{verb}", _changes(verb, plan), instance_of, Kind.ADMIN_WRITE, f"instances.{verb}")
    return replace(door, entry=_by_number)


def _by_number(world: World, call: Call, entry: Json) -> Json:
    """The audit entry of a call on a machine, which its labels name by number."""
    machine = world.get(instance_of(world, call))
    if machine is not None:
        entry["resource"]["labels"]["instance_id"] = str(machine.body["id"])
    return entry


def _door(method: str, answer: Callable[[World, Call], Json], on: On, kind: Kind, needs: str) -> Door:
    return Door(
        id=f"compute.{method}",
        rpc=f"v1.compute.{method}",
        permission=f"compute.{needs}",
        on=on,
        answer=answer,
        kind=kind,
        title=TITLE,
    )


def _policies() -> list[Door]:
    """The doors of a machine's policy, named as audit logs of Compute Engine name methods."""
    doors = policy_doors("compute.instances", RPC, "compute.instances", instance_of, title=TITLE,
                         requested="optionsRequestedPolicyVersion")  # fmt: skip
    doors.append(test_door("compute.instances", RPC, instance_of, title=TITLE))
    return [replace(door, rpc=f"v1.{door.id}") for door in doors]


DOORS = [
    reading("instances.get", _get, instance_of),
    reading("instances.list", _list, zone_asked),
    reading("instances.getSerialPortOutput", _serial, instance_of),
    reading("instances.listReferrers", _referrers, instance_of),
    _writing("start", changes.start),
    _writing("stop", changes.stop),
    _writing("reset", changes.reset),
    _writing("setServiceAccount", changes.set_account),
    _writing("setMachineType", changes.set_type),
    *_policies(),
    reading("zoneOperations.get", _get_operation, operation_of),
    reading("zoneOperations.wait", _get_operation, operation_of, needs="zoneOperations.get"),
    reading("zoneOperations.list", _list_operations, zone_asked),
]
