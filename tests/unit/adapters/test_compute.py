"""What Compute Engine tells of a machine is read whole or not at all, and says which of the two."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from google.cloud.compute_v1 import SerialPortOutput
from web_machine import AT, EMAIL, LINK, NAME, READ_ONLY, REGION, web
from worlds import Cloud, add_compute, grant

from sandbox.faults import FaultKind
from sandbox.machines import BUFFER
from shared.adapters import asking, compute
from shared.adapters.google_clients import GoogleClients
from shared.errors import LookFailed, NotAllowedToLook, NotFound
from shared.model.facts import Binding, Condition, FlowLogs
from shared.model.machine import Machine

SUBNET = f"{REGION}/subnetworks/default"
FAULTS = ("unavailable", "internal", "deadline", "rate_limited", "lost_request", "lost_reply", "malformed", "truncated")

Look = Callable[[GoogleClients], Any]
LOOKS: dict[str, tuple[str, Look]] = {
    "compute.instances.get": ("compute.instances.get", lambda clients: compute.machine(clients, *AT)),
    "compute.instances.getSerialPortOutput": (
        "compute.instances.getSerialPortOutput",
        lambda clients: compute.serial(clients, *AT),
    ),
    "compute.instances.getIamPolicy": ("compute.instances.getIamPolicy", lambda clients: compute.policy(clients, NAME)),
    "compute.subnetworks.get": ("compute.subnetworks.get", lambda clients: compute.flow_logs(clients, SUBNET)),
}
"""Each method with the permission that it needs and the question that calls it."""


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is asked again is asked again at once."""
    monkeypatch.setattr(asking, "INITIAL", 0.01)
    monkeypatch.setattr(asking, "MOST", 0.02)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Questions give up soon, so that faults that are asked again end."""
    monkeypatch.setattr(asking, "TIMEOUT_SECONDS", 0.3)


def read(cloud: Cloud) -> Machine:
    return compute.machine(cloud.clients(), *AT)


@pytest.mark.parametrize("called", ["web-1", "by number"])
def test_a_machine_is_read_by_its_name_or_by_its_number(cloud: Cloud, called: str) -> None:
    body = web(cloud, labels={"team": "web"}).body
    machine = compute.machine(cloud.clients(), *AT[:2], body["id"] if called == "by number" else called)
    assert (machine.id, machine.name, machine.project, machine.zone) == (body["id"], "web-1", *AT[:2])
    assert (machine.status, machine.account, machine.scopes) == ("RUNNING", EMAIL, (READ_ONLY,))
    assert (machine.machine_type, machine.labels) == ("e2-medium", {"team": "web"})
    assert (machine.external_addresses, machine.subnetworks) == (("198.51.100.7",), (f"{LINK}/{SUBNET}",))
    assert machine.last_start == datetime(2026, 11, 21, 10, tzinfo=UTC)
    assert machine.full_name == NAME


def test_what_decides_about_a_machine_survives_the_way_through_the_client(cloud: Cloud) -> None:
    scheduling = {
        "provisioningModel": "SPOT",
        "preemptible": True,
        "maxRunDuration": {"seconds": "3600"},
        "terminationTime": "2026-11-22T02:00:00.000-08:00",
        "instanceTerminationAction": "DELETE",
        "nodeAffinities": [{"key": "k", "operator": "IN", "values": ["v"]}],
        "gracefulShutdown": {"enabled": True, "maxDuration": {"seconds": "1800"}},
    }
    key = "projects/acme-web/locations/europe-west1/keyRings/r/cryptoKeys/k"
    boot = {"type": "PERSISTENT", "boot": True, "mode": "READ_WRITE", "source": f"{LINK}/{REGION}/disks/web-1"}
    windows = {"guestOsFeatures": [{"type": "WINDOWS"}], "diskEncryptionKey": {"kmsKeyName": key}}
    own_key = {"type": "SCRATCH", "mode": "READ_ONLY", "interface": "NVME", "diskEncryptionKey": {"sha256": "a2V5"}}
    machine = web(
        cloud,
        scheduling=scheduling,
        disks=[boot | windows, own_key],
        guestAccelerators=[{"acceleratorCount": 2, "acceleratorType": "nvidia-t4"}],
        reservationAffinity={"consumeReservationType": "SPECIFIC_RESERVATION"},
        shieldedInstanceConfig={"enableVtpm": True},
        canIpForward=True,
        startRestricted=True,
        deletionProtection=True,
        hidden={"managed_by": "front"},
    )
    outside = {"type": "DIRECT_IPV6", "externalIpv6": "2600:1900:0:0::"}
    machine.body["networkInterfaces"][0]["ipv6AccessConfigs"] = [outside]
    found = read(cloud)
    assert (found.provisioning_model, found.preemptible, found.max_run_duration) == ("SPOT", True, timedelta(hours=1))
    assert (found.termination_time, found.termination_action) == (datetime(2026, 11, 22, 10, tzinfo=UTC), "DELETE")
    assert (found.graceful_shutdown, found.node_affinities, found.specific_reservation) == (
        timedelta(minutes=30),
        True,
        True,
    )
    assert [(one.kind, one.kms_key, one.customer_supplied_key, one.is_regional) for one in found.disks] == [
        ("PERSISTENT", key, False, True),
        ("SCRATCH", None, True, False),
    ]
    assert (found.accelerators, found.guest_os_features, found.shielded) == (2, frozenset({"WINDOWS"}), True)
    assert (found.can_ip_forward, found.start_restricted, found.deletion_protection) == (True, True, True)
    assert found.external_addresses == ("198.51.100.7", "2600:1900::")
    assert found.created_by.endswith("/instanceGroupManagers/front")


def test_a_machine_that_was_made_anew_has_another_number(cloud: Cloud) -> None:
    web(cloud, hidden={"at": [(60, "RECREATED")]})
    before = read(cloud)
    cloud.world.clock.turn(timedelta(minutes=2))
    assert read(cloud).id != before.id


def test_a_machine_that_makes_no_sense_is_no_answer(cloud: Cloud) -> None:
    web(cloud).body["serviceAccounts"] = [{"scopes": [READ_ONLY]}]
    with pytest.raises(LookFailed, match="scopes without a service account"):
        read(cloud)


@pytest.mark.parametrize("method", LOOKS)
def test_a_look_that_google_refuses_names_the_permission_that_was_missing(cloud: Cloud, method: str) -> None:
    web(cloud)
    permission, look = LOOKS[method]
    cloud.world.reader_cannot.append(permission)
    with pytest.raises(NotAllowedToLook) as refused:
        look(cloud.clients())
    assert refused.value.permission == permission
    assert "//compute.googleapis.com/projects/acme-web" in refused.value.on


@pytest.mark.parametrize("method", LOOKS)
def test_what_does_not_exist_is_said_not_to(cloud: Cloud, method: str) -> None:
    with pytest.raises(NotFound, match="does not exist"):
        LOOKS[method][1](cloud.clients())


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("method", LOOKS)
def test_a_look_that_fails_is_no_answer_however_it_fails(cloud: Cloud, method: str, fault: str) -> None:
    add_compute(cloud.world, SUBNET)
    web(cloud, hidden={"serial": "hello"})
    cloud.world.faults.add(method, FaultKind(fault), times=-1)
    with pytest.raises(LookFailed, match="could not read"):
        LOOKS[method][1](cloud.clients())


@pytest.mark.parametrize("method", LOOKS)
def test_what_passes_by_itself_is_asked_again(cloud: Cloud, method: str) -> None:
    add_compute(cloud.world, SUBNET)
    web(cloud)
    cloud.world.faults.add(method, FaultKind.UNAVAILABLE)
    LOOKS[method][1](cloud.clients())
    assert cloud.world.calls.count(method) == 2


def test_a_console_is_read_to_its_end_in_as_many_pieces_as_it_comes(cloud: Cloud) -> None:
    web(cloud, hidden={"serial": "abcdefghij", "serial_page": 4})
    output = compute.serial(cloud.clients(), *AT)
    assert (output.text, output.start, output.next, output.lost) == ("abcdefghij", 0, 10, 0)


def test_a_console_without_output_is_an_empty_one(cloud: Cloud) -> None:
    web(cloud)
    output = compute.serial(cloud.clients(), *AT)
    assert (output.text, output.next, output.lost) == ("", 0, 0)


def test_what_a_console_no_longer_holds_is_counted_in_bytes(cloud: Cloud) -> None:
    web(cloud, hidden={"serial": "ä" * 50 + "b" * BUFFER})
    output = compute.serial(cloud.clients(), *AT)
    assert (output.start, output.lost, output.next) == (100, 100, BUFFER + 100)
    assert output.text == "b" * BUFFER


def test_what_is_lost_between_two_readings_ends_a_line_and_is_counted(cloud: Cloud) -> None:
    web(cloud, hidden={"serial": "first", "serial_bursts": ["x" * 7 + "y" * BUFFER]})
    output = compute.serial(cloud.clients(), *AT)
    assert (output.start, output.lost, output.next) == (0, 7, 5 + 7 + BUFFER)
    assert output.text == "first\n" + "y" * BUFFER


def test_what_is_printed_meanwhile_is_read_too(cloud: Cloud) -> None:
    web(cloud, hidden={"serial": "a\n", "serial_bursts": ["b\n", "c\n"]})
    assert compute.serial(cloud.clients(), *AT).text == "a\nb\nc\n"


def test_a_console_without_end_is_no_answer(cloud: Cloud) -> None:
    web(cloud, hidden={"serial": "a\n", "serial_bursts": ["again\n"] * 100})
    with pytest.raises(LookFailed, match="written faster than it can be read"):
        compute.serial(cloud.clients(), *AT)


def test_a_console_that_fails_in_the_middle_is_no_answer(cloud: Cloud) -> None:
    web(cloud, hidden={"serial": "abcdefghij", "serial_page": 4})
    cloud.world.faults.add("compute.instances.getSerialPortOutput", FaultKind.INTERNAL, after=1)
    with pytest.raises(LookFailed, match="Internal error"):
        compute.serial(cloud.clients(), *AT)


def test_a_machine_that_does_not_run_has_no_console(cloud: Cloud) -> None:
    web(cloud, status="TERMINATED")
    with pytest.raises(LookFailed, match="is not ready"):
        compute.serial(cloud.clients(), *AT)


@pytest.mark.parametrize("reply", [{"next_": 0}, {"start": 5, "next_": 5}, {"start": -1, "next_": 3}])
def test_a_console_whose_positions_make_no_sense_is_no_answer(reply: dict[str, int]) -> None:
    output = SerialPortOutput(contents="abc", **reply)
    client = SimpleNamespace(get_serial_port_output=lambda **_: output)
    with pytest.raises(LookFailed, match="positions"):
        compute.serial(cast("GoogleClients", SimpleNamespace(instances=client)), *AT)


def test_flow_logs_are_on_or_off_and_say_how_sparse_they_are(cloud: Cloud) -> None:
    whole = {"enable": True, "flowSampling": 0.1, "filterExpr": "src_location.country == 'chn'"}
    add_compute(cloud.world, SUBNET, logConfig=whole)
    clients = cloud.clients()
    expected = FlowLogs(subnet=SUBNET, enabled=True, sampling=0.1, filter="src_location.country == 'chn'")
    assert compute.flow_logs(clients, SUBNET) == expected
    add_compute(cloud.world, SUBNET)
    assert compute.flow_logs(clients, f"{LINK}/{SUBNET}") == FlowLogs(subnet=f"{LINK}/{SUBNET}", enabled=False)
    with pytest.raises(LookFailed, match="this is not projects/P/regions/R/subnetworks/S"):
        compute.flow_logs(clients, "default")


def test_a_policy_is_read_with_its_conditions(cloud: Cloud) -> None:
    web(cloud)
    until = 'request.time < timestamp("2027-01-01T00:00:00Z")'
    grant(cloud.world, NAME, "roles/compute.viewer", "user:ann@example.com", expression=until, title="this year")
    grant(cloud.world, NAME, "roles/viewer", "user:bob@example.com", "group:web@example.com")
    policy = compute.policy(cloud.clients(), NAME)
    viewer, both = policy.bindings
    assert viewer.condition == Condition(title="this year", expression=until)
    assert both == Binding(role=both.role, members=("user:bob@example.com", "group:web@example.com"))
    assert (policy.resource, policy.version) == (NAME, 3)
    assert policy.etag == cloud.world.resources[NAME].policy()["etag"]


def test_only_policies_of_machines_are_read(cloud: Cloud) -> None:
    with pytest.raises(LookFailed, match="only policies of virtual machines"):
        compute.policy(cloud.clients(), f"//compute.googleapis.com/{SUBNET}")
