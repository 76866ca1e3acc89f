"""The gate: refusals of the floor, and the observe mode, in which nothing is ever done."""

from __future__ import annotations

import pytest
from entries import PROJECT, audit, error_info, text
from explained import explain

from shared.causes import CAUSES
from shared.model.decision import DRY_RUN, IGNORE, NOTIFY, REFUSE
from shared.model.denial import Denial, Trust
from shared.model.diagnosis import Confidence, Diagnosis
from shared.model.plan import Action, Plan, Tier
from shared.pipeline.gate import gate


def test_a_plan_that_would_change_the_cloud_is_a_dry_run() -> None:
    report = explain(audit(permission="pubsub.topics.publish", resource=f"projects/{PROJECT}/topics/t"))
    assert report.decision.mode == "dry_run"
    assert any("observe" in reason for reason in report.decision.reasons)


def test_advice_is_told_and_nothing_more() -> None:
    assert explain(text("Error 403: Rate Limit Exceeded, rateLimitExceeded")).decision.mode == "notify"


@pytest.mark.hazard("H39")
@pytest.mark.parametrize(
    "reason",
    [
        "SECURITY_POLICY_VIOLATED",
        "LOCATION_ORG_POLICY_VIOLATED",
        "RESOURCE_USAGE_RESTRICTION_VIOLATED",
        "ACCOUNT_STATE_INVALID",
    ],
)
def test_a_guardrail_is_explained_and_refused(reason: str) -> None:
    report = explain({"error": {"code": 403, "message": "x", "details": [error_info(reason)]}})
    assert report.decision.mode == "refuse"
    assert any("guardrail" in line for line in report.decision.reasons)


def test_text_is_named_as_a_claim() -> None:
    report = explain(
        text(
            "app@p.iam.gserviceaccount.com does not have storage.objects.get access to the Google Cloud Storage object gs://bucket-x/o."
        )
    )
    assert report.trust == "text"
    assert any("claimed by application text" in reason for reason in report.decision.reasons)


def test_an_audit_entry_is_named_as_not_yet_compared() -> None:
    report = explain(audit(permission="pubsub.topics.publish", resource=f"projects/{PROJECT}/topics/t"))
    assert any("Cloud Logging" in reason for reason in report.decision.reasons)


@pytest.mark.invariant("I02", "I33")
@pytest.mark.parametrize("changes", [True, False])
@pytest.mark.parametrize("tier", Tier)
@pytest.mark.parametrize("trust", Trust)
@pytest.mark.parametrize("cause", ["gcs.iam", "iam.deny", "api.disabled", "unknown"])
def test_no_world_without_a_policy_lets_an_effect_through(
    cause: str, trust: Trust, tier: Tier, *, changes: bool
) -> None:
    action = Action(
        action="grant_role",
        changes=changes,
        tier=tier,
        target="//x/projects/p",
        member=None,
        role=None,
        why="",
        undo=None,
    )
    diagnosis = Diagnosis(cause=CAUSES[cause], confidence=Confidence.HIGH)
    denial = Denial(id=None, trust=trust, status="PERMISSION_DENIED")
    decision = gate(denial, diagnosis, Plan((action,)))
    assert decision.mode in (REFUSE, IGNORE, NOTIFY, DRY_RUN)
    assert decision.reasons
    if tier is Tier.T3 or CAUSES[cause].guardrail:
        assert decision.mode is REFUSE
