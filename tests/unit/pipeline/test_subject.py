"""Each step that changes something is put into the words of rules; what was not read could not be told."""

from __future__ import annotations

from typing import Any

import pytest
from entries import audit, error_info, on_vm, text
from rulebooks import NOW, policy, rule

from shared.cli.inputs import read_inputs
from shared.model.codec import to_json
from shared.model.decision import ASK, NOTIFY
from shared.model.denial import Denial
from shared.model.log_entry import LogEntry
from shared.model.subject import Subject
from shared.pipeline.classify import classify
from shared.pipeline.diagnose import diagnose
from shared.pipeline.plan import plan
from shared.pipeline.subject import NOTHING_SIGHTED, Place, Sighted, subjects
from shared.policy.rulebook import Rulebook

BUCKET = "projects/_/buckets/reports"
DEV = Place(project="projects/acme-test", ancestry=("projects/77", "folders/1"), labels={"env": "dev"})


def of(value: Any, sighted: Sighted = NOTHING_SIGHTED) -> tuple[Subject, ...]:
    (entry,) = read_inputs(to_json(value))
    assert isinstance(entry, LogEntry)
    denial = classify(entry)
    assert isinstance(denial, Denial)
    diagnosis = diagnose(denial)
    return subjects(denial, diagnosis, plan(denial, diagnosis), sighted)


def test_a_grant_is_told_by_who_what_and_where() -> None:
    (found,) = of(audit(permission="storage.objects.get", resource=BUCKET))
    assert (found.source, found.action, found.roles) == ("audit", "grant_role", ("roles/storage.objectViewer",))
    assert found.principal == "serviceAccount:app@acme-test.iam.gserviceaccount.com"
    assert found.principal_project == "projects/acme-test"
    assert (found.target, found.kind) == (f"//storage.googleapis.com/{BUCKET}", "bucket")
    assert found.permissions == ("storage.objects.get",)


@pytest.mark.hazard("H10")
def test_a_bucket_belongs_to_the_project_whose_audit_log_tells_of_it() -> None:
    (found,) = of(audit(permission="storage.objects.get", resource=BUCKET))
    assert found.project == "projects/acme-test"


def test_what_was_not_read_could_not_be_told() -> None:
    (found,) = of(audit(permission="storage.objects.get", resource=BUCKET))
    assert (found.ancestry, found.labels, found.groups) == (None, None, {})


def test_what_was_read_of_the_project_is_what_rules_see() -> None:
    sighted = Sighted(places={"projects/acme-test": DEV}, groups={"g1": True, "g2": None})
    (found,) = of(audit(permission="logging.logEntries.create"), sighted)
    assert (found.ancestry, found.labels, found.kind) == (DEV.ancestry, {"env": "dev"}, "project")
    assert found.groups == {"g1": True, "g2": None}


def test_labels_of_the_target_itself_come_before_those_of_its_project() -> None:
    target = f"//storage.googleapis.com/{BUCKET}"
    sighted = Sighted(places={"projects/acme-test": DEV}, labels={target: {}})
    assert of(audit(permission="storage.objects.get", resource=BUCKET), sighted)[0].labels == {}


def test_an_api_is_enabled_in_a_project_and_a_number_is_no_id_until_it_was_read() -> None:
    off = text(
        "Cloud Pub/Sub API has not been used in project 77 before or it is disabled. Enable it by visiting "
        "https://console.developers.google.com/apis/api/pubsub.googleapis.com/overview?project=77 then retry."
    )
    (found,) = of(off)
    assert (found.action, found.services) == ("enable_api", ("pubsub.googleapis.com",))
    assert (found.target, found.kind) == ("//cloudresourcemanager.googleapis.com/projects/77", "project")
    assert (found.project, found.source) == (None, "text")
    assert of(off, Sighted(places={"projects/77": DEV}))[0].project == "projects/acme-test"


def test_a_rule_by_id_is_met_by_a_number_only_after_it_was_read() -> None:
    refused = audit(
        service="pubsub.googleapis.com",
        details=[error_info("SERVICE_DISABLED", service="pubsub.googleapis.com", consumer="projects/77")],
    )
    apis = {"action": "enable_api", "roles": (), "services": ("pubsub.googleapis.com",)}
    book = Rulebook(policy(rule(when={"under": ("projects/acme-test",)}, **apis)))
    assert book.ruling(of(refused)[0], NOW).mode is NOTIFY
    assert book.ruling(of(refused, Sighted(places={"projects/77": DEV}))[0], NOW).mode is ASK


def test_a_machine_is_an_instance_of_its_project() -> None:
    (found,) = of(on_vm("ACCESS_TOKEN_SCOPE_INSUFFICIENT: Request had insufficient authentication scopes."))
    assert (found.action, found.kind, found.project) == ("vm_scopes", "instance", "projects/acme-test")
    assert found.roles == found.services == ()


def test_advice_is_no_step_that_a_rule_could_speak_of() -> None:
    assert of(audit(permission="resourcemanager.projects.setIamPolicy")) == ()
