"""Which APIs are on in a project: what Service Usage says of them, and what calls find, which learn it later.

`Resource.hidden` of a project has what a scenario may set:

    off            APIs that are off from the beginning; all others are on
    on             APIs that somebody has switched on: only these and later ones count as active dependents
    used           APIs with usage that no log entry tells of
    billing        False: the project has no billing account
    switch_takes   how long switching takes; 5 seconds if it does not say so
    switch_fails   {API: google.rpc.Status}: how switching it ends
    switched       {API: [(when, on)]}: every switch so far, kept here
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sandbox.clock import stamp
from sandbox.log_values import instant
from sandbox.world import Json, Resource, World

TAKES = timedelta(seconds=5)
RECENT = timedelta(days=30)
"""How far back `CHECK` looks for usage (Service Usage v1, DisableServiceRequest)."""


def is_on(project: Resource, service: str, at: datetime) -> bool:
    """Whether an API was on at a time, as Service Usage says it."""
    state = service not in project.hidden.get("off", ())
    for when, on in project.hidden.get("switched", {}).get(service, ()):
        if when <= at:
            state = on
    return bool(state)


def is_refused(world: World, project: Resource, service: str) -> bool:
    """Whether calls of an API are refused now: a switch reaches them after the world's propagation delay."""
    return not is_on(project, service, world.now() - world.propagation)


def is_active(project: Resource, service: str, at: datetime) -> bool:
    """Whether somebody has switched an API on, and it still is."""
    chosen = service in project.hidden.get("on", ()) or service in project.hidden.get("switched", {})
    return chosen and is_on(project, service, at)


def was_used(world: World, project: Resource, service: str) -> bool:
    """Whether an API had calls in this project lately, as far as they were logged."""
    since = instant(stamp(world.now() - RECENT))
    return service in project.hidden.get("used", ()) or any(
        one.get("protoPayload", {}).get("serviceName") == service and instant(one["timestamp"]) > since
        for one in world.entries
        if one["logName"].startswith(f"projects/{project.project}/logs/")
    )


def begin_switch(world: World, project: Resource, services: list[str], *, on: bool) -> str:
    """The name of the operation that has just begun to switch APIs; it ends by itself as time goes on."""
    ends = world.now() + project.hidden.get("switch_takes", TAKES)
    number = project.body["name"].removeprefix("projects/")
    name = f"operations/acat.p2-{number}-{len(world.operations) + 1:08x}-4e5f-4a6b-8c7d-0123456789ab"
    fails = project.hidden.get("switch_fails", {})
    error = next((fails[one] for one in services if one in fails), None)
    world.operations[name] = {
        "name": name,
        "project": project.name,
        "services": services,
        "begun": world.now(),
        "ends": ends,
        "error": error,
    }
    for one in services if error is None else ():
        switched = project.hidden.setdefault("switched", {}).setdefault(one, [])
        switched.append((ends, on))
        switched.sort(key=lambda pair: pair[0])
    return name


def log_ends(world: World) -> None:
    """Write the second audit entry of every switch that has ended by now: with its end, or what it failed with."""
    for operation in world.operations.values():
        if operation.get("entry") and operation["ends"] <= world.now():
            world.log(_ended(operation["entry"], operation))
            operation["entry"] = None


def _ended(begun: Json, operation: Json) -> Json:
    error, at = operation["error"], stamp(operation["ends"])
    return {
        **begun,
        "timestamp": at,
        "receiveTimestamp": at,
        "severity": "ERROR" if error else "NOTICE",
        "operation": {**_of_log(operation), "last": True},
        "protoPayload": {**begun["protoPayload"], "status": error or {}},
    }


def begin_log(operation: Json, entry: Json) -> Json:
    """The first audit entry of a switch, remembered for the second one."""
    operation["entry"] = {**entry, "operation": {**_of_log(operation), "first": True}}
    return dict(operation["entry"])


def _of_log(operation: Json) -> Json:
    return {"id": operation["name"].removeprefix("operations/"), "producer": "serviceusage.googleapis.com"}
