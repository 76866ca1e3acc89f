"""Virtual machines of the sandbox: how one is made, what power does to it, and what its serial port still holds.

A scenario says how a machine misbehaves through `Resource.hidden` of the instance:

    takes             {verb: seconds} an operation takes (`stop`, `start`, `reset`, `setServiceAccount`, ...)
    graceful_takes    seconds a graceful shutdown takes; without it, as long as it may
    stop_hangs        true: a stop stays in STOPPING until this is false again
    start_stockouts   how many starts fail with ZONE_RESOURCE_POOL_EXHAUSTED before one succeeds
    no_room_for       machine types for which every start is such a stock-out
    fails             {verb: [code or {code, message, http}, ...]}: how its next operations end, one after another
    loses_operations  how many of its next operations cannot be found (404), although the change happens
    at                [(time, status), ...]: what a schedule or a person does to it, in the order of time; times as
                      such, as text or as seconds from when it was made; status RECREATED makes it anew under the
                      same name, with another id
    serial            everything serial port 1 has ever printed; the last 1 MB of it can be read
    serial_page       bytes of one reply (1 MB without it)
    serial_bursts     texts that are printed one after each reading, while somebody reads
    has_agent         true: an agent writes a sign of life a minute from its next boot on (`signs_of_life`)
    memory            [(time, percent), ...]: how full its memory was measured to be (`services/monitoring`)
    no_agent          true: its agent writes no metrics, so that only the host of an E2 machine knows its memory
    boot_log          what it prints when it starts or is reset
    managed_by        the managed instance group that owns it, by name or as `regions/R/instanceGroupManagers/G`
    member_of         other instance groups it is in, by name

Assumptions, not confirmed by documentation: the serial positions go on across a stop, and a reset leaves
lastStartTimestamp alone.
"""

from __future__ import annotations

from copy import deepcopy
from datetime import datetime, timedelta, timezone
from hashlib import sha256
from typing import Any

from sandbox.world import Json, Resource, World

HOST = "//compute.googleapis.com"
LINK = "https://www.googleapis.com/compute/v1"
BUFFER = 1_048_576
"""How much of a serial port's output is kept: compute v1, instances.getSerialPortOutput."""
STOPPED = ("TERMINATED", "STOPPED")
RECREATED = "RECREATED"
PACIFIC = timezone(timedelta(hours=-8))
BOOTED = (
    "\n[    0.000000] Linux version 6.1.0-37-cloud-amd64 (debian-kernel@lists.debian.org)\n"
    "[    4.210000] systemd[1]: Reached target multi-user.\n"
)
EPHEMERAL = "198.51.100"
"""Where machines get external addresses that nobody reserved (TEST-NET-2)."""


def stamp(at: datetime) -> str:
    """A time as Compute Engine writes it: milliseconds, in Pacific time."""
    return at.astimezone(PACIFIC).isoformat(timespec="milliseconds")


def link(name: str) -> str:
    """The URL of a Compute Engine resource by its full name."""
    return name.replace(HOST, LINK, 1)


def path_of(name: str) -> str:
    """A full name or a URL as errors print it: `projects/P/zones/Z/instances/I`."""
    return f"projects/{name.partition('/projects/')[2]}"


def number(*parts: object) -> str:
    """A number as Google gives its resources, always the same for the same parts."""
    return str(10**18 + int.from_bytes(sha256(repr(parts).encode()).digest()[:7]))


