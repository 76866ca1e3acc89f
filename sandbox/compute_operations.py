"""Compute Engine operations: what a change answers with at once, and what happens to it as the sandbox's time goes on.

An operation is a resource of its own (`.../zones/Z/operations/O`): PENDING, RUNNING, DONE with or without an error.
Nothing runs in between: whoever looks brings everything up to the present with `settle`. How it ends and how long it
takes follows `Resource.hidden` of the machine (`sandbox.machines`). Source: compute v1 reference, zoneOperations.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sandbox.machines import HOST, STOPPED, change_status, link, number, path_of, region_of, stamp
from sandbox.world import Json, Resource, World

KIND = "zoneOperations"
QUEUED = timedelta(seconds=1)
SECONDS = {"stop": 40, "start": 20, "reset": 8}
"""How long the operations on a machine take where it does not say otherwise; all others take 3 seconds."""
STOCKOUT = "ZONE_RESOURCE_POOL_EXHAUSTED"
NO_ROOM = "The zone '{zone}' does not have enough resources available to fulfill the request."
FAILURES = {
    STOCKOUT: (503, f"{NO_ROOM}  Try a different zone, or try again later."),
    f"{STOCKOUT}_WITH_DETAILS": (503, f"{NO_ROOM}  '(resource type:compute)'."),
    "QUOTA_EXCEEDED": (403, "Quota 'CPUS' exceeded.  Limit: 24.0 in region {region}."),
    "INTERNAL_ERROR": (500, "Internal error. Please try again or contact Google Support. (Code: '0')"),
}
HTTP_WORDS = {400: "BAD REQUEST", 403: "FORBIDDEN", 412: "PRECONDITION FAILED", 500: "INTERNAL SERVER ERROR",
              503: "SERVICE UNAVAILABLE"}  # fmt: skip

Effect = Callable[[datetime], Json | None]
"""What happens at a time; the effect that ends an operation gives the error it ends with, if any."""


@dataclass(frozen=True)
class Step:
    """One thing that happens at a time; while `waits` says so, it does not happen yet."""

    at: datetime
    does: Effect
    waits: Callable[[], bool] | None = None


def begin(
    world: World,
    machine: Resource,
    verb: str,
    steps: list[Step],
    *,
    user: str,
    request_id: str = "",
) -> Json:
    """The operation that has just been started on a machine; the last of its steps ends it.

    Args:
        world: where it happens.
        machine: what it changes.
        verb: the method (`stop`), which is also the operation's type.
        steps: what happens, in the order of time.
        user: who asked for it.
        request_id: the caller's own id of the request, "" for none.
    """
    zone_name = machine.name.partition("/instances/")[0]
    made, now = number("operation", machine.name, len(world.of_kind(KIND))), world.now()
    name = f"operation-{int(now.timestamp() * 1000)}-{made[:13]}-{made[-8:]}"
    full = f"{zone_name}/operations/{name}"
    body = {
        "kind": "compute#operation",
        "id": made,
        "name": name,
        "zone": link(zone_name),
        "operationType": verb,
        "targetLink": link(machine.name),
        "targetId": machine.body["id"],
        "status": "PENDING",
        "user": user,
        "progress": 0,
        "insertTime": stamp(now),
        "selfLink": link(full),
        **({"clientOperationId": request_id} if request_id else {}),
    }
    operation = Resource(name=full, kind=KIND, project=machine.project, body=body)
    operation.hidden["steps"] = [Step(now + QUEUED, _runs(operation)), *steps[:-1], _ending(operation, steps[-1])]
    operation.hidden.update(lost=_takes_one(machine, "loses_operations"), held=False)
    world.add(operation)
    return dict(body)


def _runs(operation: Resource) -> Effect:
    def run(at: datetime) -> None:
        operation.body.update(status="RUNNING", startTime=stamp(at))

    return run


def _ending(operation: Resource, last: Step) -> Step:
    def end(at: datetime) -> None:
        error = last.does(at) or {}
        operation.body.update(error, status="DONE", progress=100, endTime=stamp(at))
        operation.body.setdefault("startTime", stamp(at))

    return Step(last.at, end, last.waits)


def settle(world: World) -> None:
    """Let everything happen that is due by now, in the order of time."""
    now = world.now()
    while due := _next(world, now):
        at, take = due
        take(at)


def _next(world: World, now: datetime) -> tuple[datetime, Effect] | None:
    """The first thing that is due, and when it happens."""
    due: list[tuple[datetime, Effect]] = []
    for operation in world.of_kind(KIND):
        for step in operation.hidden["steps"][:1]:
            held = step.at <= now and step.waits is not None and step.waits()
            if step.at <= now and not held:
                due.append((now if operation.hidden["held"] else step.at, _first_of(operation.hidden["steps"])))
            operation.hidden["held"] |= held
    for machine in world.of_kind("instances"):
        for at, _ in machine.hidden.get("at", [])[:1]:
            if at <= now:
                due.append((at, _planned(world, machine)))
    return min(due, key=lambda one: one[0], default=None)


def _first_of(steps: list[Step]) -> Effect:
    def take(at: datetime) -> None:
        steps.pop(0).does(at)

    return take


def _planned(world: World, machine: Resource) -> Effect:
    def take(at: datetime) -> None:
        _, status = machine.hidden["at"].pop(0)
        change_status(world, machine, status, at)

    return take


def after(machine: Resource, verb: str, since: datetime) -> datetime:
    """When an operation that begins at a time is through, as far as the machine has its way."""
    return since + timedelta(seconds=machine.hidden.get("takes", {}).get(verb, SECONDS.get(verb, 3)))


def failure_of(machine: Resource, verb: str) -> Json | None:
    """How the next operation of a kind on a machine fails, as `Operation` says it; None if it does not."""
    planned = machine.hidden.get("fails", {}).get(verb)
    if planned:
        return _error(machine, planned.pop(0))
    size = machine.body["machineType"].rpartition("/")[2]
    full = verb == "start" and (size in machine.hidden.get("no_room_for", ()) or _takes_one(machine, "start_stockouts"))
    return _error(machine, STOCKOUT) if full else None


def _error(machine: Resource, planned: Any) -> Json:
    own = planned if isinstance(planned, dict) else {"code": planned}
    zone = path_of(machine.body["zone"])
    http, message = FAILURES.get(own["code"], (400, f"The operation failed: {own['code']}."))
    said = own.get("message", message.format(zone=zone, region=region_of(zone.rpartition("/")[2])))
    status = own.get("http", http)
    return {
        "error": {"errors": [{"code": own["code"], "message": said}]},
        "httpErrorStatusCode": status,
        "httpErrorMessage": HTTP_WORDS.get(status, "BAD REQUEST"),
    }


def _takes_one(machine: Resource, key: str) -> bool:
    """Whether a count on the machine is left, used up by one."""
    left = machine.hidden.get(key, 0)
    if left:
        machine.hidden[key] = left - 1
    return bool(left)


def replayed(world: World, zone_name: str, request_id: str) -> Resource | None:
    """The operation that a request of this id started before, in the zone of that full name."""
    for one in world.of_kind(KIND):
        if one.body.get("clientOperationId") == request_id and one.name.startswith(f"{zone_name}/"):
            return one
    return None


def find(world: World, zone_name: str, operation: str) -> Resource | None:
    """An operation by name or number; one that was lost is not found."""
    for one in in_zone(world, zone_name):
        if operation in (one.body["name"], one.body["id"]):
            return one
    return None


def in_zone(world: World, zone_name: str) -> list[Resource]:
    """The operations of a zone that can be found."""
    return [one for one in world.of_kind(KIND) if one.name.startswith(f"{zone_name}/") and not one.hidden["lost"]]


def is_stopped(machine: Resource) -> bool:
    """Whether the machine stands still."""
    return machine.body["status"] in STOPPED


def zone_of(project: str, zone: str) -> str:
    """The full name of a zone."""
    return f"{HOST}/projects/{project}/zones/{zone}"
