"""Who has given a role to a member, read out of the activity log through Google's own client."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from worlds import NOW, Cloud, add_audit, grant

from sandbox.services.storage import add_bucket
from sandbox.world import CRM
from shared.adapters import binding_history
from shared.adapters.google_sight import GoogleSight
from shared.errors import LookFailed
from shared.model.facts import Change
from shared.model.names import Role

ROLE, OTHER = Role("roles/pubsub.publisher"), Role("roles/pubsub.viewer")
TOPIC, BUCKET = (
    "//pubsub.googleapis.com/projects/acme-web/topics/t",
    "//storage.googleapis.com/projects/_/buckets/photos",
)
ANN, BOB = "user:ann@example.com", "user:bob@example.com"
DAY = timedelta(days=1)


def given_by(cloud: Cloud, member: str = BOB, since: Any = NOW - DAY, resource: str = TOPIC) -> Change | None:
    return GoogleSight(cloud.clients()).given_by(resource, ROLE, member, since)


def told(cloud: Cloud, action: str, member: str = BOB, role: str = ROLE, **more: Any) -> None:
    delta = {"policyDelta": {"bindingDeltas": [{"action": action, "role": role, "member": member}]}}
    named = {"serviceName": "pubsub.googleapis.com", "resourceName": TOPIC.removeprefix("//pubsub.googleapis.com/")}
    add_audit(cloud.world, "google.iam.v1.IAMPolicy.SetIamPolicy", **{**named, "metadata": delta, **more})


def test_the_newest_who_gave_the_role_is_told_with_the_reason_that_was_sent_along(cloud: Cloud) -> None:
    told(cloud, "ADD", at=NOW - timedelta(hours=1))
    told(cloud, "ADD", requestMetadata={"requestAttributes": {"reason": "r-1/h"}})
    found = given_by(cloud)
    assert found is not None
    assert (found.at, found.by, found.reason) == (NOW, "ann@example.com", "r-1/h")


def test_what_was_taken_again_is_not_told(cloud: Cloud) -> None:
    told(cloud, "ADD", at=NOW - timedelta(hours=1))
    told(cloud, "REMOVE")
    assert given_by(cloud) is None


@pytest.mark.parametrize(
    "other",
    [
        {"member": ANN},
        {"role": OTHER},
        {"resourceName": "projects/acme-web/topics/u"},
        {"serviceName": "storage.googleapis.com"},
        {"at": NOW - 2 * DAY},
        {"status": {"code": 7, "message": "no"}},
    ],
)
def test_nothing_else_is_told(cloud: Cloud, other: dict[str, Any]) -> None:
    told(cloud, "ADD", **other)
    assert given_by(cloud) is None


def test_an_address_is_the_same_however_it_is_capitalised_and_a_project_by_id_or_number(cloud: Cloud) -> None:
    told(cloud, "ADD", "user:Bob@Example.com", resourceName="projects/111111111111/topics/t")
    assert given_by(cloud) is not None


def test_of_a_bucket_the_project_that_owns_it_tells(cloud: Cloud) -> None:
    add_bucket(cloud.world, "acme-web", "photos")
    grant(cloud.world, f"{CRM}/projects/acme-web", "roles/owner", ANN)
    bucket = cloud.clients(f"as:{ANN}").storage.bucket("photos")
    policy = bucket.get_iam_policy(requested_policy_version=3)
    policy.bindings = [{"role": ROLE, "members": {BOB}}]
    bucket.set_iam_policy(policy)
    found = given_by(cloud, resource=BUCKET)
    assert found is not None
    assert (found.by, found.reason) == ("ann@example.com", "")


def test_a_resource_of_no_project_is_no_answer(cloud: Cloud) -> None:
    with pytest.raises(LookFailed, match="its name does not tell a project"):
        binding_history.given_by(cloud.clients(), f"{CRM}/organizations/123456789012", ROLE, BOB, NOW)
