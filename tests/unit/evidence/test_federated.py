"""Federated callers: Policy Troubleshooter is not asked, and the policies that can be read are evaluated in part."""

from __future__ import annotations

import pytest
from catalogues import small
from entries import PROJECT, audit
from explained import explain
from fakes.facts import CRM, FAILURES, ORGANIZATION, FakeFacts, looked

from shared.model.facts import DenyRule

POOL = "iam.googleapis.com/projects/123/locations/global/workloadIdentityPools/github"
ME, SET = f"principal://{POOL}/subject/repo:acme/web", f"principalSet://{POOL}/attribute.repo/acme"
NEEDED = "pubsub.topics.publish"
TOPIC = f"//pubsub.googleapis.com/projects/{PROJECT}/topics/t"
ENTRY = audit(permission=NEEDED, resource=f"projects/{PROJECT}/topics/t", service="pubsub.googleapis.com", principal="")
ENTRY["protoPayload"]["authenticationInfo"] = {"principalSubject": ME}
KUBERNETES = f"{PROJECT}.svc.id.goog[shop/catalog]"


def world() -> FakeFacts:
    facts = FakeFacts()
    facts.holding["roles/pubsub.publisher"] = (NEEDED,)
    facts.holding["roles/viewer"] = ("pubsub.topics.get",)
    return facts


def test_where_every_policy_was_read_and_none_gives_it_the_role_is_missing_and_that_is_marked_as_partial() -> None:
    facts = world()
    facts.bind(f"{CRM}/folders/7", "roles/viewer", ME)
    facts.bind(TOPIC, "roles/pubsub.publisher", "group:all@example.com")
    told = looked(ENTRY, facts, small(pubsub_publisher=NEEDED))
    assert (told.cause, told.proven) == ("pubsub.iam", "yes")
    assert "in part, from the policies read: no binding that we can read gives" in told.evidence[1]
    assert [(one.action, one.member) for one in told.plan] == [("grant_role", ME)]
    assert facts.count("access") == 0
    assert {asked[1] for asked in facts.asked if asked[0] == "policy"} == {
        TOPIC, f"{CRM}/projects/{PROJECT}", f"{CRM}/folders/7", f"{CRM}/organizations/{ORGANIZATION}",
    }  # fmt: skip


@pytest.mark.parametrize(
    "on", [TOPIC, f"{CRM}/projects/{PROJECT}", f"{CRM}/folders/7", f"{CRM}/organizations/{ORGANIZATION}"]
)
def test_a_binding_that_names_the_caller_refutes_a_missing_role(on: str) -> None:
    facts = world()
    facts.bind(on, "roles/pubsub.publisher", ME)
    told = looked(ENTRY, facts)
    assert (told.proven, [one.changes for one in told.plan]) == ("no", [False])


@pytest.mark.parametrize("failing", ["policy", "ancestry", "deny_rules"])
@pytest.mark.parametrize("failure", FAILURES)
def test_where_not_everything_was_read_it_cannot_be_told(failing: str, failure: str) -> None:
    facts = world()
    facts.fails[failing] = FAILURES[failure]
    told = looked(ENTRY, facts)
    assert (told.proven, told.plan, told.cause) == ("could not tell", explain(ENTRY).plan, explain(ENTRY).cause)


@pytest.mark.parametrize(
    ("role", "member", "condition"),
    [
        ("roles/pubsub.publisher", SET, {}),
        ("roles/pubsub.publisher", "allUsers", {}),
        ("roles/pubsub.publisher", ME, {"expression": "request.time < timestamp('2026-01-01T00:00:00Z')"}),
        ("roles/of.unknown.content", ME, {}),
    ],
    ids=["a set", "everyone", "a condition", "an unreadable role"],
)
def test_a_binding_that_may_give_it_leaves_it_open(role: str, member: str, condition: dict[str, str]) -> None:
    facts = world()
    facts.bind(TOPIC, role, member, **condition)
    told = looked(ENTRY, facts)
    assert told.proven == "could not tell"
    assert any("may give it" in one.said for one in told.looks)


def test_the_binding_of_another_subject_is_not_the_callers() -> None:
    facts = world()
    facts.bind(TOPIC, "roles/pubsub.publisher", f"{ME}-2")
    assert looked(ENTRY, facts).proven == "yes"


def test_a_deny_rule_that_names_the_subject_decides() -> None:
    facts = world()
    facts.denies["folders/7"] = (
        DenyRule(policy="policies/x", attached_to="folders/7", denied_principals=(ME,),
                 denied_permissions=("pubsub.googleapis.com/topics.publish",)),
    )  # fmt: skip
    told = looked(ENTRY, facts)
    assert (told.cause, told.proven, told.decision.mode) == ("iam.deny", "yes", "refuse")


def test_a_topic_that_is_not_there_is_told_for_federated_callers_too() -> None:
    facts = world()
    facts.remove(TOPIC)
    assert looked(ENTRY, facts).cause == "iam.not_found"


@pytest.mark.parametrize(
    "member",
    [
        f"serviceAccount:{KUBERNETES}",
        f"principal://iam.googleapis.com/projects/123/locations/global/workloadIdentityPools/{PROJECT}.svc.id.goog/subject/ns/shop/sa/catalog",
    ],
)
def test_a_kubernetes_account_is_the_same_in_both_ways_of_writing_it(member: str) -> None:
    entry = audit(permission=NEEDED, resource=f"projects/{PROJECT}/topics/t", principal="")
    entry["protoPayload"]["authenticationInfo"] = {"principalSubject": f"serviceAccount:{KUBERNETES}"}
    facts = world()
    assert looked(entry, facts).proven == "yes"
    facts.bind(TOPIC, "roles/pubsub.publisher", member)
    assert looked(entry, facts).proven == "no"


def test_a_policy_with_a_thousand_roles_for_the_caller_is_read_within_bounds() -> None:
    facts = world()
    for number in range(1_500):
        facts.bind(TOPIC, f"roles/made.up{number}", ME, "allUsers")
    told = looked(ENTRY, facts)
    assert told.proven == "could not tell"
    assert facts.count("role") <= 12
