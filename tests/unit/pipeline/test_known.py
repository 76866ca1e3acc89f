"""Story 1: what looking told of a machine decides which change of its access is planned, or why none is."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from catalogues import of, role, small
from entries import PROJECT, audit, error_info, on_vm
from fakes.facts import CALLED, CRM, FAILURES, GIVEN, HIDDEN, NOON, QUIET, FakeFacts, live, looked, one_after_another
from msgspec.structs import replace

from shared.evidence.case import Ours, case_of
from shared.model.denial import Denial
from shared.model.facts import Beat, Change
from shared.model.machine import AUTH, Disk, Machine, Surroundings
from shared.model.memory import SerialOutput
from shared.model.plan import Action
from shared.pipeline.classify import classify
from shared.pipeline.diagnose import diagnose
from shared.pipeline.known import known_from
from shared.pipeline.look import look
from shared.pipeline.read import read

TOO_NARROW = on_vm(
    "403 POST https://storage.googleapis.com/upload/storage/v1/b/reports/o: Provided scope(s) are not authorized"
)
BY_METHOD = on_vm("") | {"jsonPayload": {"error": {"code": 403, "message": "Request had insufficient authentication scopes.",
    "details": [error_info("ACCESS_TOKEN_SCOPE_INSUFFICIENT", service="storage.googleapis.com", method="storage.objects.insert")]}}}  # fmt: skip
del BY_METHOD["textPayload"]
DEFAULT = "123-compute@developer.gserviceaccount.com"
OWN, BATCH, OTHER = (f"{name}@{PROJECT}.iam.gserviceaccount.com" for name in ("runner", "batch", "other"))
HERE = f"{CRM}/projects/{PROJECT}"
GROUP = "projects/7/zones/z/instanceGroupManagers/web-group"
HOLDS = {
    "roles/editor": ("compute.instances.get", "storage.objects.create"),
    "roles/storage.objectUser": ("storage.objects.create", "storage.objects.get"),
    "roles/iam.serviceAccountKeyAdmin": ("iam.serviceAccountKeys.create",),
}


def on_machine(account: str | None = DEFAULT, around: Surroundings = QUIET, **changes: Any) -> FakeFacts:
    facts = FakeFacts()
    machine = Machine(
        id="42", name="web-1", project=PROJECT, zone="europe-west1-b", status="RUNNING", account=account,
        scopes=(f"{AUTH}devstorage.read_only", f"{AUTH}logging.write"), machine_type="n2-standard-4",
    )  # fmt: skip
    facts.machines["42"], facts.around = replace(machine, **changes), around
    facts.holding |= HOLDS
    facts.seen["storage.objects.create"] = GIVEN
    return facts


def give(facts: FakeFacts, email: str, *roles: str, on: str = HERE) -> FakeFacts:
    for one in roles:
        facts.bind(on, one, f"serviceAccount:{email}")
    return facts


def step(facts: FakeFacts, *attachable: str) -> Action:
    told = looked(TOO_NARROW, facts, attachable=attachable)
    assert (told.cause, told.proven) == ("cred.scope.gce", "yes")
    (found,) = told.plan
    return found


def test_a_default_account_with_editor_gets_the_single_scope_and_it_is_said_why_not_more() -> None:
    told = looked(BY_METHOD, give(on_machine(), DEFAULT, "roles/editor"))
    (found,) = told.plan
    assert (found.action, found.changes) == ("vm_scopes", True)
    assert found.why.startswith("devstorage.read_write is the least scope of ")
    assert f"cloud-platform is not set here: {DEFAULT} has roles/editor (a basic role)" in found.why
    assert f"Afterwards: {DEFAULT} with devstorage.read_only, logging.write, devstorage.read_write." in found.why


def test_another_account_is_offered_beside_it_with_what_speaks_against_it() -> None:
    facts = give(give(on_machine(), DEFAULT, "roles/editor"), BATCH, "roles/storage.objectUser")
    found = step(facts, BATCH)
    assert f"give it {BATCH}: could not tell whether it holds the roles that the machine uses" in found.why


def test_a_default_account_with_narrow_roles_is_swapped_for_one_that_holds_them_all() -> None:
    facts = give(give(on_machine(), DEFAULT, "roles/storage.objectUser"), BATCH, "roles/storage.objectUser")
    found = step(facts, BATCH)
    assert f"{BATCH} holds what the machine uses and nothing dangerous, so it may have cloud-platform" in found.why
    assert f"Afterwards: {BATCH} with devstorage.read_only, logging.write, cloud-platform." in found.why


@pytest.mark.parametrize("where", [HERE, f"{CRM}/folders/7", f"{CRM}/organizations/123456789012"])
def test_a_dangerous_role_of_the_other_account_is_found_wherever_it_stands(where: str) -> None:
    facts = give(give(on_machine(), DEFAULT, "roles/storage.objectUser"), BATCH, "roles/storage.objectUser")
    give(facts, BATCH, "roles/iam.serviceAccountKeyAdmin", on=where)
    assert (
        f"give it {BATCH}: it has roles/iam.serviceAccountKeyAdmin (it holds iam.serviceAccountKeys.create)"
        in step(facts, BATCH).why
    )


@pytest.mark.parametrize("broken", ["gone", "disabled"])
def test_an_account_that_is_missing_or_disabled_is_not_given_to_a_machine(broken: str) -> None:
    facts = give(give(on_machine(), DEFAULT, "roles/storage.objectUser"), BATCH, "roles/storage.objectUser")
    (facts.gone if broken == "gone" else facts.disabled).add(BATCH)
    told = looked(TOO_NARROW, facts, attachable=(BATCH,))
    assert BATCH not in told.plan[0].why
    assert any(one.verdict == "no" and f"{BATCH} may be attached but" in one.said for one in told.looks)


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("method", ["policy", "ancestry", "role", "account"])
def test_what_could_not_be_told_of_roles_never_opens_a_machine_wide(method: str, failure: str) -> None:
    facts = give(give(on_machine(OWN), OWN, "roles/storage.objectUser"), BATCH, "roles/storage.objectUser")
    whole = step(facts, BATCH)
    assert "cloud-platform is the scope Google recommends" in whole.why
    facts.fails[method] = FAILURES[failure]
    found = step(facts, BATCH)
    opened = f"Afterwards: {OWN} with devstorage.read_only, logging.write, cloud-platform." in found.why
    assert opened is (method == "account"), "only whether the account exists says nothing about its roles"
    assert BATCH not in found.why.partition("Afterwards: ")[2].partition(" with ")[0]


def test_an_account_of_its_own_with_narrow_roles_gets_the_scope_that_google_recommends() -> None:
    found = step(give(on_machine(OWN), OWN, "roles/storage.objectUser"))
    assert "its roles decide alone, and cloud-platform is the scope Google recommends" in found.why


def test_the_catalogue_says_what_a_role_holds_that_google_would_not_tell() -> None:
    facts = give(on_machine(OWN), OWN, "roles/storage.objectUser")
    del facts.holding["roles/storage.objectUser"]
    assert "what it holds could not be told" in step(facts).why
    told = looked(TOO_NARROW, facts, of(role("roles/storage.objectUser", "storage.objects.create")))
    assert "cloud-platform is the scope Google recommends" in told.plan[0].why


REFUSALS = [
    ({"created_by": GROUP}, {}, "The managed instance group web-group owns it"),
    ({}, {"referrers": (GROUP,)}, "The managed instance group web-group owns it"),
    ({"labels": {"goog-gke-node": ""}}, {}, "It is a node of a GKE cluster"),
    ({"labels": {"goog-dataproc-cluster-name": "c"}}, {}, "It belongs to a Dataproc cluster"),
    ({"labels": {"managed-by": "terraform"}}, {}, "It belongs to terraform"),
    ({"status": "SUSPENDED"}, {}, "It is suspended"),
    ({"status": "STOPPING"}, {}, "It is STOPPING: wait"),
    ({"start_restricted": True}, {}, "Google keeps it from starting"),
    ({}, {"operations": ("operation-1",)}, "An operation on it is not done"),
    ({"disks": (Disk(kind="SCRATCH"),)}, {}, "A stop would lose its local SSD"),
    ({"max_run_duration": timedelta(hours=1)}, {}, "It is set to end by itself"),
    ({"provisioning_model": "SPOT"}, {}, "It is a Spot machine"),
    ({"preemptible": True}, {}, "It is a Spot machine"),
    ({"accelerators": 1}, {}, "Its accelerators may be out of stock"),
    ({"node_affinities": True}, {}, "There is no free place in its sole-tenant nodes"),
    ({"specific_reservation": True}, {"free_capacity": None}, "Could not tell whether its reservation would have room"),
    ({"disks": (Disk(customer_supplied_key=True),)}, {}, "A disk needs a key of yours"),
    ({"disks": (Disk(kms_key="k"),)}, {"key_usable": False}, "A key of its disks is disabled"),
    ({"resource_policies": ("p",)}, {"schedule": (NOON + timedelta(minutes=30),)}, "Its schedule starts or stops it"),
    (
        {"external_addresses": ("203.0.113.9",)},
        {"reserved_addresses": None},
        "Could not tell whether its external address",
    ),
    ({}, {"routes": None}, "Could not tell whether traffic of others"),
]


@pytest.mark.parametrize(("machine", "around", "sentence"), REFUSALS, ids=[one[2] for one in REFUSALS])
def test_a_machine_that_must_not_be_stopped_gives_advice_with_the_reason(
    machine: dict[str, Any], around: dict[str, Any], sentence: str
) -> None:
    found = step(on_machine(OWN, replace(QUIET, **around), **machine))
    assert (found.action, found.changes) == ("advise", False)
    assert found.why.startswith("This machine is not to be stopped by a machine. ")
    assert sentence in found.why
    assert found.target == f"//compute.googleapis.com/projects/{PROJECT}/zones/europe-west1-b/instances/42"


@pytest.mark.parametrize("failure", FAILURES)
def test_a_machine_whose_surroundings_are_not_known_is_not_stopped(failure: str) -> None:
    facts = on_machine(OWN)
    facts.fails["surroundings"] = FAILURES[failure]
    found = step(facts)
    assert (found.action, found.changes) == ("advise", False)
    assert "Could not tell" in found.why


def test_a_warning_goes_with_the_step() -> None:
    found = step(on_machine(OWN, replace(QUIET, reserved_addresses=()), external_addresses=("203.0.113.9",)))
    assert (found.action, found.changes) == ("vm_scopes", True)
    assert "Its external address 203.0.113.9 will change" in found.why


def test_roles_are_chosen_among_those_that_google_accepts_on_the_target() -> None:
    catalogue = small(dns_reader="dns.managedZones.get", dns_wide="dns.managedZones.get dns.managedZones.list")
    entry = audit(permission="dns.managedZones.get", resource=f"projects/{PROJECT}", principal=OTHER)
    facts = FakeFacts()
    facts.holding["roles/dns.wide"] = ()
    assert looked(entry, facts, catalogue).plan[0].role == "roles/dns.wide"
    facts.fails["grantable"] = FAILURES["the server is ill"]
    assert looked(entry, facts, catalogue).plan[0].role == "roles/dns.reader"


# Story 3: a reset only after a kill that the agents stay silent since.

UNIT = "google-cloud-ops-agent-fluent-bit.service"
LINES = (
    f"oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/system.slice/{UNIT},task=fluent-bit,pid=812,uid=0",
    "Out of memory: Killed process 812 (fluent-bit) total-vm:1830144kB, anon-rss:911208kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:2360kB oom_score_adj:0",
)
OTHER_KILL = ("Out of memory: Killed process 99 (java) total-vm:9kB, anon-rss:8kB, file-rss:0kB, shmem-rss:0kB",)
KILLED = on_vm(LINES[1])
WRITES = "logging.logEntries.create"
KILLED_AT, AN_HOUR = "2026-11-21T08:55:00.000000+00:00", timedelta(hours=1)


def starved(lines: tuple[str, ...] = LINES, at: str = KILLED_AT, **changes: Any) -> FakeFacts:
    facts = on_machine(OWN, **changes)
    facts.console = SerialOutput(text="".join(f"{at} web-1 kernel: {line}\n" for line in lines))
    facts.heard = Beat(last=CALLED - AN_HOUR)
    facts.seen[WRITES] = GIVEN
    return facts


def recovery(facts: FakeFacts) -> Action:
    told = looked(KILLED, facts)
    assert (told.cause, told.proven) == ("cred.lost_token", "yes")
    (found,) = told.plan
    return found


def test_agents_that_were_killed_and_stay_silent_are_a_reason_for_a_reset() -> None:
    found = recovery(starved())
    assert (found.action, found.changes, found.tier) == ("vm_recover", True, "T2")
    assert f"{UNIT} was killed for lack of memory and not heard since" in found.why


@pytest.mark.parametrize(
    ("arranged", "said"),
    [
        ({"heard": Beat(last=CALLED)}, "the agents were heard at 2026-11-21 09:00:00, after memory ran out"),
        ({"heard": Beat(last=NOON - timedelta(minutes=1))}, "they are back, or were never gone"),
        ({"heard": Beat(last=None)}, "the agents were silent for a day before they were killed"),
        ({"console": SerialOutput(text="".join(f"{KILLED_AT} web-1 kernel: {line}\n" for line in OTHER_KILL))}, "no agent was killed"),
        ({"console": SerialOutput(text="".join(f"{line}\n" for line in LINES))}, "could not tell whether memory ran out before or after"),
        ({"around": replace(QUIET, referrers=(GROUP,))}, "The managed instance group web-group owns it"),
        ({"around": replace(QUIET, operations=None)}, "Could not tell whether something else is changing it"),
    ],
    ids=["heard after it", "heard just now", "never heard", "another victim", "no time", "a group's", "not all known"],
)  # fmt: skip
def test_a_machine_is_not_reset_where_anything_speaks_against_it(arranged: dict[str, Any], said: str) -> None:
    facts = starved()
    for name, value in arranged.items():
        setattr(facts, name, value)
    found = recovery(facts)
    assert (found.action, found.changes) == ("advise", False)
    assert said in found.why


@pytest.mark.parametrize("labels", [{"goog-gke-node": ""}, {"goog-k8s-cluster-name": "c"}])
def test_a_node_of_gke_is_repaired_by_its_pool(labels: dict[str, str]) -> None:
    assert "let the pool repair the node" in recovery(starved(labels=labels)).why


def test_a_machine_that_does_not_run_is_not_reset() -> None:
    assert "only a running one is reset" in recovery(starved(status="STOPPING")).why


def test_a_kill_is_dated_by_its_uptime_and_the_last_start_of_the_machine() -> None:
    facts = starved(last_start=CALLED - timedelta(hours=2))
    facts.console = SerialOutput(text="".join(f"[ 6900.000001] {line}\n" for line in LINES))
    assert recovery(facts).action == "vm_recover"
    facts.heard = Beat(last=CALLED - timedelta(minutes=4))
    said = recovery(facts).why
    assert "could not tell whether memory ran out before or after" in said, "it may have booted anew, so later as well"


def test_an_uptime_that_would_be_in_the_future_tells_nothing() -> None:
    facts = starved(last_start=NOON)
    facts.console = SerialOutput(text="".join(f"[ 6900.000001] {line}\n" for line in LINES))
    assert not recovery(facts).changes


def test_agents_that_may_not_write_logs_get_their_role_and_the_machine_no_reset() -> None:
    facts = starved()
    del facts.seen[WRITES]
    told = looked(KILLED, facts)
    assert [(one.action, one.changes) for one in told.plan] == [("grant_role", True), ("advise", False)]
    assert "the agents may not write logs, which is why they are silent" in told.plan[1].why


def test_agents_whose_machine_lacks_the_scope_get_it_and_the_machine_no_reset() -> None:
    told = looked(KILLED, starved(scopes=()))
    assert [(one.action, one.changes) for one in told.plan] == [("vm_scopes", True), ("advise", False)]
    assert "mend that first" in told.plan[1].why


def test_whether_agents_may_write_logs_at_all_may_be_untold() -> None:
    facts = starved()
    facts.seen[WRITES] = HIDDEN
    found = recovery(facts)
    assert not found.changes
    assert "could not tell whether the agents may write logs at all" in found.why
    assert looked(KILLED, facts).permissions == (), "nobody refused the permission that was asked about"


def test_agents_that_were_never_heard_and_killed_at_an_unknown_time_may_have_been_silent_before() -> None:
    facts = starved()
    facts.console, facts.heard = SerialOutput(text="".join(f"{line}\n" for line in LINES)), Beat(last=None)
    assert "could not tell whether the agents were heard before they were killed" in recovery(facts).why


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("method", ["beat", "surroundings", "access"])
def test_what_could_not_be_told_of_a_machine_never_resets_it(method: str, failure: str) -> None:
    facts = starved()
    facts.fails[method] = FAILURES[failure]
    found = recovery(facts)
    assert (found.action, found.changes) == ("advise", False)
    assert "ould not tell" in found.why


@pytest.mark.hazard("H15")
@pytest.mark.parametrize("failure", FAILURES)
def test_the_number_of_an_account_is_known_where_it_was_told(failure: str) -> None:
    entry = audit(permission="storage.objects.get", resource="projects/_/buckets/b", principal=OWN)
    facts = FakeFacts()
    facts.logged[str(entry["insertId"])] = data = json.dumps(entry).encode()

    def numbers() -> Any:
        reviewed = live(facts).look_again(read(data), NOON)
        assert reviewed is not None
        assert reviewed.known is not None
        return reviewed.known.account_ids

    assert numbers() == {OWN: "7"}
    facts.fails["account"] = FAILURES[failure]
    assert numbers() == {}


@pytest.mark.hazard("H43")
@pytest.mark.parametrize(("by", "days", "so"), [(OWN, 6, True), (OWN, 8, False), ("ann@example.com", 6, False)])
def test_a_machine_that_its_requester_has_changed_lately_gets_advice(by: str, days: int, so: bool) -> None:
    facts = give(on_machine(OWN), OWN, "roles/storage.objectUser")
    made = Change(at=NOON - timedelta(days=days), method="v1.compute.instances.setMetadata", by=by, resource="")
    facts.changed.append(("42", made))
    found = step(facts)
    assert found.changes is not so
    assert ("who changed it at" in found.why) is so


@pytest.mark.hazard("H43")
def test_where_nobody_can_tell_who_changed_a_machine_it_gets_advice() -> None:
    facts = give(on_machine(OWN), OWN, "roles/storage.objectUser")
    facts.fails["touched"] = FAILURES["the server is ill"]
    (found,) = looked(TOO_NARROW, facts).plan
    assert not found.changes
    assert "Could not tell whether those it is done for" in found.why


@pytest.mark.hazard("H43")
def test_on_whose_behalf_somebody_called_counts_as_well() -> None:
    entry, facts = read(json.dumps(TOO_NARROW).encode()), on_machine(OWN)
    denial = classify(entry)
    assert isinstance(denial, Denial)
    denial = replace(denial, origin=replace(denial.origin, on_behalf=("ann@example.com",)))
    facts.change("42", "v1.compute.instances.setMetadata", "//x/y", ago=timedelta(days=1))
    case = case_of(entry, denial, diagnose(denial), NOON, Ours())
    found = known_from(case, look(case, facts, timedelta(0), one_after_another), None).preconditions
    assert [one.id for one in found or () if "done for ann@example.com" in one.said] == ["vm.tampered"]
