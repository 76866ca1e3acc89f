"""What a machine that was started or reset writes as time goes on: its agent's health, and the flows of its network.

The agent's entries are written with the machine's own account, so they need its role, its scopes and the API. Flows are
recorded by the host, whatever the account may do ("VPC Flow Logs").
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sandbox.access import Asked, read_access
from sandbox.clock import stamp
from sandbox.compute_operations import settle
from sandbox.world import CRM, Json, Resource, World

FIRST_BEAT, EVERY = timedelta(seconds=40), timedelta(minutes=1)
MOST_AT_ONCE = 120
"""A test may turn the clock by days: no more than the last beats are written then."""
WRITES, SCOPES = "logging.logEntries.create", ("logging.write", "logging.admin", "cloud-platform")
HEALTH, FLOWS = "ops-agent-health", "compute.googleapis.com%2Fvpc_flows"


def catch_up(world: World) -> None:
    """Write what every machine that is up should have written by now."""
    settle(world)
    for machine in world.of_kind("instances"):
        up_since = machine.hidden.get("up_since")
        if up_since is not None and machine.body["status"] == "RUNNING":
            _beat(world, machine, up_since)


def _beat(world: World, machine: Resource, up_since: datetime) -> None:
    due = max(up_since + FIRST_BEAT, machine.hidden.get("next_beat", up_since + FIRST_BEAT))
    due = max(due, world.now() - MOST_AT_ONCE * EVERY)
    agent = bool(machine.hidden.get("has_agent")) and _may_write(world, machine)
    recorded = _is_recorded(world, machine)
    while due <= world.now():
        if agent:
            world.log(_entry(machine, HEALTH, due, {"jsonPayload": {"code": "LogPingOpsAgent"}}))
        if recorded:
            world.log(_flow(machine, due))
        due += EVERY
    machine.hidden["next_beat"] = due


def _may_write(world: World, machine: Resource) -> bool:
    attached = machine.body.get("serviceAccounts") or []
    if not attached or not any(scope.endswith(SCOPES) for scope in attached[0].get("scopes", ())):
        return False
    asked = Asked(f"serviceAccount:{attached[0]['email']}", WRITES, f"{CRM}/projects/{machine.project}", world.now())
    return read_access(world, asked).allowed


def _is_recorded(world: World, machine: Resource) -> bool:
    """Whether flow logs are on for the subnetwork of the machine."""
    for interface in machine.body.get("networkInterfaces", ()):
        path = interface.get("subnetwork", "").partition("/projects/")[2]
        subnet = world.get(f"//compute.googleapis.com/projects/{path}") if path else None
        if subnet is not None and subnet.body.get("logConfig", {}).get("enable"):
            return True
    return False


def _entry(machine: Resource, log: str, at: datetime, payload: Json) -> Json:
    zone = machine.name.partition("/zones/")[2].partition("/")[0]
    labels = {"project_id": machine.project, "zone": zone, "instance_id": machine.body["id"]}
    return {
        "logName": f"projects/{machine.project}/logs/{log}",
        "resource": {"type": "gce_instance", "labels": labels},
        "severity": "INFO",
        "timestamp": stamp(at),
        **payload,
    }


def _flow(machine: Resource, at: datetime) -> Json:
    interface = machine.body["networkInterfaces"][0]
    subnet = interface["subnetwork"].rpartition("/")[2]
    vm = {
        "project_id": machine.project,
        "vm_name": machine.body["name"],
        "zone": machine.name.split("/zones/")[1].split("/")[0],
    }
    connection = {"src_ip": interface.get("networkIP", "10.0.0.2"), "dest_ip": "203.0.113.10", "protocol": 6}
    labels = {"project_id": machine.project, "subnetwork_name": subnet}
    return {
        "logName": f"projects/{machine.project}/logs/{FLOWS}",
        "resource": {"type": "gce_subnetwork", "labels": labels},
        "severity": "INFO",
        "timestamp": stamp(at),
        "jsonPayload": {"src_instance": vm, "connection": connection, "reporter": "SRC", "bytes_sent": "1200"},
    }
