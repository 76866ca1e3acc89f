"""Compute Engine: what stands around virtual machines, to be read: addresses, routes, schedules, groups, disks, sizes.

All of it lies in the world as resources of these kinds, with what the API says of them as their `body`; a network
endpoint group has its members in `hidden["endpoints"]` ({"instance", "ipAddress", "port"}).
"""

from __future__ import annotations

from sandbox.compute_lists import listed, page
from sandbox.compute_refusals import existing, missing
from sandbox.door import Call, Door, On
from sandbox.machine_types import machine_type
from sandbox.machines import HOST, link, number
from sandbox.services.compute import reading
from sandbox.world import Json, Resource, World

API = "compute.v1"
LIMIT, USED = 300, 12
"""The vCPUs that a region allows where the scenario does not say it, and how many of them are taken."""


def _project(world: World, call: Call) -> str:
    found = world.project(call["project"])
    return f"{HOST}/projects/{found.project if found else call['project']}"


def _global(world: World, call: Call) -> str:
    return f"{_project(world, call)}/global"


def _region(world: World, call: Call) -> str:
    return f"{_project(world, call)}/regions/{call['region']}"


def _zone(world: World, call: Call) -> str:
    return f"{_project(world, call)}/zones/{call['zone']}"


def _named(collection: str, parameter: str, place: On) -> On:
    return lambda world, call: f"{place(world, call)}/{collection}/{call[parameter]}"


def _gets(collection: str, parameter: str, place: On) -> Door:
    """The `get` of a resource that lies in the world as it is."""
    named = _named(collection, parameter, place)
    return reading(f"{collection}.get", lambda world, call: existing(world, named(world, call)).body, named)


def _lists(collection: str, kind: str, place: On) -> Door:
    """The `list` of what lies in one place; its permission is asked on the project."""

    def answer(world: World, call: Call) -> Json:
        inside = f"{place(world, call)}/{collection}/"
        return listed(world, call, kind, [one for one in world.of_kind(collection) if one.name.startswith(inside)])

    return reading(f"{collection}.list", answer, _project)


TYPE = _named("machineTypes", "machineType", _zone)
GROUP = _named("networkEndpointGroups", "networkEndpointGroup", _zone)
DISK = _named("disks", "disk", _zone)


def _get_type(world: World, call: Call) -> Json:
    found = machine_type(world, _zone(world, call), call["machineType"])
    if found is None:
        raise missing(TYPE(world, call))
    return found


def _get_region(world: World, call: Call) -> Json:
    """A region with its quotas of vCPUs: those of the resource where it lies in the world, else plenty."""
    name = _region(world, call)
    own = world.get(name)
    if own is None and not any(f"/zones/{call['region']}-" in one.name for one in world.of_kind("instances")):
        raise missing(name)
    quotas = [{"metric": metric, "limit": LIMIT, "usage": USED} for metric in ("CPUS", "N2_CPUS")]
    made = {"kind": "compute#region", "id": number(name), "name": call["region"], "selfLink": link(name)}
    return {**made, "status": "UP", "quotas": quotas, **(own.body if own else {})}


def _endpoints(world: World, call: Call) -> Json:
    group = existing(world, GROUP(world, call))
    items = [{"networkEndpoint": one} for one in group.hidden.get("endpoints", ())]
    whole = page(call, "networkEndpointGroupsListNetworkEndpoints", items)
    return {key: value for key, value in whole.items() if key != "selfLink"}


def _get_disk(world: World, call: Call) -> Json:
    """A disk with the machines it is attached to; it exists if it lies in the world or a machine has it."""
    name = DISK(world, call)
    own, users = world.get(name), list(_users(world, link(name)))
    if own is None and not users:
        raise missing(name)
    made = {"kind": "compute#disk", "id": number(name), "name": call["disk"], "selfLink": link(name), "status": "READY"}
    return {**made, **(own.body if own else {}), **({"users": [link(one.name) for one in users]} if users else {})}


def _users(world: World, disk: str) -> list[Resource]:
    return [
        machine
        for machine in world.of_kind("instances")
        if any(one.get("source") == disk for one in machine.body.get("disks", ()))
    ]


DOORS = [
    _lists("addresses", "addressList", _region),
    _lists("routes", "routeList", _global),
    _lists("networkEndpointGroups", "networkEndpointGroupList", _zone),
    reading("networkEndpointGroups.listNetworkEndpoints", _endpoints, GROUP, needs="networkEndpointGroups.get"),
    _gets("subnetworks", "subnetwork", _region),
    _gets("resourcePolicies", "resourcePolicy", _region),
    reading("disks.get", _get_disk, DISK),
    reading("machineTypes.get", _get_type, TYPE),
    reading("regions.get", _get_region, _region),
]
