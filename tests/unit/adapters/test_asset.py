"""Searches of the inventory, read to the last page; what somebody holds is told by exact name."""

from __future__ import annotations

import pytest
from looks import OUTAGES, fails, refused
from worlds import FOLDER, Cloud, add_account, add_bucket, grant

from sandbox.faults import FaultKind
from shared.adapters import asset
from shared.errors import LookFailed
from shared.model.facts import Asset, Condition, Holding

ORG = "organizations/123456789012"
UP = "up@acme-web.iam.gserviceaccount.com"
MEMBER = f"serviceAccount:{UP}"
BUCKET = "//storage.googleapis.com/projects/_/buckets/photos"
RESOURCES, POLICIES = "searchAllResources", "searchAllIamPolicies"


@pytest.fixture(autouse=True)
def _resources(cloud: Cloud) -> None:
    add_account(cloud.world, UP)
    add_bucket(cloud.world, "photos")


def test_a_resource_is_told_by_the_name_that_iam_has_for_it_and_its_place(cloud: Cloud) -> None:
    found = asset.assets(cloud.clients(), ORG, "name:photos")
    parents = ("folders/1001", ORG)
    assert found == (
        Asset(name=BUCKET, type="storage.googleapis.com/Bucket", project="projects/111111111111", parents=parents),
    )


def test_nothing_found_is_an_answer(cloud: Cloud) -> None:
    assert asset.assets(cloud.clients(), ORG, "name:nothing") == ()


def test_all_pages_are_read(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.adapters.asset.PAGE", 2)
    for number in range(5):
        add_bucket(cloud.world, f"photos-{number}")
    assert len(asset.assets(cloud.clients(), ORG, "name:photos")) == 6


def test_what_somebody_holds_is_told_from_every_policy_with_its_conditions(cloud: Cloud) -> None:
    ends = Condition(title="until May", expression='request.time < timestamp("2026-05-01T00:00:00Z")')
    grant(cloud.world, BUCKET, "roles/storage.objectViewer", MEMBER, "user:ann@example.com")
    grant(cloud.world, BUCKET, "roles/storage.objectCreator", MEMBER)
    grant(cloud.world, FOLDER, "roles/browser", MEMBER, title=ends.title, expression=ends.expression)
    assert asset.holdings(cloud.clients(), ORG, MEMBER) == (
        Holding(resource=FOLDER, role="roles/browser", condition=ends),  # type: ignore[arg-type]
        Holding(resource=BUCKET, role="roles/storage.objectCreator"),  # type: ignore[arg-type]
        Holding(resource=BUCKET, role="roles/storage.objectViewer"),  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("other", [f"serviceAccount:backup-{UP}", f"deleted:{MEMBER}?uid=1", MEMBER.upper()])
def test_who_only_looks_alike_holds_nothing_for_somebody_else(cloud: Cloud, other: str) -> None:
    grant(cloud.world, BUCKET, "roles/storage.objectViewer", other)
    assert asset.holdings(cloud.clients(), ORG, MEMBER) == ()


@pytest.mark.parametrize("member", ["", 'a" OR policy:"b', "user:a b@example.com", "user:\\"])
def test_what_can_be_no_member_is_not_searched_for(cloud: Cloud, member: str) -> None:
    with pytest.raises(LookFailed, match="is no IAM member"):
        asset.holdings(cloud.clients(), ORG, member)
    assert cloud.world.calls == []


@pytest.mark.parametrize("scope", ["", "acme", "buckets/b", "projects/a/b", "projects/a?b"])
def test_searches_are_made_in_containers_alone(cloud: Cloud, scope: str) -> None:
    for look in (asset.assets, asset.holdings):
        with pytest.raises(LookFailed, match="searches are made in"):
            look(cloud.clients(), scope, MEMBER)
    assert cloud.world.calls == []


def test_a_query_that_google_cannot_read_fails_the_look(cloud: Cloud) -> None:
    with pytest.raises(LookFailed, match="cannot be searched"):
        asset.assets(cloud.clients(), ORG, "nonsense:x")


def test_a_refusal_names_the_permission_that_is_missing(cloud: Cloud) -> None:
    for method, look in ((RESOURCES, asset.assets), (POLICIES, asset.holdings)):
        permission = f"cloudasset.assets.{method}"
        assert refused(cloud, permission, lambda: look(cloud.clients(), ORG, MEMBER)).permission == permission  # noqa: B023


@pytest.mark.parametrize("fault", [*OUTAGES, FaultKind.ENDLESS])
def test_without_a_usable_answer_the_look_has_failed(cloud: Cloud, fault: FaultKind) -> None:
    fails(cloud, f"cloudasset.{RESOURCES}", fault, lambda: asset.assets(cloud.clients(), ORG, "photos"))


@pytest.mark.parametrize("fault", [*OUTAGES, FaultKind.ENDLESS])
def test_without_usable_policies_the_look_has_failed(cloud: Cloud, fault: FaultKind) -> None:
    grant(cloud.world, BUCKET, "roles/storage.objectViewer", MEMBER)
    fails(cloud, f"cloudasset.{POLICIES}", fault, lambda: asset.holdings(cloud.clients(), ORG, MEMBER))
