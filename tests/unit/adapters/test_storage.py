"""The policies of buckets, and whether they alone decide, read through Google's own client."""

from __future__ import annotations

import pytest
from looks import OUTAGES, fails, finds_nothing, refused
from worlds import Cloud, grant

from sandbox.faults import FaultKind
from sandbox.services.storage import add_bucket
from shared.adapters import storage
from shared.errors import LookFailed
from shared.model.facts import Binding, Condition

HOST = "//storage.googleapis.com"
BUCKET = f"{HOST}/projects/_/buckets/photos"
UPLOADER = "serviceAccount:up@acme-web.iam.gserviceaccount.com"
CREATOR = "roles/storage.objectCreator"


@pytest.fixture(autouse=True)
def _bucket(cloud: Cloud) -> None:
    add_bucket(cloud.world, "acme-web", "photos")


def test_a_policy_is_read_with_its_conditions_and_its_etag(cloud: Cloud) -> None:
    ends = 'request.time < timestamp("2026-12-01T00:00:00Z")'
    grant(cloud.world, BUCKET, "roles/storage.legacyBucketReader", "projectViewer:acme-web")
    grant(cloud.world, BUCKET, CREATOR, UPLOADER, "allUsers", title="until December", expression=ends)
    policy = storage.policy(cloud.clients(), BUCKET)
    assert policy.bindings == (
        Binding(role="roles/storage.legacyBucketReader", members=("projectViewer:acme-web",)),
        Binding(
            role=CREATOR,
            members=("allUsers", UPLOADER),
            condition=Condition(title="until December", expression=ends),
        ),
    )
    assert (policy.etag, policy.version) == (cloud.world.resources[BUCKET].policy()["etag"], 3)


def test_a_bucket_without_grants_has_a_policy_without_bindings(cloud: Cloud) -> None:
    assert storage.policy(cloud.clients(), BUCKET).bindings == ()


@pytest.mark.parametrize("uniform", [True, False])
def test_a_bucket_says_whether_its_access_is_uniform(cloud: Cloud, uniform: bool) -> None:
    bucket = add_bucket(cloud.world, "acme-web", "other", uniform=uniform)
    assert storage.uniform_access(cloud.clients(), bucket.name) is uniform


def test_a_refusal_names_the_permission_that_is_missing(cloud: Cloud) -> None:
    for needed, look in (
        ("storage.buckets.getIamPolicy", storage.policy),
        ("storage.buckets.get", storage.uniform_access),
    ):
        assert refused(cloud, needed, lambda look=look: look(cloud.clients(), BUCKET)).permission == needed


def test_what_does_not_exist_is_said_not_to(cloud: Cloud) -> None:
    for look in (storage.policy, storage.uniform_access):
        assert "does not exist" in finds_nothing(lambda look=look: look(cloud.clients(), f"{BUCKET}-2"))


@pytest.mark.parametrize("fault", OUTAGES)
def test_without_a_usable_answer_the_look_has_failed(cloud: Cloud, fault: FaultKind) -> None:
    fails(cloud, "storage.buckets.getIamPolicy", fault, lambda: storage.policy(cloud.clients(), BUCKET))


@pytest.mark.parametrize("fault", OUTAGES)
def test_without_a_usable_answer_nothing_is_said_of_uniform_access(cloud: Cloud, fault: FaultKind) -> None:
    fails(cloud, "storage.buckets.get", fault, lambda: storage.uniform_access(cloud.clients(), BUCKET))


@pytest.mark.parametrize("name", [f"{BUCKET}/objects/cat.jpg", f"{BUCKET}/managedFolders/f", f"{HOST}/projects/_"])
def test_a_name_of_another_type_is_a_mistake_of_ours(cloud: Cloud, name: str) -> None:
    for look in (storage.policy, storage.uniform_access):
        with pytest.raises(ValueError, match="is no resource of storage"):
            look(cloud.clients(), name)


@pytest.mark.parametrize("bucket", ["a?b", "..", "a b", "a%2Fb"])
def test_nothing_is_asked_about_a_name_that_no_bucket_can_have(cloud: Cloud, bucket: str) -> None:
    with pytest.raises(LookFailed, match="no resource has such a name"):
        storage.policy(cloud.clients(), f"{HOST}/projects/_/buckets/{bucket}")
    assert cloud.world.calls == []
