"""What is refused before anybody could approve it: in the plan as advice, and at the gate as a decision."""

from __future__ import annotations

from typing import Any

import pytest
from catalogues import of, role
from entries import PROJECT, audit, text
from explained import explain
from fakes.facts import FakeFacts, bound, looked

from shared.causes import CAUSES
from shared.model.denial import Denial, Trust
from shared.model.diagnosis import Confidence, Diagnosis
from shared.model.evidence import NO
from shared.model.facts import Access, AccessState
from shared.model.plan import Action, Plan, Tier
from shared.model.report import Report
from shared.pipeline.gate import gate

GET = "storage.objects.get"
BUCKET = "//storage.googleapis.com/projects/_/buckets/b"


def refused(report: Report, reason: str) -> bool:
    """Whether the gate refuses with exactly this reason among its own."""
    return report.decision.mode == "refuse" and reason in report.decision.reasons


def test_an_entry_that_names_no_target_gets_no_grant() -> None:
    (step,) = explain(audit(permission=GET, resource="projects/_")).plan
    assert (step.changes, step.role) == (False, None)
    assert step.why.startswith(f"The entry does not name what {GET} was checked on. ")


def test_an_entry_that_names_no_caller_gets_no_grant() -> None:
    (step,) = explain(audit(permission=GET, resource="projects/_/buckets/b", principal="")).plan
    assert step.why.startswith("The entry does not say who was refused, so no grant can be planned.")


@pytest.mark.parametrize(
    "principal",
    [
        "principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/*",
        "system:node:n1",
    ],
)
def test_whoever_could_be_anyone_or_is_googles_own_gets_no_grant(principal: str) -> None:
    report = explain(audit(permission=GET, resource="projects/_/buckets/b", principal=principal))
    kind = report.plan[0].why.partition(f"To {principal} (")[2].partition(")")[0]
    assert report.plan[0].why.startswith(f"To {principal} ({kind}) no grant is planned from a log entry.")
    assert refused(report, f"{kind}: no grant is made to such a member")


def test_an_agent_of_googles_is_given_nothing_but_told_of() -> None:
    agent = "service-7@gcp-sa-pubsub.iam.gserviceaccount.com"
    (step,) = explain(audit(permission=GET, resource="projects/_/buckets/b", principal=agent)).plan
    assert (step.changes, step.why.startswith("Restore exactly the documented service agent role")) == (False, True)


@pytest.mark.parametrize(
    ("permission", "resource", "service"),
    [
        ("storage.buckets.setIamPolicy", "projects/_/buckets/b", "storage.googleapis.com"),
        ("iam.serviceAccountKeys.create", f"projects/{PROJECT}/serviceAccounts/a@b.iam.gserviceaccount.com", "iam.googleapis.com"),
        ("iam.serviceAccounts.getAccessToken", f"projects/{PROJECT}", "iamcredentials.googleapis.com"),
        ("resourcemanager.projects.get", "folders/7", "cloudresourcemanager.googleapis.com"),
    ],
)  # fmt: skip
def test_what_escalates_is_proposed_to_security_and_never_planned(permission: str, resource: str, service: str) -> None:
    report = explain(audit(permission=permission, resource=resource, service=service))
    assert not any(one.changes for one in report.plan)
    said = [one.why for one in report.plan]
    if any("is never granted by a machine" in one for one in said):
        assert said == [f"{permission} here is never granted by a machine: propose it to security and the owner"]
        assert refused(report, "the permission belongs to those that only security and the owner may hand out")
    else:
        assert said[0].startswith(f"The entry does not name what {permission} was checked on. ")


def test_no_role_that_is_too_wide_is_given() -> None:
    wide = of(role("roles/storage.everything", GET, "storage.buckets.setIamPolicy"))
    (step,) = looked(audit(permission=GET, resource="projects/_/buckets/b"), FakeFacts(), wide).plan
    assert (step.changes, step.why.startswith(f"No role is given for {GET}: ")) == (False, True)


def test_a_target_that_no_name_of_googles_could_be_is_refused() -> None:
    (step,) = explain(audit(permission=GET, resource="projects/_/buckets/b<script>/objects/o")).plan
    assert (step.changes, step.why.startswith("The entry names a resource as Google would not")) == (False, True)


def test_a_target_that_google_would_not_name_is_refused_at_the_gate_as_well() -> None:
    target = "//storage.googleapis.com/projects/_/buckets/*"
    step = Action(
        action="grant_role", changes=True, tier=Tier.T1, target=target, member=None, role=None, why="", undo=None
    )
    denial = Denial(id=None, trust=Trust.AUDIT, status="PERMISSION_DENIED")
    decision = gate(denial, Diagnosis(cause=CAUSES["gcs.iam"], confidence=Confidence.HIGH), Plan((step,)))
    assert decision.mode == "refuse"
    assert f"no target that Google would name: {target!r}" in decision.reasons


def test_a_binding_whose_condition_ended_gets_no_unconditional_twin() -> None:
    facts = FakeFacts()
    ended = bound("roles/storage.objectViewer", holds=False, on=BUCKET, expression="false")
    facts.seen[GET] = Access(state=AccessState.CANNOT, allowed=NO, denied=NO, bindings=(ended,))
    report = looked(audit(permission=GET, resource="projects/_/buckets/b"), facts)
    said = f"roles/storage.objectViewer on {BUCKET} is bound under a condition, which does not hold for this call"
    more = "renew it with whoever approved it; no unconditional twin is added (false)"
    assert report.cause == "iam.condition"
    assert any(f"{said}: {more}" in one for one in report.evidence)
    assert not any(one.changes for one in report.plan)


@pytest.mark.hazard("H39")
@pytest.mark.parametrize(
    "entry",
    [text("Error 403: One or more users named in the policy do not belong to a permitted customer.")],
)
def test_who_may_be_named_in_a_policy_is_explained_and_never_weakened(entry: dict[str, Any]) -> None:
    report = explain(entry)
    assert report.cause == "org.drs"
    assert any("guardrails are explained and never changed" in one for one in report.decision.reasons)
    assert not any(one.changes for one in report.plan)
