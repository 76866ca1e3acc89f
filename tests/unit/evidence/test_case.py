"""What is asked about: names that Google could give, times that are times, accounts in their own project."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from entries import PROJECT, audit, on_vm, text
from fakes.facts import CALLED, NOON

from shared.evidence.case import Case, Ours, case_of
from shared.evidence.history import changes_of
from shared.evidence.owner import own_project
from shared.model.denial import Denial
from shared.pipeline.classify import classify
from shared.pipeline.diagnose import diagnose
from shared.pipeline.read import read


def case(entry: dict[str, Any]) -> Case:
    found = read(json.dumps(entry).encode())
    denial = classify(found)
    assert isinstance(denial, Denial)
    return case_of(found, denial, diagnose(denial), NOON, Ours())


@pytest.mark.parametrize(
    ("permission", "named", "resource", "target", "project"),
    [
        ("storage.objects.get", "projects/_/buckets/b/objects/a/b.csv", "//storage.googleapis.com/projects/_/buckets/b/objects/a/b.csv",
         "//storage.googleapis.com/projects/_/buckets/b", f"projects/{PROJECT}"),
        ("storage.objects.get", "projects/_/buckets/b/objects/with blanks", "//storage.googleapis.com/projects/_/buckets/b",
         "//storage.googleapis.com/projects/_/buckets/b", f"projects/{PROJECT}"),
        ("logging.logEntries.create", f"projects/{PROJECT}", f"//cloudresourcemanager.googleapis.com/projects/{PROJECT}",
         f"//cloudresourcemanager.googleapis.com/projects/{PROJECT}", f"projects/{PROJECT}"),
        ("serviceusage.services.enable", f"projects/{PROJECT}/services/x.googleapis.com", f"//cloudresourcemanager.googleapis.com/projects/{PROJECT}",
         f"//cloudresourcemanager.googleapis.com/projects/{PROJECT}", f"projects/{PROJECT}"),
        ("iam.serviceAccounts.actAs", f"projects/-/serviceAccounts/bot@{PROJECT}.iam.gserviceaccount.com",
         f"//iam.googleapis.com/projects/{PROJECT}/serviceAccounts/bot@{PROJECT}.iam.gserviceaccount.com",
         f"//iam.googleapis.com/projects/{PROJECT}/serviceAccounts/bot@{PROJECT}.iam.gserviceaccount.com", f"projects/{PROJECT}"),
        ("iam.serviceAccounts.getAccessToken", "projects/-/serviceAccounts/108842937461520036619",
         f"//iam.googleapis.com/projects/{PROJECT}/serviceAccounts/108842937461520036619",
         f"//iam.googleapis.com/projects/{PROJECT}/serviceAccounts/108842937461520036619", f"projects/{PROJECT}"),
        ("resourcemanager.folders.get", "folders/7", "//cloudresourcemanager.googleapis.com/folders/7",
         "//cloudresourcemanager.googleapis.com/folders/7", f"projects/{PROJECT}"),
    ],
)  # fmt: skip
def test_a_permission_is_asked_about_by_the_full_name_of_what_it_was_checked_on(
    permission: str, named: str, resource: str, target: str, project: str
) -> None:
    (one,) = case(audit(permission=permission, resource=named)).checked
    assert (one.resource, one.target, one.project) == (resource, target, project)


@pytest.mark.parametrize(
    "named", ["", "x", "projects/_/buckets/../b", "//evil.example.com/projects/p", "projects/p\u202e/topics/t"]
)
def test_what_is_no_name_of_googles_is_not_asked_about(named: str) -> None:
    entry = audit(permission="pubsub.topics.publish", resource="x")
    entry["protoPayload"]["authorizationInfo"][0]["resource"] = named
    entry["protoPayload"]["resourceName"] = named
    assert all(one.resource is None and one.target is None for one in case(entry).checked)


@pytest.mark.parametrize(
    ("stamp", "at", "has_key"),
    [
        ("2026-11-21T09:00:00.123456789Z", CALLED + timedelta(microseconds=123456), True),
        ("2026-11-21T10:00:00+01:00", CALLED, True),
        ("2036-01-01T00:00:00Z", NOON, True),
        ("2026-11-21T09:00:00", NOON, False),
        ("soon", NOON, False),
        ("", NOON, False),
    ],
)
def test_a_time_that_is_none_or_still_to_come_is_now(stamp: str, at: object, *, has_key: bool) -> None:
    found = case(audit(permission="storage.objects.get", resource="projects/_/buckets/b") | {"timestamp": stamp})
    assert found.at == at
    assert (found.key is not None) is has_key


def test_changes_are_looked_for_from_a_day_before_until_now_and_no_longer_than_a_day_after() -> None:
    entry = audit(permission="storage.objects.get", resource="projects/_/buckets/b")
    soon = changes_of(case(entry), "projects/p")
    assert (soon.since, soon.until) == (CALLED - timedelta(days=1), NOON)
    old = changes_of(case(entry | {"timestamp": "2026-10-01T00:00:00Z"}), "projects/p")
    assert old.until - old.since == timedelta(days=2)


@pytest.mark.parametrize(
    ("email", "project"),
    [
        ("a@p-1.iam.gserviceaccount.com", "projects/p-1"),
        ("a@p-1.example.com.iam.gserviceaccount.com", "projects/example.com:p-1"),
        ("12-compute@developer.gserviceaccount.com", "projects/12"),
        ("p-1@appspot.gserviceaccount.com", "projects/p-1"),
        ("service-12@gcp-sa-pubsub.iam.gserviceaccount.com", None),
        ("12@cloudservices.gserviceaccount.com", None),
        ("x@developer.gserviceaccount.com", None),
        ("ann@example.com", None),
        ("a@evil-iam.gserviceaccount.com", None),
        ("a...b@p-1.iam.gserviceaccount.com", None),
        ("108842937461520036619", None),
        ("", None),
    ],
)
def test_the_project_of_an_account_is_told_by_its_address_alone(email: str, project: str | None) -> None:
    assert own_project(email) == project


def test_a_service_agent_is_not_taken_for_an_account_of_ours_that_is_missing() -> None:
    from fakes.facts import FakeFacts, looked

    agent = "service-12@gcp-sa-pubsub.iam.gserviceaccount.com"
    entry = audit(permission="iam.serviceAccounts.getAccessToken", resource=f"projects/-/serviceAccounts/{agent}")
    facts = FakeFacts()
    facts.remove(agent)
    assert looked(entry, facts).cause == "imp.token"
    assert all(asked[1] != agent for asked in facts.asked if asked[0] == "account")


def test_only_a_line_of_a_machine_can_be_the_machines_own_call() -> None:
    assert case(on_vm("403 Request had insufficient authentication scopes.")).from_machine
    assert not case(text("403 Request had insufficient authentication scopes.")).from_machine
    audited = audit(permission="storage.objects.get", resource="projects/_/buckets/b") | {
        "resource": on_vm("")["resource"]
    }
    assert not case(audited).from_machine
