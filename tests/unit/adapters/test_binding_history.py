"""Who has changed the policy of a resource, read out of the activity log through Google's own client."""

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

ROLE = Role("roles/pubsub.publisher")
TOPIC, BUCKET = (
    "//pubsub.googleapis.com/projects/acme-web/topics/t",
    "//storage.googleapis.com/projects/_/buckets/photos",
)
ANN, BOB = "user:ann@example.com", "user:bob@example.com"
DAY = timedelta(days=1)


def changes(cloud: Cloud, since: Any = NOW - DAY, resource: str = TOPIC) -> tuple[Change, ...]:
    return GoogleSight(cloud.clients()).policy_changes(resource, since)


def told(cloud: Cloud, action: str, **more: Any) -> None:
    delta = {"policyDelta": {"bindingDeltas": [{"action": action, "role": ROLE, "member": BOB}]}}
    named = {"serviceName": "pubsub.googleapis.com", "resourceName": TOPIC.removeprefix("//pubsub.googleapis.com/")}
    add_audit(cloud.world, "google.iam.v1.IAMPolicy.SetIamPolicy", **{**named, "metadata": delta, **more})


def test_changes_are_told_newest_first_with_the_reason_that_was_sent_along(cloud: Cloud) -> None:
    told(cloud, "ADD", at=NOW - timedelta(hours=1), requestMetadata={"requestAttributes": {"reason": "r-1/h"}})
    told(cloud, "REMOVE")
    newest, first = changes(cloud)
    assert (newest.removed, newest.by, newest.reason) == ((f"{ROLE} {BOB}",), "ann@example.com", "")
    assert (first.added, first.at, first.reason) == ((f"{ROLE} {BOB}",), NOW - timedelta(hours=1), "r-1/h")


def test_a_change_that_does_not_say_what_was_changed_is_told_too(cloud: Cloud) -> None:
    told(cloud, "ADD", metadata={}, requestMetadata={"requestAttributes": {"reason": "r-1/h"}})
    (change,) = changes(cloud)
    assert (change.added, change.removed, change.reason) == ((), (), "r-1/h")


@pytest.mark.parametrize(
    "other",
    [
        {"resourceName": "projects/acme-web/topics/u"},
        {"resourceName": "projects/acme-web/subscriptions/t"},
        {"resourceName": "t"},
        {"resourceName": ""},
        {"serviceName": "storage.googleapis.com"},
        {"at": NOW - 2 * DAY},
        {"status": {"code": 7, "message": "no"}},
    ],
)
def test_nothing_else_is_told(cloud: Cloud, other: dict[str, Any]) -> None:
    told(cloud, "ADD", **other)
    assert changes(cloud) == ()


def test_a_project_is_the_same_by_id_and_by_number(cloud: Cloud) -> None:
    told(cloud, "ADD", resourceName="projects/111111111111/topics/t")
    assert len(changes(cloud)) == 1


def test_of_a_bucket_the_project_that_owns_it_tells(cloud: Cloud) -> None:
    add_bucket(cloud.world, "acme-web", "photos")
    grant(cloud.world, f"{CRM}/projects/acme-web", "roles/owner", ANN)
    bucket = cloud.clients(f"as:{ANN}").storage.bucket("photos")
    policy = bucket.get_iam_policy(requested_policy_version=3)
    policy.bindings = [{"role": ROLE, "members": {BOB}}]
    bucket.set_iam_policy(policy)
    (change,) = changes(cloud, resource=BUCKET)
    assert (change.by, change.added) == ("ann@example.com", (f"{ROLE} {BOB}",))


def test_a_bucket_that_does_not_say_whose_it_is_is_no_answer(cloud: Cloud) -> None:
    del add_bucket(cloud.world, "acme-web", "photos").body["projectNumber"]
    with pytest.raises(LookFailed, match="does not say whose project it is"):
        changes(cloud, resource=BUCKET)


def test_a_resource_of_no_project_is_no_answer(cloud: Cloud) -> None:
    with pytest.raises(LookFailed, match="its name does not tell a project"):
        binding_history.policy_changes(cloud.clients(), f"{CRM}/organizations/123456789012", NOW)
