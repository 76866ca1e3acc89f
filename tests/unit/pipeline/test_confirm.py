"""After looking: yes, no, could not tell; and "could not tell" changes nothing else, whatever question failed how."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from catalogues import of, role
from entries import PROJECT, audit, on_vm, text
from explained import explain
from fakes.exhausted import TWICE, full_for_an_hour
from fakes.facts import CALLED, FAILURES, GIVEN, HIDDEN, MISSING, ORGANIZATION, FakeFacts, bound, looked
from msgspec.structs import replace

from shared.evidence.questions import Question
from shared.model.decision import Mode
from shared.model.facts import Beat, Binding, FlowLogs, Policy
from shared.model.machine import AUTH, Machine
from shared.model.memory import SerialOutput
from shared.model.names import Role
from shared.model.outcomes import MachineType
from shared.model.report import Report
from shared.pipeline.confirm import LONGEST, MOST_FINDINGS

NEEDED = "storage.objects.create"
BUCKET = "//storage.googleapis.com/projects/_/buckets/reports"
CALLER = f"app@{PROJECT}.iam.gserviceaccount.com"
DENIED = audit(permission=NEEDED, resource="projects/_/buckets/reports/objects/a.csv", principal=CALLER)
TOO_NARROW = on_vm(
    "403 POST https://storage.googleapis.com/upload/storage/v1/b/reports/o: Provided scope(s) are not authorized"
)
API_OFF = text(
    "403 Cloud Pub/Sub API has not been used in project 4711 before or it is disabled. Enable it by visiting "
    "https://console.developers.google.com/apis/api/pubsub.googleapis.com/overview?project=4711"
)
KILLED = on_vm("Out of memory: Killed process 812 (fluent-bit) total-vm:1830144kB, anon-rss:911208kB, file-rss:0kB")
SUBNET = "projects/acme-test/regions/europe-west1/subnetworks/default"
SMALL = MachineType(name="n2-standard-4", cpus=4, memory_mb=16_384)
BATCH = f"batch@{PROJECT}.iam.gserviceaccount.com"
CATALOGUE = of(role("roles/storage.objectCreator", NEEDED), role("roles/tiny.writer", NEEDED))


def machine(**more: Any) -> Machine:
    return Machine(
        id="77", name="web-1", project=PROJECT, zone="europe-west1-b", status="RUNNING", subnetworks=(SUBNET,),
        account=f"runner@{PROJECT}.iam.gserviceaccount.com", scopes=(f"{AUTH}devstorage.read_only",), **more,
    )  # fmt: skip


def a_missing_role() -> FakeFacts:
    facts = FakeFacts()
    facts.holding |= {"roles/storage.objectCreator": (NEEDED,), "roles/tiny.writer": (NEEDED,)}
    return facts


def a_role_taken_away() -> FakeFacts:
    facts = FakeFacts()
    taken = (f"roles/storage.objectCreator serviceAccount:{CALLER}",)
    facts.change(f"projects/{PROJECT}", "SetIamPolicy", BUCKET, ago=timedelta(hours=2), removed=taken)
    facts.holding |= {"roles/storage.objectCreator": (NEEDED,), "roles/tiny.writer": (NEEDED,)}
    return facts


def a_hidden_policy() -> FakeFacts:
    facts = FakeFacts()
    facts.seen[NEEDED] = HIDDEN
    return facts


def a_narrow_scope() -> FakeFacts:
    facts = FakeFacts()
    facts.machines["42"] = machine()
    facts.bind("//cloudresourcemanager.googleapis.com/projects/acme-test", "roles/a.reader", f"serviceAccount:{BATCH}")
    facts.holding["roles/a.reader"] = ("storage.objects.get",)
    return facts


def an_api_off() -> FakeFacts:
    facts = FakeFacts()
    facts.off.add(("projects/4711", "pubsub.googleapis.com"))
    return facts


def an_exhausted_machine() -> FakeFacts:
    facts = FakeFacts()
    facts.machines["42"] = machine()
    facts.console = SerialOutput(text=f"[ 12.5] {KILLED['textPayload']}, shmem-rss:0kB\n")
    facts.heard = Beat(last=None)
    facts.subnets[SUBNET] = FlowLogs(subnet=SUBNET, enabled=False)
    return facts


def an_outgrown_machine() -> FakeFacts:
    facts = an_exhausted_machine()
    facts.machines["42"] = replace(machine(), machine_type=SMALL.name, last_start=CALLED - timedelta(seconds=103_900))
    facts.console, facts.measured = SerialOutput(text=TWICE), full_for_an_hour(CALLED)
    facts.sizes = {SMALL.name: SMALL}
    return facts


World = tuple[dict[str, Any], Callable[[], FakeFacts], set[str]]
WORLDS: dict[str, World] = {
    "a missing role": (DENIED, a_missing_role, {"access", "policy", "removals"}),
    "a hidden policy": (DENIED, a_hidden_policy, set()),
    "a narrow scope": (TOO_NARROW, a_narrow_scope, {"machine"}),
    "an API that is off": (API_OFF, an_api_off, {"service_is_on"}),
    "an exhausted machine": (KILLED, an_exhausted_machine, {"serial"}),
    "an outgrown machine": (KILLED, an_outgrown_machine, {"serial"}),
}
"""Entries with the facts behind them, and the questions without which the cause cannot be told."""


class Named(FakeFacts):
    """Which method of the port a question is put to."""

    def __getattribute__(self, name: str) -> Any:
        return lambda *_: name


KINDS = {kind: kind.put(kind(*[None] * len(kind.__struct_fields__)), Named()) for kind in Question.__subclasses__()}


def seen(world: str, arrange: Callable[[FakeFacts], None] = lambda _: None) -> tuple[Report, FakeFacts]:
    entry, make, _ = WORLDS[world]
    facts = make()
    arrange(facts)
    return looked(entry, facts, CATALOGUE, organization=ORGANIZATION, attachable=(BATCH,)), facts


def asking_worlds(method: str) -> list[str]:
    return [name for name in WORLDS if seen(name)[1].count(method)]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_kind_of_question_is_asked_in_some_world(kind: type[Question]) -> None:
    assert asking_worlds(KINDS[kind])


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_look_that_fails_is_told_and_nothing_else_changes(kind: type[Question], world: str, failure: str) -> None:
    method = KINDS[kind]
    entry, _, decisive = WORLDS[world]
    whole, _ = seen(world)
    told, facts = seen(world, lambda facts: facts.fails.update({method: FAILURES[failure]}))
    if not facts.count(method):
        assert told == whole
        return
    alone = explain(entry)
    failed = [one for one in told.looks if failure in one.said]
    assert failed
    assert all(one.verdict == "could not tell" for one in failed if one not in whole.looks)
    if failure == "not allowed to look":
        assert "some.thing.get" in {one.missing for one in failed}
    if method in decisive:
        assert told.proven == "could not tell"
    if told.proven == "could not tell":
        same = replace(told, proven=None, looks=(), decision=alone.decision)
        assert same == alone
        assert told.decision.mode == alone.decision.mode
        assert any(reason.startswith("could not tell") for reason in told.decision.reasons) or not alone.plan[0].changes
    else:
        assert (told.cause, told.proven) == (whole.cause, whole.proven)


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("failure", FAILURES)
def test_where_nothing_can_be_asked_the_report_is_the_one_of_the_text(world: str, failure: str) -> None:
    entry = WORLDS[world][0]
    told, _ = seen(world, lambda facts: facts.fails.update(dict.fromkeys(KINDS.values(), FAILURES[failure])))
    alone = explain(entry)
    assert told.proven == "could not tell"
    assert replace(told, proven=None, looks=(), decision=alone.decision) == alone
    assert told.decision.mode == alone.decision.mode


def test_only_what_is_proven_is_planned_with_the_catalogue() -> None:
    proven, _ = seen("a missing role")
    assert proven.plan[0].proof is not None
    untold, _ = seen("a hidden policy")
    assert untold.plan == explain(DENIED).plan
    assert untold.plan[0].proof is None


def test_a_cause_that_is_refuted_leaves_advice_that_says_why() -> None:
    facts = FakeFacts()
    facts.seen[NEEDED] = GIVEN
    told = looked(DENIED, facts, CATALOGUE)
    assert (told.cause, told.proven, told.decision.mode) == ("gcs.iam", "no", "notify")
    (step,) = told.plan
    assert (step.action, step.changes) == ("advise", False)
    assert step.why.startswith("There is nothing to change for this: IAM gives storage.objects.create")
    assert told.evidence[-1] == f"against: {step.why.partition(': ')[2]}"


# Cloud Logging's own copy.


def test_an_entry_that_cloud_logging_has_as_well_is_compared_and_not_doubted() -> None:
    told = looked(DENIED, a_missing_role())
    assert told.looks[0].verdict == "yes"
    assert told.decision.mode is Mode.DRY_RUN
    assert not any("compared" in reason or "forged" in reason for reason in told.decision.reasons)


@pytest.mark.hazard("H06")
@pytest.mark.parametrize(
    "copy",
    [
        None,
        json.dumps(
            audit(permission=NEEDED, resource="projects/_/buckets/reports/objects/a.csv", principal="eve@example.com")
        ).encode(),
        json.dumps(audit(permission=NEEDED, resource="projects/_/buckets/payroll", principal=CALLER)).encode(),
        json.dumps(
            audit(permission="storage.buckets.setIamPolicy", resource="projects/_/buckets/reports", principal=CALLER)
        ).encode(),
        json.dumps(audit(code=0)).encode(),
        json.dumps(text("all is well")).encode(),
    ],
    ids=["none", "another caller", "another resource", "another permission", "no denial", "another payload"],
)
def test_an_entry_that_cloud_logging_has_not_or_has_otherwise_is_refused(copy: bytes | None) -> None:
    facts = a_missing_role()
    facts.logged["i1"] = copy
    told = looked(DENIED, facts)
    assert told.decision.mode is Mode.REFUSE
    assert any("forged" in reason for reason in told.decision.reasons)


@pytest.mark.parametrize("copy", [b"", b"not json", b'{"a":1}', b'{"logName":1}'])
def test_a_copy_that_cannot_be_read_leaves_it_open(copy: bytes) -> None:
    facts = a_missing_role()
    facts.logged["i1"] = copy
    told = looked(DENIED, facts)
    assert (told.looks[0].verdict, told.decision.mode) == ("could not tell", Mode.DRY_RUN)
    assert any("compared" in reason for reason in told.decision.reasons)


def test_a_text_that_is_no_entry_is_not_looked_for_in_cloud_logging() -> None:
    facts = a_missing_role()
    entry = {key: part for key, part in DENIED.items() if key != "insertId"}
    told = looked(entry, facts)
    assert facts.count("entry") == 0
    assert told.proven == "yes"


# Hostile facts.

ODD = "\x1b[2J\u202e<script>" + "x" * 5_000


def test_strange_words_of_google_are_shown_as_they_are_and_cut() -> None:
    facts = FakeFacts()
    over = bound(f"roles/{ODD}", holds=False, expression=ODD, on=ODD)
    facts.seen[NEEDED] = replace(MISSING, bindings=(over,))
    told = looked(DENIED, facts)
    assert (told.cause, told.proven) == ("iam.condition", "yes")
    said = [
        *told.evidence,
        *(one.why for one in told.also),
        *(f"{one.asked}{one.said}" for one in told.looks),
        *(one.why for one in told.plan),
    ]
    assert all(line.isprintable() for line in said)
    assert all(len(line) <= 3 * LONGEST for line in said)


def test_a_refutation_in_strange_words_is_cut_in_the_plan_as_well() -> None:
    facts = FakeFacts()
    facts.seen[NEEDED] = GIVEN
    facts.change(
        f"projects/{PROJECT}", "SetIamPolicy", ODD, ago=timedelta(hours=-1), added=(f"roles/x serviceAccount:{CALLER}",)
    )
    facts.changed = [(where, replace(one, by=ODD)) for where, one in facts.changed]
    told = looked(DENIED, facts)
    assert told.proven == "no"
    assert all(len(line) <= 2 * LONGEST and line.isprintable() for line in (*told.evidence, told.plan[0].why))


def test_a_policy_with_fifteen_hundred_members_and_bindings_without_any_is_fine() -> None:
    facts = FakeFacts()
    members = tuple(f"user:u{number}@example.com" for number in range(1_500))
    empty = Binding(role=Role("roles/none"), members=())
    old = tuple(
        Binding(role=Role(f"roles/r{number}"), members=(f"deleted:serviceAccount:{CALLER}?uid={number}",))
        for number in range(1_500)
    )
    facts.policies[BUCKET] = Policy(
        resource=BUCKET, bindings=(empty, Binding(role=Role("roles/x"), members=members), *old)
    )
    facts.holding |= {f"roles/r{number}": () for number in range(1_500)}
    told = looked(DENIED, facts)
    assert (told.cause, told.proven) == ("gcs.iam", "yes")
    assert facts.count("role") <= 3
    assert len(told.looks) <= MOST_FINDINGS


def test_a_machine_with_thousands_of_scopes_and_roles_is_fine() -> None:
    facts = a_narrow_scope()
    runner = f"serviceAccount:runner@{PROJECT}.iam.gserviceaccount.com"
    facts.machines["42"] = replace(machine(), scopes=tuple(f"{AUTH}{ODD}{number}" for number in range(2_000)))
    here = f"//cloudresourcemanager.googleapis.com/projects/{PROJECT}"
    facts.policies[here] = Policy(
        resource=here, bindings=tuple(Binding(role=Role(f"roles/r{n}"), members=(runner,)) for n in range(1_500))
    )
    told = looked(TOO_NARROW, facts)
    assert (told.cause, told.proven) == ("cred.scope.gce", "yes")
    assert facts.count("role") <= 20
    assert "what it holds could not be told" in told.plan[0].why
    assert all(line.isprintable() for line in told.evidence)


def test_a_denial_that_is_not_worth_a_look_is_explained_from_its_text() -> None:
    facts = FakeFacts()
    entry = text("Error 403: Rate Limit Exceeded, rateLimitExceeded")
    assert looked(entry, facts) == explain(entry)
    assert facts.asked.total() == 0


def test_what_is_no_denial_is_not_looked_into() -> None:
    facts = FakeFacts()
    assert looked(audit(code=0), facts).verdict == "not_a_denial"
    assert facts.asked.total() == 0


@pytest.mark.hazard("H37")
@pytest.mark.invariant("I31")
def test_what_somebody_took_away_is_not_given_back_by_a_machine() -> None:
    told = looked(DENIED, a_role_taken_away())
    assert told.proven == "yes"
    assert told.decision.mode is Mode.REFUSE
    assert any("decided stands" in reason and "ann@example.com" in reason for reason in told.decision.reasons)
