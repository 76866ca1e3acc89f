"""What instances.get answers becomes a machine; what cannot be such an answer is refused with its reason."""

from __future__ import annotations

import json
import warnings
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import Unreadable
from shared.machines.reading import machine_from
from shared.model.machine import Machine

LINK = "https://www.googleapis.com/compute/v1/projects/acme-shop/zones/europe-west8-a/instances/orders-1"
LEAST: dict[str, Any] = {"id": "5500000000000000001", "name": "orders-1", "status": "RUNNING", "selfLink": LINK}
WHOLE = LEAST | {
    "kind": "compute#instance",
    "fingerprint": "abc=",
    "serviceAccounts": [
        {
            "email": "7-compute@developer.gserviceaccount.com",
            "scopes": ["https://www.googleapis.com/auth/logging.write"],
        }
    ],
    "labels": {"env": "prod"},
    "metadata": {"items": [{"key": "created-by", "value": "projects/7/x"}, {"key": "ssh-keys", "value": "secret"}]},
    "tags": {"items": ["web"], "fingerprint": "x"},
    "machineType": f"{LINK.rpartition('/instances')[0]}/machineTypes/n2-standard-4",
    "disks": [
        {
            "type": "PERSISTENT",
            "mode": "READ_WRITE",
            "boot": True,
            "interface": "SCSI",
            "source": "https://www.googleapis.com/compute/v1/projects/acme-shop/regions/europe-west8/disks/d",
            "guestOsFeatures": [{"type": "WINDOWS"}, {"type": "GVNIC"}],
            "diskEncryptionKey": {"kmsKeyName": "projects/k/cryptoKeys/x", "sha256": "unused"},
        },
        {"type": "SCRATCH", "interface": "NVME", "diskEncryptionKey": {"sha256": "AbC="}},
    ],
    "guestAccelerators": [{"acceleratorCount": 2}, {"acceleratorCount": 1}],
    "scheduling": {
        "provisioningModel": "SPOT",
        "preemptible": True,
        "maxRunDuration": {"seconds": "3600", "nanos": 500_000_000},
        "terminationTime": "2026-11-21T10:00:00.000-08:00",
        "instanceTerminationAction": "DELETE",
        "nodeAffinities": [{"key": "compute.googleapis.com/node-group-name", "operator": "IN", "values": ["n"]}],
        "gracefulShutdown": {"enabled": True, "maxDuration": {"seconds": "1800"}},
    },
    "reservationAffinity": {"consumeReservationType": "SPECIFIC_RESERVATION"},
    "resourcePolicies": ["https://www.googleapis.com/compute/v1/projects/p/regions/r/resourcePolicies/night"],
    "networkInterfaces": [
        {
            "subnetwork": "projects/acme-shop/regions/europe-west8/subnetworks/s",
            "accessConfigs": [{"type": "ONE_TO_ONE_NAT", "natIP": "34.1.2.3"}],
            "ipv6AccessConfigs": [{"externalIpv6": "2600:1900:0:0:0:0:0:1"}],
        },
        {"accessConfigs": [{"type": "ONE_TO_ONE_NAT"}]},
    ],
    "canIpForward": True,
    "startRestricted": True,
    "deletionProtection": True,
    "shieldedInstanceConfig": {"enableVtpm": True},
    "lastStartTimestamp": "2026-11-20T09:00:00.000Z",
}


def test_every_field_that_decides_is_read() -> None:
    machine = machine_from(WHOLE)
    boot, scratch = machine.disks
    assert (machine.id, machine.project, machine.zone) == ("5500000000000000001", "acme-shop", "europe-west8-a")
    assert machine.full_name == ("//compute.googleapis.com/projects/acme-shop/zones/europe-west8-a/instances/orders-1")
    assert machine.account == "7-compute@developer.gserviceaccount.com"
    assert machine.scopes == ("https://www.googleapis.com/auth/logging.write",)
    assert (machine.labels, machine.tags, machine.machine_type) == ({"env": "prod"}, ("web",), "n2-standard-4")
    assert (boot.boot, boot.is_regional, boot.kms_key) == (True, True, "projects/k/cryptoKeys/x")
    assert (boot.customer_supplied_key, scratch.customer_supplied_key) == (False, True)
    assert (scratch.kind, scratch.interface, scratch.is_regional) == ("SCRATCH", "NVME", False)
    assert machine.guest_os_features == {"WINDOWS", "GVNIC"}
    assert machine.accelerators == 3
    assert (machine.provisioning_model, machine.preemptible) == ("SPOT", True)
    assert machine.max_run_duration == timedelta(hours=1, milliseconds=500)
    assert machine.termination_time == datetime(2026, 11, 21, 18, tzinfo=UTC)
    assert (machine.termination_action, machine.graceful_shutdown) == ("DELETE", timedelta(minutes=30))
    assert (machine.node_affinities, machine.specific_reservation) == (True, True)
    assert len(machine.resource_policies) == 1
    assert machine.external_addresses == ("34.1.2.3", "2600:1900::1")
    assert machine.subnetworks == ("projects/acme-shop/regions/europe-west8/subnetworks/s",)
    assert (machine.can_ip_forward, machine.start_restricted) == (True, True)
    assert (machine.deletion_protection, machine.shielded) == (True, True)
    assert machine.last_start == datetime(2026, 11, 20, 9, tzinfo=UTC)