def add_machine(
    world: World,
    name: str,
    *,
    project: str,
    zone: str = "europe-west1-b",
    account: str = "",
    scopes: tuple[str, ...] = (),
    machine_type: str = "e2-medium",
    address: str | None = f"{EPHEMERAL}.7",
    hidden: Json | None = None,
    **more: Any,
) -> Resource:
    """Put a running virtual machine into the world.

    Args:
        world: where it goes.
        name: its name.
        project: the id of its project.
        zone: its zone.
        account: the e-mail of its service account, "" for none.
        scopes: the account's access scopes, whole (`https://www.googleapis.com/auth/...`).
        machine_type: its size.
        address: its external address; None for none.
        hidden: how it behaves, see the module.
        more: what else `instances.get` says of it, instead of what it would.
    """
    zone_name = f"{HOST}/projects/{project}/zones/{zone}"
    full, now = f"{zone_name}/instances/{name}", stamp(world.now())
    body: Json = {
        "kind": "compute#instance",
        "id": number(full, 0),
        "creationTimestamp": now,
        "lastStartTimestamp": now,
        "name": name,
        "selfLink": link(full),
        "zone": link(zone_name),
        "machineType": link(f"{zone_name}/machineTypes/{machine_type}"),
        "status": "RUNNING",
        "fingerprint": "4WxFs1GJ1vc=",
        "labelFingerprint": "42WmSpB8rSM=",
        "tags": {"fingerprint": "42WmSpB8rSM="},
        "metadata": {"kind": "compute#metadata", "fingerprint": "ySGMlQsUHs0="},
        "canIpForward": False,
        "startRestricted": False,
        "deletionProtection": False,
        "scheduling": {"onHostMaintenance": "MIGRATE", "automaticRestart": True, "preemptible": False,
                       "provisioningModel": "STANDARD"},
        "networkInterfaces": [_interface(project, zone, address)],
        "disks": [_boot_disk(zone_name, name)],
    }  # fmt: skip
    if account:
        body["serviceAccounts"] = [{"email": account, "scopes": list(scopes)}]
    behaviour = dict(hidden or {})
    behaviour["at"] = [(_time(at, world.now()), status) for at, status in behaviour.get("at", ())]
    if group := behaviour.get("managed_by"):
        body["metadata"]["items"] = [{"key": "created-by", "value": _manager(world, project, zone, group)}]
    machine = Resource(name=full, kind="instances", project=project, body={**body, **more}, hidden=behaviour)
    if machine.body["status"] in STOPPED:
        _release(world, machine)
    return world.add(machine)


def _time(at: Any, now: datetime) -> datetime:
    if isinstance(at, datetime):
        return at
    return datetime.fromisoformat(at) if isinstance(at, str) else now + timedelta(seconds=at)


def _interface(project: str, zone: str, address: str | None) -> Json:
    home = f"{LINK}/projects/{project}"
    interface: Json = {
        "kind": "compute#networkInterface",
        "name": "nic0",
        "network": f"{home}/global/networks/default",
        "subnetwork": f"{home}/regions/{region_of(zone)}/subnetworks/default",
        "networkIP": "10.132.0.7",
        "stackType": "IPV4_ONLY",
    }
    if address is not None:
        config = {"kind": "compute#accessConfig", "type": "ONE_TO_ONE_NAT", "name": "External NAT", "natIP": address}
        interface["accessConfigs"] = [config]
    return interface


def _boot_disk(zone_name: str, name: str) -> Json:
    return {
        "kind": "compute#attachedDisk",
        "type": "PERSISTENT",
        "mode": "READ_WRITE",
        "source": link(f"{zone_name}/disks/{name}"),
        "deviceName": name,
        "index": 0,
        "boot": True,
        "autoDelete": True,
        "interface": "SCSI",
        "diskSizeGb": "10",
    }


def _manager(world: World, project: str, zone: str, group: str) -> str:
    """A managed group as it signs the machines it makes: with the project's number."""
    owner = world.project(project)
    home = owner.body["name"] if owner else f"projects/{project}"
    return f"{home}/{group}" if "/" in group else f"{home}/zones/{zone}/instanceGroupManagers/{group}"


def region_of(zone: str) -> str:
    """The region of a zone: `europe-west1` of `europe-west1-b`."""
    return zone.rpartition("-")[0]


