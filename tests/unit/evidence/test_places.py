"""Where a fix would be made: in use, and in the organisation that the operators named."""

from __future__ import annotations

import pytest
from entries import PROJECT, audit, error_info, on_vm, text
from explained import explain
from fakes.facts import ORGANIZATION, FakeFacts, looked

ENTRY = audit(
    permission="pubsub.topics.publish", resource="projects/acme-data/topics/t", service="pubsub.googleapis.com"
)
ELSEWHERE = ("projects/9", "organizations/666")
API_OFF = text("x") | {
    "textPayload": "403 Cloud Pub/Sub API has not been used in project 4711 before or it is disabled. Enable it by "
    "visiting https://console.developers.google.com/apis/api/pubsub.googleapis.com/overview?project=4711"
}


@pytest.mark.hazard("H10")
def test_a_target_outside_our_organisation_is_refused() -> None:
    facts = FakeFacts()
    facts.lines["projects/acme-data"] = ELSEWHERE
    told = looked(ENTRY, facts, organization=ORGANIZATION)
    assert told.proven == "yes"
    assert told.decision.mode == "refuse"
    assert any("outside the organisation" in reason for reason in told.decision.reasons)


@pytest.mark.parametrize("line", [("projects/9",), ("projects/9", "folders/7")])
def test_a_project_without_an_organisation_is_not_ours(line: tuple[str, ...]) -> None:
    facts = FakeFacts()
    facts.lines["projects/acme-data"] = line
    assert looked(ENTRY, facts, organization=ORGANIZATION).decision.mode == "refuse"


def test_a_target_inside_is_told_by_its_path() -> None:
    told = looked(ENTRY, FakeFacts(), organization=ORGANIZATION)
    assert told.decision.mode == "dry_run"
    assert any(
        one.verdict == "yes" and "projects/acme-data in folders/7 in organizations/" in one.said for one in told.looks
    )


def test_without_an_organisation_of_ours_it_cannot_be_told_and_nothing_else_changes() -> None:
    facts = FakeFacts()
    facts.lines["projects/acme-data"] = ELSEWHERE
    unset, named = looked(ENTRY, facts), looked(ENTRY, FakeFacts(), organization=ORGANIZATION)
    assert (unset.cause, unset.proven, unset.plan) == (named.cause, named.proven, named.plan)
    assert unset.decision == named.decision
    assert any(one.verdict == "could not tell" and "UNFORBID_ORGANIZATION" in one.said for one in unset.looks)


def test_the_project_of_an_api_is_the_consumer_and_not_the_one_that_owns_the_log() -> None:
    facts = FakeFacts()
    facts.off.add(("projects/4711", "pubsub.googleapis.com"))
    facts.lines["projects/4711"] = ELSEWHERE
    told = looked(API_OFF, facts, organization=ORGANIZATION)
    assert (told.cause, told.proven, told.decision.mode) == ("api.disabled", "yes", "refuse")


@pytest.mark.hazard("H10")
def test_the_log_of_an_application_does_not_tell_whose_a_bucket_is() -> None:
    spoken = text(
        f"app@{PROJECT}.iam.gserviceaccount.com does not have storage.objects.get access to the Google Cloud Storage "
        "object gs://reports/a.csv"
    )
    facts = FakeFacts()
    facts.lines[f"projects/{PROJECT}"] = ELSEWHERE
    told = looked(spoken, facts, organization=ORGANIZATION)
    assert told.decision.mode == "dry_run"
    assert facts.count("ancestry") == 0


def test_the_log_of_google_tells_whose_a_bucket_is() -> None:
    facts = FakeFacts()
    facts.lines[f"projects/{PROJECT}"] = ELSEWHERE
    entry = audit(permission="storage.objects.get", resource="projects/_/buckets/b/objects/o")
    assert looked(entry, facts, organization=ORGANIZATION).decision.mode == "refuse"


def test_a_project_that_is_being_deleted_is_the_cause() -> None:
    facts = FakeFacts()
    facts.inactive.add("projects/acme-data")
    told = looked(ENTRY, facts)
    assert (told.cause, told.proven) == ("project.invalid", "yes")
    assert "being deleted" in told.evidence[1]


def test_a_project_that_is_said_to_be_wrong_and_is_in_use_is_not_the_reason() -> None:
    told = looked(text("ERROR 403 PERMISSION_DENIED Permission denied on resource project acme-data"), FakeFacts())
    assert (told.cause, told.proven) == ("project.invalid", "no")
    assert "is in use" in told.plan[0].why


def test_a_place_that_no_project_can_have_is_not_asked_about() -> None:
    facts = FakeFacts()
    entry = audit(log="activity", service="pubsub.googleapis.com",
                  details=[error_info("SERVICE_DISABLED", service="pubsub.googleapis.com", consumer='projects/a" OR "b')])  # fmt: skip
    told = looked(entry, facts)
    assert told.proven == "could not tell"
    assert facts.count("service_is_on") == 0
    assert told.plan == explain(entry).plan


def test_a_machine_whose_name_is_none_is_not_asked_about() -> None:
    facts = FakeFacts()
    entry = on_vm("403 Request had insufficient authentication scopes. service: storage.googleapis.com")
    entry["resource"]["labels"]["instance_id"] = "../../x y"
    assert looked(entry, facts).proven == "could not tell"
    assert facts.count("machine") == 0
