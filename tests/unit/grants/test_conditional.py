"""Which grants end by themselves: those on resources whose policies take conditions."""

from __future__ import annotations

import pytest

from shared.grants.conditional import only_if_uniform, takes_condition

TAKES = [
    "//cloudresourcemanager.googleapis.com/projects/acme-web",
    "//cloudresourcemanager.googleapis.com/folders/1001",
    "//iam.googleapis.com/projects/p/serviceAccounts/a@p.iam.gserviceaccount.com",
    "//storage.googleapis.com/projects/_/buckets/b",
    "//bigquery.googleapis.com/projects/p/datasets/d",
    "//bigquery.googleapis.com/projects/p/datasets/d/tables/t",
    "//secretmanager.googleapis.com/projects/p/secrets/s",
    "//secretmanager.googleapis.com/projects/p/locations/l/secrets/s",
    "//cloudkms.googleapis.com/projects/p/locations/l/keyRings/r/cryptoKeys/k",
    "//run.googleapis.com/projects/p/locations/l/services/s",
    "//compute.googleapis.com/projects/p/zones/z/instances/i",
]
TAKES_NONE = [
    "//pubsub.googleapis.com/projects/p/topics/t",
    "//pubsub.googleapis.com/projects/p/subscriptions/s",
    "//artifactregistry.googleapis.com/projects/p/locations/l/repositories/r",
    "//cloudfunctions.googleapis.com/projects/p/locations/l/functions/f",
    "//run.googleapis.com/projects/p/locations/l/jobs/j",
    "//cloudkms.googleapis.com/projects/p/locations/l/keyRings/r/importJobs/j",
    "//secretmanager.googleapis.com/projects/p/secrets/s/versions/1",
    "//storage.googleapis.com/projects/_/buckets/b/objects/o",
    "//cloudtasks.googleapis.com/projects/p/locations/l/queues/q",
]


@pytest.mark.parametrize("resource", TAKES)
def test_policies_that_google_lists_take_conditions(resource: str) -> None:
    assert takes_condition(resource)


@pytest.mark.parametrize("resource", TAKES_NONE)
def test_every_other_policy_takes_none(resource: str) -> None:
    assert not takes_condition(resource)


@pytest.mark.parametrize("name", ["", "//", "//storage.googleapis.com", "projects/_/buckets/b", "//x.example/buckets/b",
                                  "//storage.googleapis.com/projects/_/buckets", "//storage.googleapis.com/buckets"])  # fmt: skip
def test_what_is_no_full_name_takes_none(name: str) -> None:
    assert not takes_condition(name)


def test_only_a_bucket_takes_conditions_only_with_uniform_access() -> None:
    bucket = "//storage.googleapis.com/projects/_/buckets/b"
    assert only_if_uniform(bucket)
    assert not only_if_uniform(f"{bucket}/managedFolders/f")
    assert not only_if_uniform("//secretmanager.googleapis.com/projects/p/secrets/s")
    assert not only_if_uniform("//storage.googleapis.com/projects/_/buckets/")
