"""Whether the API is on: in the project that the error names, and only where the call got no further."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from entries import PROJECT, audit, error_info, on_vm, text
from explained import explain
from fakes.facts import FakeFacts, looked

from shared.model.machine import PLATFORM, Machine

OFF = text(
    "403 Cloud Pub/Sub API has not been used in project 4711 before or it is disabled. Enable it by visiting "
    "https://console.developers.google.com/apis/api/pubsub.googleapis.com/overview?project=4711"
)
PUBSUB, PAYS, OWNS = "pubsub.googleapis.com", "projects/4711", f"projects/{PROJECT}"
SERVICE = f"//serviceusage.googleapis.com/{PAYS}/services/{PUBSUB}"
CREDENTIALS = "iamcredentials.googleapis.com"
TOKEN = on_vm(
    f"POST https://{CREDENTIALS}/v1/projects/-/serviceAccounts/deploy@acme-data.iam.gserviceaccount.com"
    ":generateAccessToken: 403 PERMISSION_DENIED: The caller does not have permission"
)


def off_in(*projects: str) -> FakeFacts:
    facts = FakeFacts()
    facts.off |= {(project, PUBSUB) for project in projects}
    return facts


def test_the_api_is_looked_for_in_the_consumer_and_not_in_the_project_of_the_log() -> None:
    told = looked(OFF, off_in(PAYS))
    assert (told.cause, told.proven) == ("api.disabled", "yes")
    assert [(one.action, one.target) for one in told.plan] == [("enable_api", SERVICE)]
    assert looked(OFF, off_in(OWNS)).proven == "no", "it is off where nobody asks for it"


def test_who_switched_it_off_is_named_the_last_of_them() -> None:
    facts = off_in(PAYS)
    for hours in (2, 5):
        facts.change(
            PAYS, "google.api.serviceusage.v1.ServiceUsage.DisableService", SERVICE, ago=timedelta(hours=hours)
        )
    (line,) = [one for one in looked(OFF, facts).evidence if one.startswith("proven: ")]
    assert "ann@example.com switched it off at 2026-11-21 07:00: ask before it is switched on" in line
    assert "04:00" not in line


def test_another_api_that_was_switched_off_is_not_named() -> None:
    facts = off_in(PAYS)
    facts.change(
        PAYS,
        "DisableService",
        f"//serviceusage.googleapis.com/{PAYS}/services/run.googleapis.com",
        ago=timedelta(hours=1),
    )
    assert not any("switched it off" in line for line in looked(OFF, facts).evidence)


def test_an_api_that_is_on_by_now_leaves_nothing_to_do() -> None:
    facts = FakeFacts()
    facts.change(
        PAYS, "google.api.serviceusage.v1.ServiceUsage.BatchEnableServices", SERVICE, ago=timedelta(minutes=-30)
    )
    told = looked(OFF, facts)
    assert (told.proven, [one.changes for one in told.plan]) == ("no", [False])
    assert "since 2026-11-21 09:30 by ann@example.com" in told.plan[0].why


def test_an_api_that_was_switched_on_minutes_before_is_still_spreading() -> None:
    facts = FakeFacts()
    facts.change(PAYS, "google.api.serviceusage.v1.ServiceUsage.EnableService", SERVICE, ago=timedelta(minutes=2))
    told = looked(OFF, facts)
    assert (told.cause, told.proven) == ("iam.propagation", "yes")
    assert not any(one.changes for one in told.plan)


def test_a_grant_that_spreads_does_not_explain_an_api_that_is_on() -> None:
    facts = FakeFacts()
    facts.change(PAYS, "SetIamPolicy", f"//cloudresourcemanager.googleapis.com/{PAYS}", ago=timedelta(minutes=2))
    assert looked(OFF, facts).cause == "api.disabled"


@pytest.mark.parametrize("failure", ["gone", "refused"])
def test_a_consumer_that_we_cannot_see_is_left_alone(failure: str) -> None:
    from fakes.facts import FAILURES

    facts = off_in(PAYS)
    if failure == "gone":
        facts.remove(PAYS)
    else:
        facts.fails["service_is_on"] = FAILURES["not allowed to look"]
    told = looked(OFF, facts)
    assert (told.proven, told.plan, told.decision.mode) == (
        "could not tell",
        explain(OFF).plan,
        explain(OFF).decision.mode,
    )
    assert any("may not be one of ours: nothing is enabled in what we cannot see" in one.said for one in told.looks)
    assert any(reason.startswith("could not tell") for reason in told.decision.reasons)


@pytest.mark.parametrize(
    "entry",
    [
        audit(permission="pubsub.topics.publish", resource=f"projects/{PROJECT}/topics/t", service=PUBSUB,
              details=[error_info("X", service=PUBSUB, consumer=PAYS)]),
        text("x") | {"textPayload": None, "jsonPayload": {"error": {"code": 403, "message": "denied", "details": [
            error_info("IAM_PERMISSION_DENIED", service=PUBSUB, consumer=PAYS, permission="pubsub.topics.publish")]}}},
    ],
    ids=["an audit entry with a checked permission", "ErrorInfo of IAM"],
)  # fmt: skip
def test_the_api_is_not_asked_about_where_iam_was_reached(entry: dict[str, Any]) -> None:
    facts = off_in(PAYS)
    told = looked({key: part for key, part in entry.items() if part is not None}, facts)
    assert told.cause != "api.disabled"
    assert facts.count("service_is_on") == 0


@pytest.mark.parametrize(
    ("account", "project"),
    [
        ("runner@acme-test.iam.gserviceaccount.com", "projects/acme-test"),
        ("123-compute@developer.gserviceaccount.com", "projects/123"),
        ("acme-test@appspot.gserviceaccount.com", "projects/acme-test"),
    ],
)
def test_impersonation_is_accounted_to_the_project_of_the_calling_account(account: str, project: str) -> None:
    facts = FakeFacts()
    facts.machines["42"] = Machine(
        id="42",
        name="web-1",
        project=PROJECT,
        zone="europe-west1-b",
        status="RUNNING",
        account=account,
        scopes=(PLATFORM,),
    )
    facts.off.add((project, CREDENTIALS))
    told = looked(TOKEN, facts)
    assert (told.cause, told.proven, told.consumer) == ("api.disabled", "yes", project)
    assert told.plan[0].target == f"//serviceusage.googleapis.com/{project}/services/{CREDENTIALS}"
