"""The inventory: what a search finds, in the inventory's own names, and what an identity can reach."""

from __future__ import annotations

import pytest
from google.api_core import exceptions
from worlds import FOLDER, ORGANIZATION, Cloud, add_account, add_bucket, grant

UP = "up@acme-web.iam.gserviceaccount.com"
MEMBER = f"serviceAccount:{UP}"
BUCKET = "//storage.googleapis.com/projects/_/buckets/photos"
WEB = "//cloudresourcemanager.googleapis.com/projects/acme-web"
ORG = "organizations/123456789012"


@pytest.fixture(autouse=True)
def _resources(cloud: Cloud) -> None:
    account = add_account(cloud.world, UP)
    account.body["displayName"] = "Uploader of photos"
    add_bucket(cloud.world, "photos").body["labels"] = {"env": "prod"}
    add_bucket(cloud.world, "photos-archive", "acme-data").body["labels"] = {"env": "test"}


def found(cloud: Cloud, query: str = "", scope: str = ORG, **more: object) -> list[str]:
    request = {"scope": scope, "query": query, **more}
    return [one.name.rpartition("/")[2] for one in cloud.clients().assets.search_all_resources(request=request)]


def test_a_bucket_has_the_inventory_s_own_name_and_its_place(cloud: Cloud) -> None:
    request = {"scope": ORG, "query": "name:photos labels.env:prod"}
    [bucket] = cloud.clients().assets.search_all_resources(request=request)
    assert bucket.name == "//storage.googleapis.com/photos"
    assert bucket.asset_type == "storage.googleapis.com/Bucket"
    assert (bucket.project, list(bucket.folders), bucket.organization) == (
        "projects/111111111111",
        ["folders/1001"],
        ORG,
    )
    assert bucket.parent_full_resource_name == WEB


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("name=//storage.googleapis.com/photos", ["photos"]),
        ("name:photos", ["photos", "photos-archive"]),
        ("name:PHOTOS", ["photos", "photos-archive"]),
        ("name:pho*", ["photos", "photos-archive"]),
        ("name:pho", []),
        ("labels.env:*", ["photos", "photos-archive"]),
        ("labels:test", ["photos-archive"]),
        ('displayName:"uploader of"', [UP]),
        ("uploader", [UP]),
        ("name:(photos OR up) NOT labels.env=test", [UP, "photos"]),
        ("NOT (name:photos OR assetType:Project OR assetType:Folder OR assetType:Organization)", [UP]),
        ("name:photos AND labels.env=test", ["photos-archive"]),
        ("name=photos", []),
    ],
)
def test_queries_find_words_exact_values_and_combinations(cloud: Cloud, query: str, expected: list[str]) -> None:
    assert found(cloud, query) == expected


@pytest.mark.parametrize(
    "query", ["nonsense:x", "name:(photos", "photos)", "name:a AND name:b OR name:c", "NOT", '"open', "()"]
)
def test_a_query_that_cannot_be_read_is_refused(cloud: Cloud, query: str) -> None:
    with pytest.raises(exceptions.BadRequest, match=r"query"):
        found(cloud, query)


def test_a_search_stays_in_its_scope_and_in_its_types(cloud: Cloud) -> None:
    assert found(cloud, "name:photos", "projects/acme-data") == ["photos-archive"]
    assert found(cloud, "name:photos", "projects/222222222222") == ["photos-archive"]
    types = ["iam.googleapis.com/ServiceAccount", "cloudresourcemanager.googleapis.com/Folder"]
    assert found(cloud, asset_types=types) == ["1001", UP]


def test_a_search_comes_in_pages(cloud: Cloud) -> None:
    assert len(found(cloud, page_size=3)) == 7
    assert cloud.world.calls.count("cloudasset.searchAllResources") == 3


def test_objects_and_deleted_accounts_are_not_in_the_inventory(cloud: Cloud) -> None:
    cloud.clients().storage.bucket("photos").blob("cat.jpg").upload_from_string(b"meow")
    cloud.clients().iam_admin.delete_service_account(request={"name": f"projects/-/serviceAccounts/{UP}"})
    assert found(cloud, "cat") == found(cloud, "up") == []


def test_policies_come_with_the_bindings_that_match_alone(cloud: Cloud) -> None:
    grant(cloud.world, BUCKET, "roles/storage.objectCreator", MEMBER, "user:ann@example.com")
    grant(cloud.world, BUCKET, "roles/storage.objectViewer", "user:ann@example.com")
    grant(cloud.world, FOLDER, "roles/browser", MEMBER, title="until May", expression="request.time.getMonth() < 5")
    request = {"scope": ORG, "query": f'policy:"{MEMBER}"'}
    results = list(cloud.clients().assets.search_all_iam_policies(request=request))
    assert [(one.resource, [held.role for held in one.policy.bindings]) for one in results] == [
        (FOLDER, ["roles/browser"]),
        ("//storage.googleapis.com/photos", ["roles/storage.objectCreator"]),
    ]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("policy.role.permissions:storage.objects.create", 1),
        ("roles:roles/browser", 1),
        ("memberTypes:user", 0),
        ("resource=//storage.googleapis.com/photos", 1),
        (f"policy={MEMBER}", 2),
        ("policy:up@acme-web", 2),
    ],
)
def test_policies_are_found_by_role_permission_member_and_resource(cloud: Cloud, query: str, count: int) -> None:
    grant(cloud.world, BUCKET, "roles/storage.objectCreator", MEMBER)
    grant(cloud.world, FOLDER, "roles/browser", MEMBER)
    results = list(cloud.clients().assets.search_all_iam_policies(request={"scope": ORG, "query": query}))
    assert len(results) == count


def test_an_analysis_follows_groups_and_says_what_conditions_leave_open(cloud: Cloud) -> None:
    cloud.world.groups["uploaders@example.com"] = [MEMBER]
    grant(
        cloud.world, FOLDER, "roles/storage.objectCreator", "group:uploaders@example.com", expression="false", title="n"
    )
    query = {
        "scope": ORG,
        "identity_selector": {"identity": MEMBER},
        "access_selector": {"permissions": ["storage.objects.create", "storage.objects.get"]},
        "resource_selector": {"full_resource_name": "//storage.googleapis.com/photos"},
    }
    answer = cloud.clients().assets.analyze_iam_policy(request={"analysis_query": query})
    [result] = answer.main_analysis.analysis_results
    assert answer.fully_explored
    assert result.attached_resource_full_name == FOLDER
    assert [one.name for one in result.identity_list.identities] == [MEMBER]
    [access] = result.access_control_lists
    assert [one.permission for one in access.accesses] == ["storage.objects.create"]
    assert access.condition_evaluation.evaluation_value.name == "CONDITIONAL"


def test_an_analysis_needs_something_to_analyse(cloud: Cloud) -> None:
    with pytest.raises(exceptions.BadRequest, match="At least one"):
        cloud.clients().assets.analyze_iam_policy(request={"analysis_query": {"scope": ORG}})


def test_a_search_takes_the_permission_on_its_scope(cloud: Cloud) -> None:
    ann = cloud.clients("as:user:ann@example.com").assets
    with pytest.raises(exceptions.Forbidden, match=r"cloudasset\.assets\.searchAllResources"):
        ann.search_all_resources(request={"scope": "projects/acme-web"})
    grant(cloud.world, ORGANIZATION, "roles/owner", "user:ann@example.com")
    assert len(list(ann.search_all_resources(request={"scope": "projects/acme-web"}))) == 3
