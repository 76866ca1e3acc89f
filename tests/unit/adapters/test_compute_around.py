"""What stands around a machine is told part by part; a part that could not be told never looks like an empty one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.cloud.compute_v1 import DisksClient, NetworkEndpointGroupsClient
from web_machine import AT, LINK, REGION, ZONE_PATH, other_client, web
from worlds import Cloud, add_compute

from sandbox.faults import FaultKind
from sandbox.machines import add_machine
from sandbox.world import CRM, Resource
from shared.adapters import asking, compute
from shared.model.machine import Machine, Surroundings


def read(cloud: Cloud) -> Machine:
    return compute.machine(cloud.clients(), *AT)


def around(cloud: Cloud) -> Surroundings:
    """What stands around web-1, backends and disks among it."""
    groups, disks = other_client(cloud, NetworkEndpointGroupsClient), other_client(cloud, DisksClient)
    return compute.surroundings(cloud.clients(), read(cloud), groups=groups, disks=disks)


def surrounded(cloud: Cloud) -> Resource:
    """A machine with something of everything around it."""
    schedules = [f"{LINK}/{REGION}/resourcePolicies/{one}" for one in ("office-hours", "old", "backups")]
    machine = web(cloud, address="203.0.113.9", resourcePolicies=schedules, hidden={"member_of": ["front"]})
    machine.body["disks"].append(disk("shared"))
    machine.body["disks"].append(disk("own"))
    world = cloud.world
    add_compute(world, f"{REGION}/addresses/front", address="203.0.113.9", addressType="EXTERNAL")
    add_compute(world, f"{REGION}/addresses/inner", address="10.132.0.7", addressType="INTERNAL")
    add_compute(world, "projects/acme-web/regions/us-east1/addresses/far", address="203.0.113.10")
    runs = {"instanceSchedulePolicy": {"nextRunStartTime": "2026-11-21T20:00:00.000-08:00"}}
    hours = {"vmStopSchedule": {"schedule": "0 20 * * *"}, "timeZone": "America/Los_Angeles"}
    add_compute(world, f"{REGION}/resourcePolicies/office-hours", status="READY", instanceSchedulePolicy=hours,
                resourceStatus=runs)  # fmt: skip
    add_compute(world, f"{REGION}/resourcePolicies/old", status="EXPIRED", instanceSchedulePolicy=hours)
    add_compute(world, f"{REGION}/resourcePolicies/backups", status="READY", snapshotSchedulePolicy={})
    for route, hop in (("to-web", "web-1"), ("to-other", "web-2")):
        add_compute(
            world, f"projects/acme-web/global/routes/{route}", nextHopInstance=f"{LINK}/{ZONE_PATH}/instances/{hop}"
        )
    for group, kind, member in (
        ("neg-1", "GCE_VM_IP_PORT", f"{LINK}/{ZONE_PATH}/instances/web-1"),
        ("neg-2", "GCE_VM_IP_PORT", f"{LINK}/{ZONE_PATH}/instances/web-2"),
        ("neg-3", "NON_GCP_PRIVATE_IP_PORT", ""),
    ):
        add_compute(world, f"{ZONE_PATH}/networkEndpointGroups/{group}", {"endpoints": [{"instance": member}]},
                    networkEndpointType=kind)  # fmt: skip
    add_compute(world, f"{ZONE_PATH}/disks/shared", accessMode="READ_WRITE_MANY")
    return machine


def disk(name: str) -> dict[str, Any]:
    return {"type": "PERSISTENT", "mode": "READ_WRITE", "source": f"{LINK}/{ZONE_PATH}/disks/{name}", "boot": False}


def test_everything_around_a_machine_is_told(cloud: Cloud) -> None:
    surrounded(cloud)
    begun = cloud.clients().instances.reset_unary(project=AT[0], zone=AT[1], instance=AT[2])
    assert around(cloud) == Surroundings(
        reserved_addresses=("203.0.113.9",),
        referrers=(f"{LINK}/{ZONE_PATH}/instanceGroups/front",),
        backends=(f"{LINK}/{ZONE_PATH}/networkEndpointGroups/neg-1",),
        schedule=(datetime(2026, 11, 22, 4, tzinfo=UTC),),
        operations=(begun.name,),
        routes=(f"{LINK}/projects/acme-web/global/routes/to-web",),
        shared_disks=(f"{LINK}/{ZONE_PATH}/disks/shared",),
    )


def test_a_machine_that_stands_alone_has_nothing_around_it(cloud: Cloud) -> None:
    web(cloud)
    assert around(cloud) == Surroundings(
        reserved_addresses=(), referrers=(), backends=(), schedule=(), operations=(), routes=(), shared_disks=()
    )


PARTS = {
    "addresses.list": "reserved_addresses",
    "instances.listReferrers": "referrers",
    "networkEndpointGroups.list": "backends",
    "networkEndpointGroups.listNetworkEndpoints": "backends",
    "resourcePolicies.get": "schedule",
    "zoneOperations.list": "operations",
    "routes.list": "routes",
    "disks.get": "shared_disks",
}


def is_told(found: Surroundings) -> dict[str, bool]:
    return {part: getattr(found, part) is not None for part in PARTS.values()}


@pytest.mark.parametrize("method", PARTS)
def test_a_part_that_we_may_not_see_is_untold_and_all_others_are_told(cloud: Cloud, method: str) -> None:
    surrounded(cloud)
    cloud.world.reader_cannot.append(f"compute.{method}".replace("listNetworkEndpoints", "get"))
    assert is_told(around(cloud)) == {part: part != PARTS[method] for part in PARTS.values()}


@pytest.mark.parametrize("fault", ["internal", "deadline", "malformed", "truncated"])
@pytest.mark.parametrize("method", PARTS)
def test_a_part_that_fails_is_untold_and_all_others_are_told(cloud: Cloud, method: str, fault: str) -> None:
    surrounded(cloud)
    cloud.world.faults.add(f"compute.{method}", FaultKind(fault), times=-1)
    assert is_told(around(cloud)) == {part: part != PARTS[method] for part in PARTS.values()}


@pytest.mark.parametrize("fault", ["unavailable", "rate_limited", "lost_request", "lost_reply"])
def test_nothing_is_told_where_nothing_answers_in_time(
    cloud: Cloud, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    surrounded(cloud)
    machine = read(cloud)
    for name in ("INITIAL", "MOST", "TIMEOUT_SECONDS"):
        monkeypatch.setattr(asking, name, 0.01)
    cloud.world.faults.add("compute.*", FaultKind(fault), times=-1)
    assert compute.surroundings(cloud.clients(), machine) == Surroundings()


@pytest.mark.parametrize("method", [method for method in PARTS if not method.endswith(".get")])
def test_a_list_that_does_not_end_tells_nothing(cloud: Cloud, method: str) -> None:
    surrounded(cloud)
    cloud.world.faults.add(f"compute.{method}", FaultKind.ENDLESS, times=-1)
    found = around(cloud)
    assert getattr(found, PARTS[method]) is None
    assert cloud.world.calls.count(f"compute.{method}") > 40


def test_a_list_that_google_says_is_not_whole_tells_nothing(cloud: Cloud) -> None:
    surrounded(cloud)
    cloud.world.resources[f"{CRM}/projects/acme-web"].hidden["unreachable"] = True
    found = around(cloud)
    assert (found.reserved_addresses, found.backends, found.operations, found.routes) == (None,) * 4
    assert found.referrers


def test_a_schedule_that_does_not_say_when_it_acts_next_is_untold(cloud: Cloud) -> None:
    surrounded(cloud)
    policy = cloud.world.resources[f"//compute.googleapis.com/{REGION}/resourcePolicies/office-hours"]
    for said in ("", "2026-11-21T20:00:00", "tomorrow"):
        policy.body["resourceStatus"] = {"instanceSchedulePolicy": {"nextRunStartTime": said}}
        assert around(cloud).schedule is None


def test_an_address_that_is_none_is_no_answer(cloud: Cloud) -> None:
    surrounded(cloud)
    add_compute(cloud.world, f"{REGION}/addresses/odd", address="somewhere", addressType="EXTERNAL")
    assert around(cloud).reserved_addresses is None


def test_routes_are_looked_for_where_the_network_is(cloud: Cloud) -> None:
    machine = web(cloud)
    machine.body["networkInterfaces"][0]["subnetwork"] = f"{LINK}/projects/acme-data/regions/europe-west1/subnetworks/s"
    hop = f"{LINK}/projects/111111111111/zones/europe-west1-b/instances/web-1"
    add_compute(cloud.world, "projects/acme-data/global/routes/to-web", nextHopInstance=hop)
    assert around(cloud).routes == (f"{LINK}/projects/acme-data/global/routes/to-web",)


def test_operations_on_other_machines_and_those_that_are_done_are_none_of_its_own(cloud: Cloud) -> None:
    web(cloud)
    add_machine(cloud.world, "web-2", project="acme-web")
    instances = cloud.clients().instances
    instances.reset_unary(project=AT[0], zone=AT[1], instance=AT[2])
    cloud.world.clock.turn(timedelta(minutes=1))
    instances.reset_unary(project=AT[0], zone=AT[1], instance="web-2")
    assert around(cloud).operations == ()


def test_a_disk_that_another_machine_has_too_is_shared(cloud: Cloud) -> None:
    for name in ("web-1", "web-2"):
        add_machine(cloud.world, name, project="acme-web").body["disks"].append(disk("data"))
    assert around(cloud).shared_disks == (f"{LINK}/{ZONE_PATH}/disks/data",)


def test_without_a_client_for_them_disks_and_backends_are_untold(cloud: Cloud) -> None:
    surrounded(cloud)
    found = compute.surroundings(cloud.clients(), read(cloud))
    assert (found.shared_disks, found.backends) == (None, None)