@pytest.mark.hazard("H35")
def test_metadata_is_kept_by_its_keys_because_values_may_be_secrets() -> None:
    machine = machine_from(WHOLE)
    assert (machine.created_by, machine.metadata_keys) == ("projects/7/x", ("created-by", "ssh-keys"))
    assert "secret" not in repr(machine)


def test_what_is_left_out_has_the_default_of_the_api() -> None:
    machine = machine_from(LEAST)
    assert machine == Machine(
        id="5500000000000000001",
        name="orders-1",
        project="acme-shop",
        zone="europe-west8-a",
        status="RUNNING",
        self_link=LINK,
    )


def test_a_graceful_shutdown_without_a_length_may_take_ten_minutes() -> None:
    machine = machine_from(LEAST | {"scheduling": {"gracefulShutdown": {"enabled": True}}})
    assert machine.graceful_shutdown == timedelta(minutes=10)
    assert machine_from(LEAST | {"scheduling": {"gracefulShutdown": {"enabled": False}}}).graceful_shutdown is None


@pytest.mark.parametrize("missing", ["id", "name", "status", "selfLink"])
def test_a_machine_without_its_identity_or_status_is_unreadable(missing: str) -> None:
    with pytest.raises(Unreadable, match="not a virtual machine"):
        machine_from({key: value for key, value in LEAST.items() if key != missing})


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": "orders-1"},
        {"id": "٣"},
        {"id": 5},
        {"selfLink": "https://www.googleapis.com/compute/v1/projects/p/zones/z/instances/another"},
        {"selfLink": "orders-1"},
        {"status": None},
        {"disks": {}},
        {"disks": ["d"]},
        {"disks": [{"boot": "yes"}]},
        {"labels": {"a": 1}},
        {"serviceAccounts": [{"email": "a@b"}, {"email": "c@d"}]},
        {"serviceAccounts": [{"scopes": ["https://www.googleapis.com/auth/cloud-platform"]}]},
        {"serviceAccounts": "a@b"},
        {"startRestricted": "false"},
        {"scheduling": {"maxRunDuration": {"seconds": "soon"}}},
        {"scheduling": {"maxRunDuration": {"seconds": "99999999999999999999"}}},
        {"scheduling": {"terminationTime": "tomorrow"}},
        {"scheduling": {"terminationTime": "2026-11-21T10:00:00"}},
        {"networkInterfaces": [{"accessConfigs": [{"natIP": "34.1.2.300"}]}]},
        {"disks": [{}] * 10_001},
    ],
)
def test_what_compute_engine_cannot_have_answered_is_unreadable(wrong: dict[str, Any]) -> None:
    with pytest.raises(Unreadable, match="not a virtual machine"):
        machine_from(LEAST | wrong)


@pytest.mark.parametrize("nothing", [None, 7, "instance", [1]])
def test_what_is_no_object_is_unreadable(nothing: Any) -> None:
    with pytest.raises(Unreadable):
        machine_from(nothing)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted(WHOLE)), inner, max_size=3),
    max_leaves=8,
)


def read(parts: dict[str, Any]) -> Machine | str:
    try:
        return machine_from(WHOLE | parts)
    except Unreadable as error:
        return str(error)


@given(st.dictionaries(st.sampled_from(sorted(WHOLE)), JSON, max_size=4))
def test_any_other_answer_is_a_machine_or_unreadable_and_nothing_else(parts: dict[str, Any]) -> None:
    found = read(parts)
    assert isinstance(found, Machine) or found.startswith("not a virtual machine")


def test_the_proto_of_the_official_client_reads_the_same_through_its_json() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        compute_v1 = pytest.importorskip("google.cloud.compute_v1", reason="google-cloud-compute is not installed")
        proto = compute_v1.Instance.from_json(json.dumps(WHOLE))
        sparse = compute_v1.Instance.from_json(json.dumps(LEAST))
    assert machine_from(json.loads(compute_v1.Instance.to_json(proto))) == machine_from(WHOLE)
    assert machine_from(json.loads(compute_v1.Instance.to_json(sparse))) == machine_from(LEAST)
