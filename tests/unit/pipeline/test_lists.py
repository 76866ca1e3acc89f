"""A bucket in which lists on objects decide beside its policy: the grant is planned without a condition, and says so."""

from __future__ import annotations

from typing import Any

import pytest
from catalogues import of, role
from entries import PROJECT, audit
from fakes.facts import FAILURES, FakeFacts, looked

from shared.model.plan import Action

BUCKET = "//storage.googleapis.com/projects/_/buckets/photos"
POOL = f"principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/subject/{PROJECT}"
BY_US = "so our own revocation would end it, queued before the write"


def refused(permission: str = "storage.objects.create", **more: Any) -> dict[str, Any]:
    default = {"resource": "projects/_/buckets/photos/objects/cat.jpg"}
    return audit(permission=permission, **{**default, **more})


def step(facts: FakeFacts, **more: Any) -> Action:
    (found,) = looked(refused(**more), facts).plan
    assert (found.action, found.changes) == ("grant_role", True)
    return found


def with_lists() -> FakeFacts:
    facts = FakeFacts()
    facts.with_lists.add(BUCKET)
    return facts


def test_a_bucket_without_uniform_access_is_told_with_the_step() -> None:
    why = step(with_lists()).why
    assert "the bucket has no uniform access: lists on objects may let callers in as well" in why
    assert why.endswith(BY_US)


def test_a_bucket_with_uniform_access_ends_the_grant_by_itself() -> None:
    assert step(FakeFacts()).why.endswith("it would end by itself")


def test_a_role_from_the_catalogue_says_the_same() -> None:
    catalogue = of(role("roles/storage.objectCreator", "storage.objects.create"))
    facts = with_lists()
    facts.holding["roles/storage.objectCreator"] = ("storage.objects.create",)
    (found,) = looked(refused(), facts, catalogue).plan
    assert found.changes
    assert found.why.endswith(BY_US)


def test_it_is_asked_for_a_federated_caller_too() -> None:
    facts = with_lists()
    looked(refused(principal=POOL), facts)
    assert facts.count("uniform_access") == 1


def test_it_is_asked_of_buckets_alone() -> None:
    facts = FakeFacts()
    looked(refused("pubsub.topics.publish", resource=f"projects/{PROJECT}/topics/t"), facts)
    assert facts.count("uniform_access") == 0


@pytest.mark.invariant("I08")
def test_what_takes_no_condition_is_never_said_to_end_by_itself() -> None:
    topic = refused("pubsub.topics.publish", resource=f"projects/{PROJECT}/topics/t")
    (found,) = looked(topic, FakeFacts()).plan
    assert found.why.endswith(f"its policy takes no condition, {BY_US}")


@pytest.mark.parametrize("failure", FAILURES)
def test_where_it_could_not_be_told_the_condition_stays_and_google_decides(failure: str) -> None:
    facts = with_lists()
    facts.fails["uniform_access"] = FAILURES[failure]
    assert step(facts).why.endswith("it would end by itself")
