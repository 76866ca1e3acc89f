"""Story 3: a machine that ran out of memory again and again, and was measured to be full, is planned to be larger."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from entries import PROJECT, on_vm
from fakes.exhausted import BOOT, ONCE, TWICE, full_for_an_hour, killed, measured
from fakes.facts import CALLED, FAILURES, GIVEN, NOON, QUIET, FakeFacts, looked
from msgspec.structs import replace

from shared.model.facts import Beat
from shared.model.machine import AUTH, Disk, Machine
from shared.model.memory import MemoryUse, SerialOutput
from shared.model.outcomes import MachineType
from shared.model.plan import Action

KILLED = on_vm(
    "Out of memory: Killed process 977 (fluent-bit) total-vm:902312kB, anon-rss:411020kB, file-rss:0kB, "
    "shmem-rss:0kB, UID:0 pgtables:1200kB oom_score_adj:0"
)
STARTED = CALLED - timedelta(seconds=103_600 + 300)
"""So that the last kill was five minutes before the entry."""
KIND = "n2-standard-4"
SIZES = {
    name: MachineType(name=name, cpus=cpus, memory_mb=gb * 1_024, architecture="X86_64", most_disks=128, free_cpus=100)
    for name, cpus, gb in ((KIND, 4, 16), ("n2-standard-8", 8, 32), ("n2-highmem-4", 4, 32), ("n2-custom-4-24576", 4, 24))
}  # fmt: skip
NEXT, HIGHMEM, CUSTOM = "n2-standard-8", "n2-highmem-4", "n2-custom-4-24576"


def outgrown(**changes: Any) -> FakeFacts:
    facts = FakeFacts()
    machine = Machine(
        id="42", name="web-1", project=PROJECT, zone="europe-west1-b", status="RUNNING", machine_type=KIND,
        account=f"runner@{PROJECT}.iam.gserviceaccount.com", scopes=(f"{AUTH}logging.write",), last_start=STARTED,
    )  # fmt: skip
    facts.machines["42"] = replace(machine, **changes)
    facts.console = SerialOutput(text=TWICE)
    facts.measured = full_for_an_hour(CALLED)
    facts.heard = Beat(last=CALLED - timedelta(hours=1))
    facts.seen["logging.logEntries.create"] = GIVEN
    facts.sizes = dict(SIZES)
    return facts


def step(facts: FakeFacts) -> Action:
    told = looked(KILLED, facts)
    assert (told.cause, told.proven) == ("cred.lost_token", "yes")
    return told.plan[-1]


def test_a_larger_machine_is_planned_in_place_of_a_reset() -> None:
    found = step(outgrown())
    assert (found.action, found.changes, found.tier) == ("vm_recover", True, "T2")
    assert "out of memory more than once within 24 hours, and its memory was 95 % full or more from" in found.why
    assert f"{NEXT} instead of {KIND}: at most twice as large, and as dear" in found.why
    assert "takes the place of a reset, and mends no refusal" in found.why
    assert found.undo == f"stop, set {KIND} again, start: another interruption, so another approval"


def test_agents_that_are_back_need_no_reset_and_the_machine_is_too_small_all_the_same() -> None:
    facts = outgrown()
    facts.heard = Beat(last=NOON - timedelta(minutes=1))
    assert f"{NEXT} instead of {KIND}" in step(facts).why


def test_the_metric_that_agrees_is_among_the_looks() -> None:
    told = looked(KILLED, outgrown())
    found = [one for one in told.looks if one.asked == "how full was the memory of web-1?"]
    assert [(one.verdict, "95 % full or more" in one.said) for one in found] == [("yes", True)]


@pytest.mark.parametrize(
    ("not_there", "planned"),
    [((), NEXT), ((NEXT,), HIGHMEM), ((NEXT, HIGHMEM), CUSTOM)],
)
def test_the_next_size_is_preferred_to_more_memory_and_that_to_one_made_to_measure(
    not_there: tuple[str, ...], planned: str
) -> None:
    facts = outgrown()
    for name in not_there:
        del facts.sizes[name]
    assert f"{planned} instead of {KIND}" in step(facts).why


def test_a_size_that_does_not_fit_is_passed_over() -> None:
    facts = outgrown()
    facts.sizes[NEXT] = replace(SIZES[NEXT], free_cpus=3)
    assert f"{HIGHMEM} instead of {KIND}" in step(facts).why


@pytest.mark.parametrize(
    ("size", "said"),
    [
        ({"architecture": "ARM64"}, "is ARM64, and the machine's disks are for X86_64"),
        ({"deprecated": True}, "is deprecated"),
        ({"local_ssds": 2}, "comes with local SSDs, which every stop would lose"),
        ({"most_disks": 0}, "takes 0 disks, and 1 are attached"),
        ({"free_cpus": 3}, "the quota has 3 vCPUs left, and n2-standard-8 needs 4 more"),
        ({"free_cpus": None}, "could not tell whether the quota has room for n2-standard-8"),
        ({"memory_mb": 20_000}, "it takes 1.5 times as much"),
        ({"cpus": 16}, "is more than 2 times as large as n2-standard-4"),
    ],
)
def test_where_no_size_fits_each_is_refused_with_its_sentence(size: dict[str, Any], said: str) -> None:
    facts = outgrown(disks=(Disk(boot=True),))
    facts.sizes = {KIND: SIZES[KIND], NEXT: replace(SIZES[NEXT], **size)}
    found = step(facts)
    assert "No larger machine: " in found.why
    assert said in found.why
    assert "loses what is in the guest's memory" in found.why, "the agents are silent, so a reset is left"


AGAINST: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({}, {"console": SerialOutput(text=ONCE, lost=9)}, "9 bytes before it are lost"),
    ({}, {"measured": MemoryUse()}, "nothing measured the machine's memory"),
    ({}, {"measured": measured(CALLED, *[60.0] * 20)}, "its memory was at most 60 % full"),
    ({"labels": {"unforbid-resize": "no"}}, {}, "its label unforbid-resize says that it keeps its size"),
    ({"last_start": CALLED + timedelta(hours=1)}, {}, "perhaps at another size"),
    ({}, {"sizes": {KIND: SIZES[KIND]}}, f"europe-west1-b has no {NEXT}"),
    ({}, {"sizes": {}}, f"could not tell how large {KIND} is"),
    ({"machine_type": "m1-ultramem-40"}, {"sizes": {"m1-ultramem-40": replace(SIZES[KIND], name="m1-ultramem-40")}},
     "no larger size of the series of m1-ultramem-40"),
    ({"status": "STOPPING"}, {}, "the machine is STOPPING, and only a running one is made larger"),
    ({"disks": (Disk(kind="SCRATCH"),)}, {}, "A stop would lose its local SSD"),
    ({"provisioning_model": "SPOT"}, {}, "It is a Spot machine"),
    ({"labels": {"goog-gke-node": ""}}, {}, "It is a node of a GKE cluster"),
    ({}, {"around": replace(QUIET, operations=None)}, "Could not tell whether something else is changing it"),
    ({}, {"around": replace(QUIET, referrers=("projects/7/zones/z/instanceGroupManagers/g",))}, "instance group"),
]  # fmt: skip


@pytest.mark.parametrize(("machine", "arranged", "said"), AGAINST, ids=[one[2] for one in AGAINST])
def test_a_machine_is_not_made_larger_where_anything_speaks_against_it(
    machine: dict[str, Any], arranged: dict[str, Any], said: str
) -> None:
    facts = outgrown(**machine)
    facts.heard = Beat(last=NOON - timedelta(minutes=1))  # so that no reset is planned either
    for name, value in arranged.items():
        setattr(facts, name, value)
    found = step(facts)
    assert (found.action, found.changes) == ("advise", False)
    assert "No larger machine: " in found.why
    assert said in found.why


@pytest.mark.parametrize(
    "text", [ONCE, BOOT + killed(900, group="/kubepods/a") + killed(9_000, group="/kubepods/a", pid=9)]
)
def test_without_a_reason_no_size_is_looked_at(text: str) -> None:
    facts = outgrown()
    facts.console = SerialOutput(text=text)
    assert "No larger machine" not in step(facts).why
    assert (facts.count("memory_use"), facts.count("machine_type")) == (0, 0)


def test_a_metric_that_does_not_agree_ends_the_questions() -> None:
    facts = outgrown()
    facts.measured = measured(CALLED, *[60.0] * 20)
    step(facts)
    assert (facts.count("memory_use"), facts.count("machine_type")) == (1, 0)


def test_what_two_people_have_to_agree_to_is_said_with_the_step() -> None:
    facts = outgrown(external_addresses=("203.0.113.9",))
    found = step(facts)
    assert found.changes
    assert "Its external address 203.0.113.9 will change" in found.why


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("method", ["memory_use", "machine_type", "surroundings"])
def test_what_could_not_be_told_never_makes_a_machine_larger(method: str, failure: str) -> None:
    facts = outgrown()
    facts.heard = Beat(last=NOON - timedelta(minutes=1))
    facts.fails[method] = FAILURES[failure]
    found = step(facts)
    assert (found.action, found.changes) == ("advise", False)
    assert "ould not tell" in found.why
