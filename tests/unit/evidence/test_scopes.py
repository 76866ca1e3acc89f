"""Access scopes: asked before IAM, of the machine's own credential alone, and never guessed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from entries import PROJECT, audit, error_info, on_vm
from explained import explain
from fakes.facts import CRM, GIVEN, NOON, FakeFacts, looked
from msgspec.structs import replace

from shared.evidence import scopes
from shared.evidence.answers import Answers
from shared.evidence.case import Ours, case_of
from shared.model.denial import Denial
from shared.model.machine import AUTH, PLATFORM, Machine
from shared.pipeline.classify import classify
from shared.pipeline.diagnose import diagnose
from shared.pipeline.read import read

OWN = f"runner@{PROJECT}.iam.gserviceaccount.com"
READ_ONLY, LOGS = f"{AUTH}devstorage.read_only", f"{AUTH}logging.write"
MACHINE = Machine(
    id="42",
    name="web-1",
    project=PROJECT,
    zone="europe-west1-b",
    status="RUNNING",
    account=OWN,
    scopes=(READ_ONLY, LOGS),
)
TOO_NARROW = on_vm(
    "403 POST https://storage.googleapis.com/upload/storage/v1/b/reports/o: Provided scope(s) are not authorized"
)
CREDENTIALS = "iamcredentials.googleapis.com"
BOT = "release-bot@acme-data.iam.gserviceaccount.com"
URL = f"https://{CREDENTIALS}/v1/projects/-/serviceAccounts/{BOT}:generateAccessToken"
GENERIC = on_vm(f"POST {URL}: 403 PERMISSION_DENIED: The caller does not have permission")
TOKEN = "iam.serviceAccounts.getAccessToken"


def on_machine(**changes: Any) -> FakeFacts:
    facts = FakeFacts()
    facts.machines["42"] = replace(MACHINE, **changes)
    return facts


def test_a_scope_that_is_missing_is_proven_by_the_machine() -> None:
    told = looked(TOO_NARROW, on_machine())
    assert (told.cause, told.proven) == ("cred.scope.gce", "yes")
    assert "limited to the scopes devstorage.read_only, logging.write" in told.evidence[1]


def test_a_scope_that_is_there_by_now_leaves_nothing_to_do() -> None:
    told = looked(TOO_NARROW, on_machine(scopes=(PLATFORM,)))
    assert (told.proven, [one.action for one in told.plan]) == ("no", ["advise"])
    assert "the machine's scopes cover the call" in told.plan[0].why


# One generic text, three causes, each alone and all together (story 2).


def arranged(*, api: bool, scope: bool, role: bool) -> FakeFacts:
    """A machine that impersonates an account, and which of the three stand in its way."""
    facts = on_machine(scopes=(LOGS,) if scope else (PLATFORM,))
    if api:
        facts.off.add((f"projects/{PROJECT}", CREDENTIALS))
    if not role:
        facts.seen[TOKEN] = GIVEN
    return facts


@pytest.mark.parametrize(
    ("missing", "steps"),
    [
        ({"api"}, ["enable_api"]),
        ({"scope"}, ["vm_scopes"]),
        ({"role"}, ["grant_role"]),
        ({"api", "scope"}, ["enable_api", "vm_scopes"]),
        ({"api", "role"}, ["enable_api", "grant_role"]),
        ({"scope", "role"}, ["vm_scopes", "grant_role"]),
        ({"api", "scope", "role"}, ["enable_api", "vm_scopes", "grant_role"]),
    ],
)
def test_api_scope_and_role_are_told_apart_and_mended_in_this_order(missing: set[str], steps: list[str]) -> None:
    told = looked(GENERIC, arranged(**{one: one in missing for one in ("api", "scope", "role")}))
    causes = {"enable_api": "api.disabled", "vm_scopes": "cred.scope.gce", "grant_role": "imp.token"}
    assert told.proven == "yes"
    assert told.cause == causes[steps[0]]
    assert [one.action for one in told.plan] == steps
    assert all(one.changes for one in told.plan)
    if len(steps) > 1:
        order = ", then ".join(causes[step] for step in steps)
        assert told.next_error is not None
        assert [part.partition(" (")[0] for part in told.next_error.partition(": ")[2].split(", then ")] == order.split(
            ", then "
        )


def test_the_three_steps_name_the_project_the_machine_and_the_account() -> None:
    told = looked(GENERIC, arranged(api=True, scope=True, role=True))
    assert [one.target for one in told.plan] == [
        f"//serviceusage.googleapis.com/projects/{PROJECT}/services/{CREDENTIALS}",
        f"//compute.googleapis.com/projects/{PROJECT}/zones/europe-west1-b/instances/42",
        f"//iam.googleapis.com/projects/acme-data/serviceAccounts/{BOT}",
    ]
    assert told.plan[2].member == f"serviceAccount:{OWN}"
    assert any("taken to be the account of the machine" in line for line in told.evidence)


def test_where_none_of_the_three_is_missing_there_is_nothing_to_change() -> None:
    told = looked(GENERIC, arranged(api=False, scope=False, role=False))
    assert (told.cause, told.proven) == ("imp.token", "no")
    assert not any(one.changes for one in told.plan)


def test_the_same_words_with_a_reason_of_the_front_end_are_its_own_cause_and_the_rest_comes_after() -> None:
    entry = on_vm(f"POST {URL}: 403 Request had insufficient authentication scopes.")
    told = looked(entry, arranged(api=True, scope=True, role=True))
    assert told.cause == "cred.scope.gce"
    assert [one.action for one in told.plan] == ["enable_api", "vm_scopes", "grant_role"]


# Whose credential it was.


@pytest.mark.parametrize(
    "entry",
    [
        audit(permission="storage.objects.create", resource="projects/_/buckets/reports", principal=OWN),
        on_vm("x") | {"textPayload": None, "jsonPayload": {"error": {"code": 403, "message": "denied", "details": [
            error_info("IAM_PERMISSION_DENIED", permission="storage.objects.create")]}}},
    ],
    ids=["an audit entry with a checked permission", "ErrorInfo of IAM"],
)  # fmt: skip
def test_scopes_are_not_asked_about_where_iam_was_reached(entry: dict[str, Any]) -> None:
    facts = on_machine(scopes=())
    kept = {key: part for key, part in entry.items() if part is not None}
    kept["resource"] = on_vm("")["resource"]
    told = looked(kept, facts)
    assert told.cause != "cred.scope.gce"
    assert facts.count("surroundings") == 0


def test_a_call_as_another_account_is_not_explained_by_the_machine() -> None:
    spoken = on_vm(
        f"batch@{PROJECT}.iam.gserviceaccount.com does not have storage.objects.create access to the Google Cloud "
        "Storage object gs://reports/a.csv"
    )
    told = looked(spoken, on_machine())
    assert (told.cause, told.proven) == ("gcs.iam", "yes")
    assert any("another credential" in one.said for one in told.looks)


def test_a_scope_error_of_another_account_is_not_mended_on_the_machine() -> None:
    entry = on_vm(
        f"caller: batch@{PROJECT}.iam.gserviceaccount.com 403 Request had insufficient authentication scopes. storage.googleapis.com"
    )
    assert explain(entry).principal == f"batch@{PROJECT}.iam.gserviceaccount.com"
    told = looked(entry, on_machine())
    assert (told.cause, told.proven, [one.changes for one in told.plan]) == ("cred.scope.gce", "no", [False])


@pytest.mark.parametrize("entry", [TOO_NARROW, GENERIC], ids=["a scope error", "any refusal"])
def test_a_call_with_a_key_file_is_not_explained_by_the_machine(entry: dict[str, Any]) -> None:
    found = read(json.dumps(entry).encode())
    denial = classify(found)
    assert isinstance(denial, Denial)
    own = case_of(found, denial, diagnose(denial), NOON, Ours())
    by_key = replace(own, denial=replace(denial, origin=replace(denial.origin, by_key=True)))
    assert [type(one).__name__ for one in scopes.ask(own, Answers())] == ["AskMachine"]
    assert list(scopes.ask(by_key, Answers())) == []


def test_a_machine_that_is_gone_leaves_nothing_to_change_on_it() -> None:
    told = looked(TOO_NARROW, FakeFacts())
    assert (told.proven, [one.changes for one in told.plan]) == ("no", [False])


def test_a_machine_without_an_account_gave_no_token_that_could_be_too_narrow() -> None:
    told = looked(TOO_NARROW, on_machine(account=None, scopes=()))
    assert told.proven == "could not tell"
    assert told.plan == explain(TOO_NARROW).plan


# What is known of the call only by its service.


@pytest.mark.parametrize(
    ("scopes", "proven", "cause"),
    [
        ((READ_ONLY,), "could not tell", "iam.unconfirmed"),
        ((LOGS,), "yes", "cred.scope.gce"),
        ((PLATFORM,), "could not tell", "iam.unconfirmed"),
    ],
    ids=["enough for some calls", "enough for none", "enough for all"],
)
def test_of_a_generic_refusal_by_a_service_only_a_machine_without_any_scope_for_it_is_to_blame(
    scopes: tuple[str, ...], proven: str, cause: str
) -> None:
    generic = on_vm("storage.googleapis.com answered 403 PERMISSION_DENIED: The caller does not have permission")
    assert explain(generic).service == "storage.googleapis.com"
    told = looked(generic, on_machine(scopes=scopes))
    assert (told.cause, told.proven) == (cause, proven)


def test_scopes_that_cover_the_call_do_not_say_that_iam_gives_it() -> None:
    facts = on_machine(scopes=(PLATFORM,))
    facts.fails["access"] = ZeroDivisionError()
    told = looked(GENERIC, facts)
    assert (told.cause, told.proven, told.plan) == ("imp.token", "could not tell", explain(GENERIC).plan)


# What is read before a scope is widened.


def test_the_accounts_roles_are_read_up_to_the_organisation() -> None:
    facts = on_machine()
    facts.bind(f"{CRM}/folders/7", "roles/editor", f"serviceAccount:{OWN}")
    facts.holding["roles/editor"] = ("compute.instances.get",)
    told = looked(TOO_NARROW, facts)
    assert f"{OWN} has roles/editor (a basic role)" in told.plan[0].why
    assert "cloud-platform is not set here" in told.plan[0].why


def test_a_role_under_a_condition_counts_as_held() -> None:
    facts = on_machine()
    facts.bind(
        f"{CRM}/projects/{PROJECT}",
        "roles/owner",
        f"serviceAccount:{OWN}",
        expression="request.time < timestamp('2020-01-01T00:00:00Z')",
    )
    assert "roles/owner (a basic role)" in looked(TOO_NARROW, facts).plan[0].why