def referrers(machine: Resource) -> list[Json]:
    """What `instances.listReferrers` names: the groups it is a member of ("Viewing referrers to VM instances")."""
    home, _, rest = link(machine.name).partition("/zones/")
    zone = rest.partition("/")[0]
    groups = [machine.hidden["managed_by"]] if machine.hidden.get("managed_by") else []
    found = []
    for group in (*groups, *machine.hidden.get("member_of", ())):
        tail = group.replace("instanceGroupManagers", "instanceGroups")
        where = f"{home}/{tail}" if "/" in group else f"{home}/zones/{zone}/instanceGroups/{tail}"
        found.append({"kind": "compute#reference", "referenceType": "MEMBER_OF", "target": link(machine.name),
                      "referrer": where})  # fmt: skip
    return found


def power_off(world: World, machine: Resource, at: datetime) -> None:
    """The machine stands still."""
    machine.body.update(status="TERMINATED", lastStopTimestamp=stamp(at))
    _release(world, machine)


def _release(world: World, machine: Resource) -> None:
    """External addresses that nobody reserved are given back at a stop."""
    for config in _access_configs(machine):
        if config.get("natIP") not in _reserved(world, machine.project):
            machine.hidden["last_address"] = config.pop("natIP", None)


def power_on(world: World, machine: Resource, at: datetime) -> None:
    """The machine runs, with another external address where the last one was not reserved."""
    machine.body.update(status="RUNNING", lastStartTimestamp=stamp(at))
    for config in _access_configs(machine):
        if "natIP" not in config:
            config["natIP"] = _free_address(world, machine)
    boot(machine, at)


def boot(machine: Resource, at: datetime) -> None:
    """The guest starts anew, and says so on its serial port; what it runs gives signs of life from then on."""
    machine.hidden["up_since"] = at
    machine.hidden.pop("next_beat", None)
    machine.hidden["serial"] = machine.hidden.get("serial", "") + machine.hidden.get("boot_log", BOOTED)


def _access_configs(machine: Resource) -> list[Json]:
    return [one for nic in machine.body.get("networkInterfaces", ()) for one in nic.get("accessConfigs", ())]


def _reserved(world: World, project: str) -> set[str]:
    return {one.body["address"] for one in world.of_kind("addresses") if one.project == project}


def _free_address(world: World, machine: Resource) -> str:
    used = {config.get("natIP") for one in world.of_kind("instances") for config in _access_configs(one)}
    used |= _reserved(world, machine.project) | {machine.hidden.get("last_address")}
    return next(one for one in (f"{EPHEMERAL}.{last}" for last in range(1, 255)) if one not in used)


def change_status(world: World, machine: Resource, status: str, at: datetime) -> None:
    """What a schedule or a person does to a machine: another status, or another machine of the same name."""
    if status == RECREATED:
        recreate(world, machine, at)
    elif status in STOPPED:
        power_off(world, machine, at)
        machine.body["status"] = status
    elif status == "RUNNING":
        power_on(world, machine, at)
    else:
        machine.body["status"] = status


def recreate(world: World, machine: Resource, at: datetime) -> Resource:
    """Another machine in the place and under the name of one, with an id of its own."""
    made = number(machine.name, machine.body["id"])
    body = {**deepcopy(machine.body), "id": made, "creationTimestamp": stamp(at), "lastStartTimestamp": stamp(at)}
    body["status"] = "RUNNING"
    hidden = {**machine.hidden, "serial": ""}
    anew = Resource(name=machine.name, kind="instances", project=machine.project, body=body, hidden=hidden)
    return world.add(anew)


def serial_output(machine: Resource, port: int, start: int) -> Json:
    """The reply of `instances.getSerialPortOutput` from a byte on; a negative start counts from the end."""
    written = machine.hidden.get("serial", "").encode() if port == 1 else b""
    oldest, end = max(0, len(written) - BUFFER), len(written)
    first = max(end + start if start < 0 else start, oldest)
    upto = min(end, first + machine.hidden.get("serial_page", BUFFER))
    contents = written[first:upto]
    if port == 1 and (bursts := machine.hidden.get("serial_bursts")):
        machine.hidden["serial"] += bursts.pop(0)
    return {
        "kind": "compute#serialPortOutput",
        "selfLink": f"{link(machine.name)}/serialPort",
        "contents": contents.decode("utf-8", "replace"),
        "start": str(first),
        "next": str(first + len(contents)),
    }
