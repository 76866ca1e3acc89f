"""Whether a machine may be touched: one rule a test, and what is not known is a refusal in those words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.machines.conditions import PASSING, refusals, strictest
from shared.machines.interruption import stop_deadline
from shared.machines.question import Question
from shared.model.facts import Change
from shared.model.machine import Disk, Intervention, Machine, Outcome, Precondition, Surroundings

ACCESS, RESIZE, RESET = Intervention
REFUSE, POSTPONE, WAIT, T2, NOTE = Outcome
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
PLAIN = Machine(
    id="55",
    name="orders-1",
    project="acme-shop",
    zone="europe-west8-a",
    status="RUNNING",
    machine_type="n2-standard-4",
    disks=(Disk(source="zones/europe-west8-a/disks/orders-1", boot=True),),
)
ALONE = Surroundings(
    reserved_addresses=(),
    referrers=(),
    backends=(),
    schedule=(),
    operations=(),
    routes=(),
    shared_disks=(),
    free_capacity=0,
    key_usable=False,
)
GROUP = "projects/7/zones/z/instanceGroupManagers/web-group"


def question(
    machine: Machine,
    around: Surroundings,
    to: Intervention,
    planned: str = "55",
    touched: tuple[Change, ...] | None = (),
    *requesters: str,
) -> Question:
    return Question(
        machine=machine,
        around=around,
        intervention=to,
        planned_id=planned,
        now=NOON,
        touched=touched,
        requesters=frozenset(requesters),
    )


def asked(
    around: dict[str, Any] | None = None, *, to: Intervention = ACCESS, planned: str = "55", **changes: Any
) -> dict[str, Precondition]:
    """What is said of the plain machine with some changes, by the ids of the preconditions."""
    machine = msgspec.structs.replace(PLAIN, **changes)
    surroundings = msgspec.structs.replace(ALONE, **(around or {}))
    found = refusals(question(machine, surroundings, to, planned))
    assert len({one.id for one in found}) == len(found)
    assert all(one.said.endswith(".") for one in found)
    return {one.id: one for one in found}


def outcomes(found: dict[str, Precondition]) -> dict[str, Outcome]:
    return {name: one.outcome for name, one in found.items()}


def sentence(found: dict[str, Precondition], name: str, outcome: Outcome) -> str:
    """The sentence of the only precondition that is no note."""
    assert {key: value for key, value in outcomes(found).items() if value is not NOTE or key == name} == {name: outcome}
    return found[name].said


@pytest.mark.parametrize("to", Intervention)
def test_nothing_speaks_against_a_plain_running_machine(to: Intervention) -> None:
    assert asked(to=to) == {}
    assert strictest(()) is NOTE


def test_another_machine_of_the_same_name_is_not_touched() -> None:
    assert "plan anew" in sentence(asked(planned="54"), "vm.identity", REFUSE)


@pytest.mark.parametrize("status", sorted(PASSING))
def test_a_machine_between_two_states_is_waited_for(status: str) -> None:
    assert "wait" in sentence(asked(status=status), "vm.status", WAIT)


def test_a_suspended_machine_would_lose_its_memory() -> None:
    assert "resume it" in sentence(asked(status="SUSPENDED"), "vm.status", REFUSE)


@pytest.mark.parametrize("status", ["", "running", "HIBERNATING"])
def test_a_status_nobody_knows_is_not_guessed_at(status: str) -> None:
    assert "Could not tell" in sentence(asked(status=status), "vm.status", REFUSE)


@pytest.mark.parametrize("status", ["TERMINATED", "STOPPED"])
@pytest.mark.parametrize("to", [ACCESS, RESIZE])
def test_a_stopped_machine_is_changed_and_left_stopped(status: str, to: Intervention) -> None:
    assert "stays stopped" in sentence(asked(status=status, to=to), "vm.status", NOTE)


def test_a_stopped_machine_cannot_be_reset() -> None:
    assert "start it" in sentence(asked(status="TERMINATED", to=RESET), "vm.status", REFUSE)


def test_what_only_a_stop_endangers_is_not_asked_of_a_stopped_machine() -> None:
    dangers = {"preemptible": True, "accelerators": 1, "external_addresses": ("34.1.2.3",), "can_ip_forward": True}
    assert set(outcomes(asked(**dangers))) == {"vm.spot", "vm.accelerator", "vm.external_address", "vm.traffic"}
    assert set(outcomes(asked(status="TERMINATED", **dangers))) == {"vm.status"}


def test_what_google_keeps_from_starting_goes_to_security() -> None:
    assert "security" in sentence(asked(start_restricted=True), "vm.start_restricted", REFUSE)


@pytest.mark.parametrize("to", Intervention)
def test_a_member_of_a_managed_group_is_changed_through_its_group(to: Intervention) -> None:
    words = "recreate" if to is RESET else "instance template"
    assert words in sentence(asked(created_by=GROUP, to=to), "vm.managed_group", REFUSE)
    referrer = f"https://www.googleapis.com/compute/v1/{GROUP}"
    found = sentence(asked({"referrers": (referrer,)}, to=to), "vm.managed_group", REFUSE)
    assert "web-group" in found


@pytest.mark.parametrize("label", ["goog-gke-node", "goog-k8s-cluster-name"])
@pytest.mark.parametrize("to", Intervention)
def test_a_node_of_a_cluster_is_changed_through_its_pool(label: str, to: Intervention) -> None:
    assert "pool" in sentence(asked(labels={label: ""}, to=to), "vm.gke_node", REFUSE)


@pytest.mark.parametrize(
    ("label", "value", "owner"),
    [
        ("goog-dataproc-cluster-name", "etl", "Dataproc"),
        ("dataflow_job_id", "2026-11-21", "Dataflow"),
        ("goog-composer-environment", "airflow", "Composer"),
        ("goog-batch-worker", "true", "Batch"),
        ("batch-job-id", "j", "Batch"),
        ("goog-caip-notebook", "", "Workbench"),
        ("notebooks-product", "workbench-instances", "Workbench"),
        ("goog-workstations", "", "Workstations"),
        ("goog-terraform-provisioned", "true", "Terraform"),
        ("goog-ec-src", "vm_add-tf", "Terraform"),
        ("managed-by", "Terraform", "terraform"),
        ("iac", "pulumi", "pulumi"),
        ("terraform", "", "Terraform"),
        ("managed-by-cnrm", "true", "Config Connector"),
        ("goog-dm", "deployment", "Deployment Manager"),
        ("slurm_cluster_name", "hpc", "Slurm"),
        ("autoscaled", "true", "autoscaler"),
    ],
)
def test_what_another_product_or_tool_owns_is_changed_there(label: str, value: str, owner: str) -> None:
    assert owner in sentence(asked(labels={"env": "prod", label: value}), "vm.other_owner", REFUSE)


@pytest.mark.parametrize(
    ("changes", "owner"),
    [
        ({"metadata_keys": ("dataproc-cluster-name",)}, "Dataproc"),
        ({"created_by": "projects/7/locations/l/jobs/j"}, "projects/7/locations/l/jobs/j"),
        ({"created_by": "Terraform 1.9"}, "Terraform 1.9"),
    ],
)
def test_an_owner_may_also_sign_in_the_metadata(changes: dict[str, Any], owner: str) -> None:
    assert owner in sentence(asked(**changes), "vm.other_owner", REFUSE)


@pytest.mark.parametrize(
    ("label", "value"),
    [
        ("goog-ops-agent-policy", "v2-x86-template-1-4-0"),
        ("goog-ec-src", "vm_add-gcloud"),
        ("goog-terraform-provisioned", "false"),
        ("team", "orders"),
    ],
)
def test_labels_that_own_nothing_are_no_hindrance(label: str, value: str) -> None:
    assert asked(labels={label: value}, created_by="kim") == {}


def test_a_label_of_google_that_nobody_knows_may_be_an_owners() -> None:
    said = sentence(asked(labels={"goog-newest-product": "x"}), "vm.other_owner", REFUSE)
    assert said.startswith("Could not tell which product")


def test_a_local_ssd_would_lose_its_data() -> None:
    assert "save the data" in sentence(asked(disks=(Disk(kind="SCRATCH"),)), "vm.local_ssd", REFUSE)


@pytest.mark.parametrize("kind", ["c3-standard-8-lssd", "z3-highmem-88-highlssd", "z3-highmem-176"])
def test_a_local_ssd_that_comes_with_the_machine_type_counts(kind: str) -> None:
    sentence(asked(machine_type=kind), "vm.local_ssd", REFUSE)


def test_a_machine_type_without_its_local_ssd_has_none() -> None:
    assert "vm.local_ssd" not in asked(machine_type="a3-highgpu-8g-nolssd")


@pytest.mark.parametrize(
    "changes",
    [
        {"max_run_duration": timedelta(hours=1)},
        {"termination_time": NOON},
        {"termination_action": "DELETE"},
        {"provisioning_model": "FLEX_START"},
        {"provisioning_model": "RESERVATION_BOUND"},
    ],
)
def test_a_machine_that_ends_by_itself_is_made_anew(changes: dict[str, Any]) -> None:
    assert "make a new one" in sentence(asked(**changes), "vm.termination", REFUSE)


def test_a_provisioning_model_nobody_knows_is_not_guessed_at() -> None:
    assert "Could not tell" in sentence(asked(provisioning_model="LUNAR"), "vm.termination", REFUSE)


@pytest.mark.parametrize("changes", [{"provisioning_model": "SPOT"}, {"preemptible": True}])
def test_a_spot_machine_may_not_come_back(changes: dict[str, Any]) -> None:
    assert "may not start again" in sentence(asked(**changes), "vm.spot", REFUSE)


@pytest.mark.parametrize(
    "changes",
    [
        {"accelerators": 1},
        {"machine_type": "g2-standard-4"},
        {"machine_type": "a2-highgpu-1g"},
        {"machine_type": "ct5lp-hightpu-4t"},
    ],
)
def test_accelerators_may_be_out_of_stock(changes: dict[str, Any]) -> None:
    assert "out of stock" in sentence(asked(**changes), "vm.accelerator", REFUSE)


@pytest.mark.parametrize("kind", ["g1-small", "e2-micro", "c4a-highmem-16", "custom-4-8192", "m3-ultramem-32", ""])
def test_a_machine_type_without_accelerators_is_not_taken_for_one(kind: str) -> None:
    assert asked(machine_type=kind) == {}


@pytest.mark.parametrize("kind", ["g4-standard-6", "g4-standard-24", "g4-", "g4-standard"])
def test_a_part_of_a_gpu_cannot_be_reset(kind: str) -> None:
    assert "from inside" in sentence(asked(machine_type=kind, to=RESET), "vm.shared_gpu", REFUSE)
    assert "vm.shared_gpu" not in asked(machine_type=kind, to=ACCESS)
    assert asked(machine_type="g4-standard-48", to=RESET) == {}


@pytest.mark.parametrize("bound", [{"node_affinities": True}, {"specific_reservation": True}])
def test_a_bound_machine_needs_room_where_it_is_bound(bound: dict[str, Any]) -> None:
    assert "3 more" in sentence(asked({"free_capacity": 3}, **bound), "vm.placement", T2)
    assert "make room" in sentence(asked({"free_capacity": 0}, **bound), "vm.placement", REFUSE)
    assert "Could not tell" in sentence(asked({"free_capacity": None}, **bound), "vm.placement", REFUSE)


def test_a_key_that_the_customer_brings_makes_a_start_a_persons_work() -> None:
    found = asked(disks=(Disk(boot=True, customer_supplied_key=True),))
    assert "startWithEncryptionKey" in sentence(found, "vm.customer_key", REFUSE)


def test_a_key_in_kms_has_to_be_usable() -> None:
    disks = (Disk(boot=True, kms_key="projects/k/cryptoKeys/x"),)
    assert asked({"key_usable": True}, disks=disks) == {}
    assert "mend that first" in sentence(asked({"key_usable": False}, disks=disks), "vm.kms_key", REFUSE)
    assert "Could not tell" in sentence(asked({"key_usable": None}, disks=disks), "vm.kms_key", REFUSE)


@pytest.mark.parametrize("away", [timedelta(), timedelta(hours=2), timedelta(minutes=-5)])
def test_a_schedule_that_acts_soon_postpones(away: timedelta) -> None:
    around = {"schedule": (NOON + timedelta(days=1), NOON + away)}
    assert "afterwards" in sentence(asked(around, resource_policies=("night",)), "vm.schedule", POSTPONE)


def test_a_schedule_that_acts_later_is_told() -> None:
    around = {"schedule": (NOON + timedelta(hours=2, seconds=1),)}
    assert "14:00:01" in sentence(asked(around, resource_policies=("night",)), "vm.schedule", NOTE)


def test_a_schedule_that_cannot_be_seen_is_a_refusal() -> None:
    said = sentence(asked({"schedule": None}, resource_policies=("night",)), "vm.schedule", REFUSE)
    assert "Could not tell" in said


def test_policies_that_are_no_schedule_are_no_hindrance() -> None:
    assert asked({"schedule": ()}, resource_policies=("spread",)) == {}


def test_an_address_that_nobody_reserved_will_change() -> None:
    addresses = ("34.1.2.3", "34.9.9.9")
    said = sentence(
        asked({"reserved_addresses": ("34.9.9.9",)}, external_addresses=addresses), "vm.external_address", T2
    )
    assert "34.1.2.3 will change" in said
    assert asked({"reserved_addresses": addresses}, external_addresses=addresses) == {}
    untold = asked({"reserved_addresses": None}, external_addresses=addresses)
    assert "Could not tell" in sentence(untold, "vm.external_address", REFUSE)


@pytest.mark.parametrize(
    ("around", "changes", "named"),
    [
        ({}, {"can_ip_forward": True}, "forwards packets"),
        ({"routes": ("projects/p/global/routes/to-office",)}, {}, "to-office"),
        ({"backends": ("projects/p/zones/z/networkEndpointGroups/shop",)}, {}, "shop"),
        ({"referrers": ("projects/p/zones/z/instanceGroups/web",)}, {}, "web"),
    ],
)
@pytest.mark.parametrize("to", Intervention)
def test_others_have_an_outage_while_what_they_go_through_is_away(
    around: dict[str, Any], changes: dict[str, Any], named: str, to: Intervention
) -> None:
    said = sentence(asked(around, to=to, **changes), "vm.traffic", T2)
    assert "outage" in said
    assert named in said


def test_a_disk_in_two_zones_needs_two_people() -> None:
    regional = Disk(source="https://x/projects/p/regions/europe-west8/disks/pair", boot=True)
    assert "pair" in sentence(asked(disks=(regional,)), "vm.disks", T2)


def test_a_disk_that_others_write_needs_two_people() -> None:
    data = Disk(source="projects/p/zones/z/disks/data")
    assert "data" in sentence(asked({"shared_disks": (data.source,)}, disks=(data,)), "vm.disks", T2)
    assert asked({"shared_disks": ()}, disks=(data,)) == {}
    assert "Could not tell" in sentence(asked({"shared_disks": None}, disks=(data,)), "vm.disks", REFUSE)


@pytest.mark.parametrize("disk", [Disk(boot=True), Disk(mode="READ_ONLY")])
def test_a_boot_disk_a_local_one_and_one_that_is_only_read_have_no_other_writers(disk: Disk) -> None:
    assert asked({"shared_disks": None}, disks=(disk, Disk(kind="SCRATCH")), to=RESET) == {}


def test_windows_is_given_longer_to_stop() -> None:
    assert "30 minutes" in sentence(asked(guest_os_features=frozenset({"WINDOWS"})), "vm.windows", NOTE)


def test_an_operation_in_flight_is_waited_for() -> None:
    assert "operation-1" in sentence(asked({"operations": ("operation-1",)}), "vm.in_flight", WAIT)


def test_a_graceful_shutdown_is_told_and_waited_for() -> None:
    machine = msgspec.structs.replace(PLAIN, graceful_shutdown=timedelta(minutes=45))
    assert "45 minutes" in sentence(asked(graceful_shutdown=timedelta(minutes=45)), "vm.graceful_shutdown", NOTE)
    assert stop_deadline(machine) == timedelta(minutes=55)
    assert stop_deadline(PLAIN) == timedelta(minutes=10)


@pytest.mark.parametrize("changes", [{"deletion_protection": True}, {"shielded": True}])
def test_deletion_protection_and_shielding_are_no_hindrance(changes: dict[str, Any]) -> None:
    assert "No hindrance" in sentence(asked(**changes), "vm.harmless", NOTE)


@pytest.mark.parametrize(
    ("unknown", "name"),
    [
        ("referrers", "vm.managed_group"),
        ("referrers", "vm.traffic"),
        ("backends", "vm.traffic"),
        ("routes", "vm.traffic"),
        ("operations", "vm.in_flight"),
    ],
)
@pytest.mark.parametrize("to", Intervention)
def test_what_could_not_be_told_of_any_machine_is_a_refusal_in_those_words(
    unknown: str, name: str, to: Intervention
) -> None:
    found = asked({unknown: None}, to=to)
    assert found[name].outcome is REFUSE
    assert "Could not tell" in found[name].said


def test_a_reset_keeps_disks_address_and_place_and_is_not_refused_for_them() -> None:
    kept = {
        "disks": (Disk(kind="SCRATCH"),),
        "preemptible": True,
        "external_addresses": ("34.1.2.3",),
        "accelerators": 1,
        "resource_policies": ("night",),
    }
    assert asked(to=RESET, **kept) == {}
    assert strictest(asked(to=RESIZE, **kept).values()) is REFUSE


def test_the_strictest_comes_first_and_is_what_they_come_to() -> None:
    found = asked({"operations": ("o",)}, preemptible=True, can_ip_forward=True, deletion_protection=True)
    assert [one.outcome for one in found.values()] == [REFUSE, WAIT, T2, NOTE]
    assert strictest(found.values()) is REFUSE


UNTOLD = st.sampled_from(Surroundings.__struct_fields__)
NEEDS_EVERYTHING: dict[str, Any] = {
    "external_addresses": ("34.1.2.3",),
    "resource_policies": ("night",),
    "node_affinities": True,
    "disks": (Disk(source="d", kms_key="k"),),
}
EVERYTHING_FINE: dict[str, Any] = {
    "reserved_addresses": ("34.1.2.3",),
    "free_capacity": 5,
    "key_usable": True,
    "schedule": (NOON + timedelta(days=1),),
}


@given(st.sets(UNTOLD, min_size=1))
def test_whatever_is_not_known_leads_to_a_refusal_and_never_to_a_pass(unknown: set[str]) -> None:
    assert strictest(asked(EVERYTHING_FINE, **NEEDS_EVERYTHING).values()) is T2
    found = asked(EVERYTHING_FINE | dict.fromkeys(unknown), **NEEDS_EVERYTHING)
    assert strictest(found.values()) is REFUSE
    assert any(one.outcome is REFUSE and "Could not tell" in one.said for one in found.values())


ANN, BOT = "ann@example.com", "bot@acme-shop.iam.gserviceaccount.com"


def changed(by: str, method: str = "v1.compute.instances.setMetadata") -> Change:
    return Change(at=NOON, method=method, by=by, resource="//compute.googleapis.com/projects/p/zones/z/instances/i")


def tampered(touched: tuple[Change, ...] | None, *requesters: str) -> str:
    """Why the machine is not touched, "" where it may be."""
    found = refusals(question(PLAIN, ALONE, RESET, "55", touched, *requesters))
    assert {one.outcome for one in found} <= {REFUSE}
    return " ".join(one.said for one in found)


@pytest.mark.hazard("H43")
@pytest.mark.parametrize("to", Intervention)
def test_whoever_changed_a_machine_lately_gets_nothing_done_to_it(to: Intervention) -> None:
    found = refusals(question(PLAIN, ALONE, to, "55", (changed(ANN.title()),), ANN))
    assert [(one.id, one.outcome) for one in found] == [("vm.tampered", REFUSE)]


@pytest.mark.hazard("H43")
def test_who_changed_it_and_when_is_said() -> None:
    said = tampered((changed("eve@example.com"), changed(BOT, "v1.compute.instances.setServiceAccount")), ANN, BOT)
    assert said.startswith(f"It would be done for {BOT}, who changed it at 2026-11-21 12:00 (setServiceAccount)")


@pytest.mark.hazard("H43")
def test_what_others_changed_is_in_nobody_s_way_and_what_is_not_known_is() -> None:
    assert tampered((changed("eve@example.com"),), ANN, BOT) == ""
    assert tampered((), ANN) == ""
    assert tampered(()) == ""
    assert "Could not tell whether those it is done for" in tampered(None, ANN)
    assert "Could not tell whether those it is done for" in tampered((changed("eve@example.com"),))
