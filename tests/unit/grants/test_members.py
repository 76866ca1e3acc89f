"""Members are the same by what IAM makes of them, not by how they were typed."""

from __future__ import annotations

import pytest

from shared.grants.members import as_stored


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("user:Ann@Example.com", "user:ann@example.com"),
        ("serviceAccount:Up@acme.iam.gserviceaccount.com", "serviceAccount:up@acme.iam.gserviceaccount.com"),
        ("group:Team@example.com", "group:team@example.com"),
        ("domain:Example.COM", "domain:example.com"),
        ("deleted:user:Ann@example.com?uid=1", "deleted:user:ann@example.com?uid=1"),
    ],
)
def test_letter_case_does_not_count_in_addresses(typed: str, stored: str) -> None:
    assert as_stored(typed) == stored


@pytest.mark.parametrize(
    "member",
    [
        "principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/P/subject/Ann",
        "principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/P/group/G",
        "deleted:principal://iam.googleapis.com/locations/global/workforcePools/P/subject/Ann",
        "allUsers",
        "allAuthenticatedUsers",
    ],
)
def test_letter_case_counts_in_federated_names_and_in_words_of_iam(member: str) -> None:
    assert as_stored(member) == member


def test_the_kind_of_a_member_is_part_of_it() -> None:
    assert as_stored("user:a@b.com") != as_stored("group:a@b.com")
