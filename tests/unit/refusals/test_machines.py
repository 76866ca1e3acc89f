"""What keeps a machine from being stopped, changed or reset: every precondition with its whole sentence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from shared.machines import conditions
from shared.machines.conditions import refusals
from shared.machines.question import Question
from shared.model.facts import Change
from shared.model.machine import Disk, Intervention, Machine, Outcome, Surroundings

ACCESS, RESIZE, RESET = Intervention
REFUSE, POSTPONE, WAIT, T2, NOTE = Outcome
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
PLAIN = Machine(id="55", name="vm-1", project="p", zone="z", status="RUNNING", machine_type="n2-standard-4")
ALONE = Surroundings(
    reserved_addresses=(),
    referrers=(),
    backends=(),
    schedule=(),
    operations=(),
    routes=(),
    shared_disks=(),
    free_capacity=0,
    key_usable=True,
)
GROUP, KEY = "zones/z/instanceGroupManagers/web", Disk(source="d", boot=True, kms_key="k")
TEMPLATE = (
    "put the account and scopes into a new instance template and apply it to the group's instances "
    "(applyUpdatesToInstances)"
)


def untold(what: str, look: str) -> str:
    return f"Could not tell {what}, so nothing is done: {look}."


Row = tuple[str, Outcome, dict[str, Any], dict[str, Any], Intervention, str]
TOUCHED = Change(
    at=NOON - timedelta(days=1), method="v1.compute.instances.setMetadata", by="eve@example.com", resource="//x/y"
)
SENTENCES: list[Row] = [
    ("vm.identity", REFUSE, {"id": "56"}, {}, ACCESS,
     "The plan was made for machine 55, and this is 56: plan anew."),
    ("vm.status", WAIT, {"status": "STOPPING"}, {}, ACCESS,
     "It is STOPPING: wait until it runs or has stopped."),
    ("vm.status", WAIT, {"status": "DEPROVISIONING"}, {}, ACCESS,
     "It is DEPROVISIONING: wait until it runs or has stopped."),
    ("vm.status", REFUSE, {"status": "SUSPENDED"}, {}, ACCESS,
     "It is suspended, and a stop would lose its memory: resume it, or stop it by hand."),
    ("vm.status", REFUSE, {"status": "ODD"}, {}, ACCESS,
     untold("what the status 'ODD' means", "look at the machine")),
    ("vm.status", REFUSE, {"status": "TERMINATED"}, {}, RESET,
     "It does not run, so there is nothing to reset: start it."),
    ("vm.status", NOTE, {"status": "TERMINATED"}, {}, ACCESS,
     "It is stopped and stays stopped: nothing is interrupted."),
    ("vm.start_restricted", REFUSE, {"start_restricted": True}, {}, ACCESS,
     "Google keeps it from starting after suspicious activity: hand it to security."),
    ("vm.managed_group", REFUSE, {"created_by": GROUP}, {}, ACCESS,
     f"The managed instance group web owns it: {TEMPLATE}."),
    ("vm.managed_group", REFUSE, {}, {"referrers": (GROUP,)}, RESET,
     "The managed instance group web owns it: let the group recreate it (recreateInstances)."),
    ("vm.managed_group", REFUSE, {}, {"referrers": None}, RESET,
     untold("whether an instance group owns it", "instances.listReferrers would")),
    ("vm.gke_node", REFUSE, {"labels": {"goog-gke-node": ""}}, {}, ACCESS,
     "It is a node of a GKE cluster: make a new node pool with the account it needs, or use Workload Identity."),
    ("vm.gke_node", REFUSE, {"labels": {"goog-gke-node": ""}}, {}, RESIZE,
     "It is a node of a GKE cluster: make a new node pool of another machine type."),
    ("vm.gke_node", REFUSE, {"labels": {"goog-gke-node": ""}}, {}, RESET,
     "It is a node of a GKE cluster: let the pool repair the node, or drain and delete it."),
    ("vm.other_owner", REFUSE, {"labels": {"goog-dataproc-cluster-name": "c"}}, {}, ACCESS,
     "It belongs to a Dataproc cluster: create the cluster anew with the account and scopes it needs."),
    ("vm.other_owner", REFUSE, {"labels": {"managed-by": "terraform"}}, {}, ACCESS,
     "It belongs to terraform: change its configuration there, or the next run of it undoes the change."),
    ("vm.other_owner", REFUSE, {"created_by": "jobs/j"}, {}, ACCESS,
     "Its metadata says that jobs/j created it: change it there."),
    ("vm.other_owner", REFUSE, {"labels": {"goog-new": ""}}, {}, ACCESS,
     untold("which product of Google labelled it goog-new", "ask whoever made the machine")),
    ("vm.local_ssd", REFUSE, {"disks": (Disk(kind="SCRATCH"),)}, {}, ACCESS,
     "A stop would lose its local SSD: save the data, then stop it by hand."),
    ("vm.termination", REFUSE, {"termination_action": "DELETE"}, {}, ACCESS,
     "It is set to end by itself, or to be deleted when it does: make a new one with what it needs."),
    ("vm.termination", REFUSE, {"provisioning_model": "ODD"}, {}, ACCESS,
     untold("what provisioning model ODD does at a stop", "look it up")),
    ("vm.spot", REFUSE, {"preemptible": True}, {}, ACCESS,
     "It is a Spot machine and may not start again: make a new one with what it needs."),
    ("vm.accelerator", REFUSE, {"accelerators": 1}, {}, ACCESS,
     "Its accelerators may be out of stock when it starts again: reserve them, then stop it by hand in a window."),
    ("vm.shared_gpu", REFUSE, {"machine_type": "g4-standard-6"}, {}, RESET,
     "A machine with a part of a GPU cannot be reset: restart it from inside."),
    ("vm.placement", REFUSE, {"node_affinities": True}, {}, ACCESS,
     "There is no free place in its sole-tenant nodes, should its own be taken: make room first."),
    ("vm.placement", REFUSE, {"specific_reservation": True}, {"free_capacity": None}, ACCESS,
     untold("whether its reservation would have room for it again",
     "count the free places there")),
    ("vm.placement", T2, {"specific_reservation": True}, {"free_capacity": 2}, ACCESS,
     "It only starts again in its reservation, where 2 more of its size would find a place."),
    ("vm.customer_key", REFUSE, {"disks": (Disk(customer_supplied_key=True),)}, {"shared_disks": ()}, ACCESS,
     "A disk needs a key of yours at every start (startWithEncryptionKey): stop and start it by hand."),
    ("vm.kms_key", REFUSE, {"disks": (KEY,)}, {"key_usable": False}, ACCESS,
     "A key of its disks is disabled or out of reach of the Compute Engine service agent: mend that first."),
    ("vm.kms_key", REFUSE, {"disks": (KEY,)}, {"key_usable": None}, ACCESS,
     untold("whether the keys of its disks are enabled and usable",
     "let us see them (cloudkms.cryptoKeys.get, cloudkms.cryptoKeys.getIamPolicy)")),
    ("vm.schedule", POSTPONE, {"resource_policies": ("r",)}, {"schedule": (NOON + timedelta(hours=1),)}, ACCESS,
     "Its schedule starts or stops it at 2026-11-21T13:00:00+00:00: do this afterwards."),
    ("vm.schedule", REFUSE, {"resource_policies": ("r",)}, {"schedule": None}, ACCESS,
     untold("when its schedule starts or stops it",
     "let us see its policies (compute.resourcePolicies.get)")),
    ("vm.schedule", NOTE, {"resource_policies": ("r",)}, {"schedule": (NOON + timedelta(hours=3),)}, ACCESS,
     "Its schedule acts next at 2026-11-21T15:00:00+00:00 and does not promise it a place in the zone."),
    ("vm.external_address", T2, {"external_addresses": ("34.1.2.3",)}, {}, ACCESS,
     "Its external address 34.1.2.3 will change: mend DNS and allow lists, or reserve it first."),
    ("vm.external_address", REFUSE, {"external_addresses": ("34.1.2.3",)}, {"reserved_addresses": None}, ACCESS,
     untold("whether its external address is reserved",
     "let us list addresses (compute.addresses.list)")),
    ("vm.traffic", T2, {"can_ip_forward": True}, {"routes": ("r/to-office",)}, ACCESS,
     "There will be an outage for others: it forwards packets; route to-office leads to it."),
    ("vm.traffic", REFUSE, {}, {"routes": None}, ACCESS,
     untold("whether traffic of others goes through it",
     "let us list routes, network endpoint groups and what refers to it")),
    ("vm.disks", T2, {"disks": (Disk(source="p/regions/r/disks/pair", boot=True),)}, {}, ACCESS,
     "Written by several machines, or failed over to another zone: pair; agree with them."),
    ("vm.disks", REFUSE, {"disks": (Disk(source="data"),)}, {"shared_disks": None}, ACCESS,
     untold("whether other machines write its disks too",
     "let us see them (compute.disks.get)")),
    ("vm.windows", NOTE, {"guest_os_features": frozenset({"WINDOWS"})}, {}, ACCESS,
     "It runs Windows, which may install updates first: a stop is given 30 minutes."),
    ("vm.in_flight", WAIT, {}, {"operations": ("operation-1",)}, ACCESS,
     "An operation on it is not done: wait for operation-1."),
    ("vm.in_flight", REFUSE, {}, {"operations": None}, ACCESS,
     untold("whether something else is changing it",
     "let us list operations (compute.zoneOperations.list)")),
    ("vm.graceful_shutdown", NOTE, {"graceful_shutdown": timedelta(minutes=45)}, {}, ACCESS,
     "It may take 45 minutes to shut down gracefully, and is given them."),
    ("vm.tampered", REFUSE, {}, {}, RESET,
     ("It would be done for eve@example.com, who changed it at 2026-11-20 12:00 (setMetadata), less than a week ago: "
      "look at what was changed, and do this by hand.")),
    ("vm.harmless", NOTE, {"deletion_protection": True, "shielded": True}, {}, ACCESS,
     "No hindrance: deletion protection only guards against deletion; a shielded machine may be stopped like any other."),
]  # fmt: skip


@pytest.mark.parametrize("row", SENTENCES, ids=lambda row: row[-1])
def test_each_precondition_says_what_it_found_and_what_to_do_instead(row: Row) -> None:
    name, outcome, changes, around, to, said = row
    machine, surroundings = msgspec.structs.replace(PLAIN, **changes), msgspec.structs.replace(ALONE, **around)
    touched = (TOUCHED,) if name == "vm.tampered" else ()
    question = Question(machine=machine, around=surroundings, intervention=to, planned_id="55", now=NOON,
                        touched=touched, requesters=frozenset({"eve@example.com"}))  # fmt: skip
    found = refusals(question)
    assert {(one.outcome, one.said) for one in found if one.id == name} == {(outcome, said)}


def test_no_precondition_is_without_a_sentence_here() -> None:
    asked = {*conditions.ALWAYS, *conditions.WHEN_INTERRUPTED, *conditions.WHEN_STOPPED}
    assert len({name for name, *_ in SENTENCES}) == len(asked)
