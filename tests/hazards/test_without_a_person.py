"""Who is given something by a rule alone: only whom the settings and the live look show to be one of ours."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.causes import CAUSES
from shared.model.decision import ASK, AUTO, Decision, Quorum
from shared.model.denial import AUDIT, Denial, Names
from shared.model.diagnosis import Confidence, Diagnosis, Looked
from shared.model.evidence import YES
from shared.model.guards import Runtime
from shared.model.names import Role, parse_principal
from shared.model.plan import T1, Action, Plan
from shared.model.subject import Subject
from shared.pipeline.weigh import OUTSIDER, Weighed, weigh
from shared.policy.rulebook import Ruling

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
TOPIC = "//pubsub.googleapis.com/projects/shop/topics/t"
ACCOUNT = "serviceAccount:app@shop.iam.gserviceaccount.com"
OURS = ("projects/11", "organizations/1")


def decided(member: str, home: tuple[str, ...] | None = OURS, **now: Any) -> Decision:
    """What a rule decides that permits a grant without a person, about somebody whose project stands somewhere."""
    told: dict[str, Any] = {"domains": ("example.com", "shop.example.com"), "organization": "1"}
    subject = Subject(
        source="audit", cause="iam.allow_missing", action="grant_role", target=TOPIC, principal_ancestry=home,
        project="projects/shop", ancestry=OURS, labels={"env": "dev"},
    )  # fmt: skip
    ruling = Ruling(
        mode=AUTO, reasons=("rule r",), rules=("r",), hours=8, minutes=30,
        quorums=(Quorum(name="owners", group_id="03abc"),),
    )  # fmt: skip
    step = Action(
        action="grant_role", changes=True, tier=T1, target=TOPIC, member=member, role=Role("roles/pubsub.publisher"),
        why="", undo=None,
    )  # fmt: skip
    runtime = Runtime(**{"enforcing": True, "received_at": NOW, **told, **now})
    weighed = Weighed(subjects=(subject,), rulings=(ruling,), runtime=runtime, now=NOW)
    denial = Denial(
        id="1", trust=AUDIT, status="PERMISSION_DENIED",
        names=Names(principal=parse_principal(member.partition(":")[2])),
    )  # fmt: skip
    seen = Diagnosis(cause=CAUSES["iam.allow_missing"], confidence=Confidence.HIGH, looked=Looked(proven=YES, copy=YES))
    return weigh(denial, seen, Plan((step,)), weighed)


@pytest.mark.hazard("H12")
@pytest.mark.invariant("I04")
@pytest.mark.parametrize("member", ["user:ann@example.com", "user:Ann@Shop.Example.com", ACCOUNT])
def test_who_is_known_to_be_ours_gets_it_by_a_rule_alone(member: str) -> None:
    assert decided(member).mode is AUTO


@pytest.mark.hazard("H12", "H14")
@pytest.mark.invariant("I04")
@pytest.mark.parametrize(
    "member",
    [
        "user:eve@elsewhere.example", "user:eve@example.com.evil.example", "user:eve@notexample.com",
        "user:eve@com", "user:example.com@evil.example", "user:eve@sub.example.com",
    ],
)  # fmt: skip
def test_a_user_of_no_domain_of_ours_is_a_persons_decision(member: str) -> None:
    found = decided(member)
    assert (found.mode, OUTSIDER in found.reasons) == (ASK, True)


@pytest.mark.hazard("H12")
@pytest.mark.invariant("I04")
@pytest.mark.parametrize("home", [None, (), ("projects/66", "organizations/2"), ("projects/66",)])
def test_an_account_whose_project_is_not_known_to_stand_in_our_organisation_is_a_persons_decision(
    home: tuple[str, ...] | None,
) -> None:
    found = decided(ACCOUNT, home)
    assert (found.mode, OUTSIDER in found.reasons) == (ASK, True)


@pytest.mark.hazard("H12")
@pytest.mark.invariant("I04")
@pytest.mark.parametrize(
    "member", ["group:all@example.com", "domain:example.com", "allUsers", "allAuthenticatedUsers",
               "principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/*"],
)  # fmt: skip
def test_a_set_is_never_given_anything_by_a_rule_alone(member: str) -> None:
    assert decided(member).mode is not AUTO


@pytest.mark.hazard("H12", "H34")
def test_where_no_domain_is_set_no_user_is_one_of_ours() -> None:
    assert decided("user:ann@example.com", domains=()).mode is ASK
