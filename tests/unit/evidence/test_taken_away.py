"""What somebody took away is not given back for thirty days: what counts as taken, by whom, from where, and when."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from catalogues import small
from entries import PROJECT, audit
from fakes.facts import CALLED, CRM, FAILURES, FakeFacts, looked
from msgspec.structs import replace

from shared.model.decision import REFUSE
from shared.model.facts import Change
from shared.model.report import Report
from shared.pipeline.gate import DECIDED

BUCKET = "//storage.googleapis.com/projects/_/buckets/reports"
HERE = f"projects/{PROJECT}"
NEEDED, ROLE = "storage.objects.create", "roles/storage.objectCreator"
CALLER, SWEEP = f"app@{PROJECT}.iam.gserviceaccount.com", f"sweep@{PROJECT}.iam.gserviceaccount.com"
TAKEN = f"{ROLE} serviceAccount:{CALLER}"
ENTRY = audit(permission=NEEDED, resource="projects/_/buckets/reports/objects/a.csv", principal=CALLER)
POOL = "iam.googleapis.com/projects/123/locations/global/workloadIdentityPools/github"
ME = f"principal://{POOL}/subject/repo:acme/web"
TOPIC = f"projects/{PROJECT}/topics/t"


def told(days: float, on: str = BUCKET, entry: dict[str, Any] = ENTRY, **more: Any) -> Report:
    """What is said where somebody took a role from somebody so many days before the call."""
    facts = FakeFacts()
    facts.holding[ROLE] = (NEEDED, "pubsub.topics.publish")
    ours = {"identities": more.pop("ours", frozenset())}
    made = Change(at=CALLED - timedelta(days=days), method="SetIamPolicy", by="ann@example.com", resource=on)
    facts.changed.append((HERE, replace(made, **{"removed": (TAKEN,), **more})))
    facts.holding["roles/pubsub.publisher"] = ("pubsub.topics.publish",)
    known = small(pubsub_publisher="pubsub.topics.publish") if "pubsub" in str(entry) else None
    return looked(entry, facts, known, **ours)


def stands(report: Report) -> bool:
    """Whether it is a decision of somebody that nothing may be granted."""
    assert report.proven == "yes"
    named = any(one.startswith(f"{DECIDED}: ") and "was removed at" in one for one in report.decision.reasons)
    assert named == (report.decision.mode is REFUSE)
    return named


@pytest.mark.hazard("H37")
@pytest.mark.invariant("I31")
@pytest.mark.parametrize(("days", "so"), [(0.1, True), (2, True), (29.9, True), (30.1, False)])
def test_what_somebody_took_away_is_not_given_back_for_thirty_days(days: float, so: bool) -> None:
    assert stands(told(days)) is so


@pytest.mark.invariant("I31")
def test_what_was_taken_away_after_the_call_is_not_given_back_either() -> None:
    report = told(-0.01)
    assert stands(report)
    assert not any("was removed" in line for line in report.evidence), "it did not stop the call"


@pytest.mark.invariant("I31")
@pytest.mark.parametrize("failure", FAILURES)
def test_where_it_cannot_be_told_whether_somebody_took_it_away_nothing_is_given(failure: str) -> None:
    facts = FakeFacts()
    facts.fails["removals"] = FAILURES[failure]
    report = looked(ENTRY, facts)
    assert (report.proven, report.decision.mode is REFUSE) == ("could not tell", False)
    assert any(failure in one.said for one in report.looks)


@pytest.mark.parametrize(
    ("on", "so"),
    [
        (BUCKET, True),
        (f"{CRM}/{HERE}", True),
        (f"{CRM}/projects/4711", True),
        ("//storage.googleapis.com/projects/_/buckets/photos", False),
        ("//storage.googleapis.com/projects/_/buckets/report", False),
    ],
    ids=["the target", "its project", "its project by number", "another bucket", "a shorter name"],
)
def test_only_what_was_taken_on_the_target_or_above_it_counts(on: str, so: bool) -> None:
    assert stands(told(3, on)) is so


@pytest.mark.parametrize(("named", "so"), [("117", True), (f"b@{PROJECT}.iam.gserviceaccount.com", False)])
def test_an_account_that_a_log_names_by_number_may_be_the_target(named: str, so: bool) -> None:
    account = f"projects/{PROJECT}/serviceAccounts/a@{PROJECT}.iam.gserviceaccount.com"
    entry = audit(
        permission="iam.serviceAccounts.getOpenIdToken",
        resource=account,
        principal=CALLER,
        service="iamcredentials.googleapis.com",
    )
    on = f"//iam.googleapis.com/projects/-/serviceAccounts/{named}"
    report = told(3, on, entry, removed=(f"roles/custom serviceAccount:{CALLER}",))
    assert any("was removed at" in one for one in report.decision.reasons) is so


def test_to_clear_away_what_had_ended_takes_nothing_from_anybody() -> None:
    assert not stands(told(3, ended=(TAKEN,)))
    assert stands(told(3, removed=(TAKEN, TAKEN), ended=(TAKEN,))), "the other binding of that name had not ended"


@pytest.mark.parametrize(("days", "so"), [(0.5, True), (3, False)])
def test_what_we_took_back_ourselves_is_left_alone_for_a_day_only(days: float, so: bool) -> None:
    assert stands(told(days, by=SWEEP, ours=frozenset({SWEEP}))) is so
    assert stands(told(days, ours=frozenset({SWEEP})))


@pytest.mark.invariant("I31")
@pytest.mark.parametrize(("member", "so"), [(ME, True), (f"{ME}2", False)])
def test_what_was_taken_from_a_federated_identity_stands_as_well(member: str, so: bool) -> None:
    entry = audit(permission="pubsub.topics.publish", resource=TOPIC, service="pubsub.googleapis.com", principal="")
    entry["protoPayload"]["authenticationInfo"] = {"principalSubject": ME}
    report = told(20, f"//pubsub.googleapis.com/{TOPIC}", entry, removed=(f"{ROLE} {member}",))
    assert stands(report) is so


@pytest.mark.invariant("I31")
def test_for_a_federated_identity_it_has_to_be_told_too() -> None:
    entry = audit(permission="pubsub.topics.publish", resource=TOPIC, service="pubsub.googleapis.com", principal="")
    entry["protoPayload"]["authenticationInfo"] = {"principalSubject": ME}
    facts = FakeFacts()
    assert looked(entry, facts).proven == "yes"
    facts.fails["removals"] = FAILURES["the server is ill"]
    assert looked(entry, facts).proven == "could not tell"
