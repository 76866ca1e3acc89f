"""Service accounts live and die as Google's do, and policies follow them by their unique ids."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from google.api_core import exceptions
from worlds import ORGANIZATION, Cloud, add_account, add_bucket, add_deny, grant

UP = "up@acme-web.iam.gserviceaccount.com"
UNIQUE = "112233445566778899001"
MEMBER, GONE = f"serviceAccount:{UP}", f"deleted:serviceAccount:{UP}?uid={UNIQUE}"
NAME = f"projects/acme-web/serviceAccounts/{UP}"
ANN = "user:ann@example.com"
BUCKET = "//storage.googleapis.com/projects/_/buckets/photos"


def admin(cloud: Cloud) -> Any:
    """The client of somebody who owns the organisation."""
    if not cloud.world.resources[ORGANIZATION].policies:
        grant(cloud.world, ORGANIZATION, "roles/owner", ANN)
    return cloud.clients(f"as:{ANN}").iam_admin


def upload(cloud: Cloud) -> None:
    cloud.clients(f"as:{MEMBER}").storage.bucket("photos").blob("cat.jpg").upload_from_string(b"meow")


@pytest.fixture
def account(cloud: Cloud) -> None:
    """An account that may upload, as a member of its bucket's policy and of a group."""
    add_account(cloud.world, UP, UNIQUE)
    add_bucket(cloud.world, "photos")
    grant(cloud.world, BUCKET, "roles/storage.objectUser", MEMBER)
    cloud.world.groups["uploaders@example.com"] = [MEMBER]


def members(cloud: Cloud) -> list[str]:
    policy = cloud.clients().storage.bucket("photos").get_iam_policy(requested_policy_version=3)
    return [member for binding in policy.bindings for member in binding["members"]]


def test_a_new_account_is_known_by_its_address_its_unique_id_and_any_spelling_of_its_project(cloud: Cloud) -> None:
    client = admin(cloud)
    made = client.create_service_account(request={"name": "projects/acme-web", "account_id": "uploader"})
    assert made.email == "uploader@acme-web.iam.gserviceaccount.com"
    for name in (made.email, made.unique_id):
        for project in ("acme-web", "111111111111", "-"):
            path = f"projects/{project}/serviceAccounts/{name}"
            assert client.get_service_account(request={"name": path}) == made


@pytest.mark.usefixtures("account")
def test_an_account_is_not_found_in_the_project_of_others(cloud: Cloud) -> None:
    with pytest.raises(exceptions.NotFound):
        admin(cloud).get_service_account(request={"name": f"projects/acme-data/serviceAccounts/{UP}"})


def test_with_a_wildcard_for_the_project_a_missing_account_looks_forbidden(cloud: Cloud) -> None:
    with pytest.raises(exceptions.PermissionDenied, match="or it may not exist"):
        cloud.clients().iam_admin.get_service_account(request={"name": f"projects/-/serviceAccounts/{UP}"})


def test_an_address_is_given_once(cloud: Cloud) -> None:
    request = {"name": "projects/acme-web", "account_id": "uploader"}
    admin(cloud).create_service_account(request=request)
    with pytest.raises(exceptions.AlreadyExists):
        admin(cloud).create_service_account(request=request)


@pytest.mark.parametrize("account_id", ["up", "Uploader", "up loader", "a" * 31])
def test_an_account_id_has_google_s_form(cloud: Cloud, account_id: str) -> None:
    with pytest.raises(exceptions.InvalidArgument):
        admin(cloud).create_service_account(request={"name": "projects/acme-web", "account_id": account_id})


def test_accounts_of_a_project_are_listed_page_by_page(cloud: Cloud) -> None:
    made = [f"uploader-{number}" for number in range(5)]
    for one in made:
        admin(cloud).create_service_account(request={"name": "projects/acme-web", "account_id": one})
    listed = admin(cloud).list_service_accounts(request={"name": "projects/acme-web", "page_size": 2})
    assert [one.email.partition("@")[0] for one in listed] == made
    assert cloud.world.calls.count("iam.projects.serviceAccounts.list") == 3


@pytest.mark.usefixtures("account")
def test_a_disabled_account_cannot_call_until_it_is_enabled(cloud: Cloud) -> None:
    upload(cloud)
    admin(cloud).disable_service_account(request={"name": NAME})
    with pytest.raises(exceptions.Unauthenticated, match="is disabled"):
        cloud.clients(f"as:{MEMBER}").iam_admin.get_service_account(request={"name": NAME})
    assert admin(cloud).get_service_account(request={"name": NAME}).disabled
    admin(cloud).enable_service_account(request={"name": NAME})
    upload(cloud)


@pytest.mark.usefixtures("account")
def test_policies_name_a_deleted_account_with_its_unique_id(cloud: Cloud) -> None:
    principal = f"principal://iam.googleapis.com/projects/-/serviceAccounts/{UP}"
    add_deny(cloud.world, "projects/acme-web", ["storage.googleapis.com/objects.delete"], [principal])
    admin(cloud).delete_service_account(request={"name": NAME})
    assert members(cloud) == [GONE]
    assert cloud.world.groups["uploaders@example.com"] == [GONE]
    [policy] = cloud.world.deny_policies.values()
    assert policy["rules"][0]["denyRule"]["deniedPrincipals"] == [f"deleted:{principal}?uid={UNIQUE}"]
    with pytest.raises(exceptions.NotFound):
        admin(cloud).get_service_account(request={"name": NAME})


def test_an_account_made_again_under_the_same_address_has_none_of_the_old_bindings(cloud: Cloud) -> None:
    client = admin(cloud)
    made = client.create_service_account(request={"name": "projects/acme-web", "account_id": "uploader"})
    add_bucket(cloud.world, "photos")
    grant(cloud.world, BUCKET, "roles/storage.objectCreator", f"serviceAccount:{made.email}")
    client.delete_service_account(request={"name": made.name})
    again = client.create_service_account(request={"name": "projects/acme-web", "account_id": "uploader"})
    assert again.unique_id != made.unique_id
    blob = cloud.clients(f"as:serviceAccount:{made.email}").storage.bucket("photos").blob("cat.jpg")
    with pytest.raises(exceptions.Forbidden, match=r"storage\.objects\.create"):
        blob.upload_from_string(b"meow")
    assert members(cloud) == [f"deleted:serviceAccount:{made.email}?uid={made.unique_id}"]


@pytest.mark.usefixtures("account")
def test_an_undeleted_account_has_its_bindings_back(cloud: Cloud) -> None:
    admin(cloud).delete_service_account(request={"name": NAME})
    name = f"projects/acme-web/serviceAccounts/{UNIQUE}"
    restored = admin(cloud).undelete_service_account(request={"name": name}).restored_account
    assert (restored.email, members(cloud)) == (UP, [MEMBER])
    upload(cloud)


@pytest.mark.usefixtures("account")
def test_nothing_comes_back_after_thirty_days(cloud: Cloud) -> None:
    admin(cloud).delete_service_account(request={"name": NAME})
    cloud.world.clock.turn(timedelta(days=31))
    with pytest.raises(exceptions.NotFound):
        admin(cloud).undelete_service_account(request={"name": f"projects/acme-web/serviceAccounts/{UNIQUE}"})


@pytest.mark.usefixtures("account")
def test_an_account_does_not_come_back_where_its_address_is_taken(cloud: Cloud) -> None:
    admin(cloud).delete_service_account(request={"name": NAME})
    add_account(cloud.world, UP, "112233445566778899002")
    with pytest.raises(exceptions.FailedPrecondition):
        admin(cloud).undelete_service_account(request={"name": f"projects/acme-web/serviceAccounts/{UNIQUE}"})


@pytest.mark.usefixtures("account")
def test_a_deletion_is_logged_under_google_s_name_for_it(cloud: Cloud) -> None:
    admin(cloud).delete_service_account(request={"name": f"projects/-/serviceAccounts/{UP}"})
    [entry] = [one for one in cloud.world.entries if one["protoPayload"]["methodName"].endswith("DeleteServiceAccount")]
    assert entry["protoPayload"]["methodName"] == "google.iam.admin.v1.DeleteServiceAccount"
    assert entry["protoPayload"]["resourceName"] == f"projects/-/serviceAccounts/{UNIQUE}"
    assert entry["resource"]["labels"] == {"project_id": "acme-web", "email_id": UP, "unique_id": UNIQUE}
    assert entry["logName"] == "projects/acme-web/logs/cloudaudit.googleapis.com%2Factivity"


@pytest.mark.usefixtures("account")
def test_changing_an_account_takes_the_permission_on_it(cloud: Cloud) -> None:
    with pytest.raises(exceptions.PermissionDenied, match=r"iam\.serviceAccounts\.delete"):
        cloud.clients("as:user:bob@example.com").iam_admin.delete_service_account(request={"name": NAME})
    assert members(cloud) == [MEMBER]


def test_roles_that_can_be_granted_are_those_of_the_service_and_the_custom_ones_around(cloud: Cloud) -> None:
    add_bucket(cloud.world, "photos")
    for name in ("projects/acme-web/roles/uploader", "projects/acme-data/roles/uploader"):
        cloud.world.roles[name] = {"name": name, "title": "Uploader", "includedPermissions": ["storage.objects.create"]}
    request = {"full_resource_name": BUCKET, "page_size": 2}
    listed = [one.name for one in cloud.clients().iam_admin.query_grantable_roles(request=request)]
    assert "roles/storage.objectCreator" in listed
    assert "roles/pubsub.publisher" not in listed
    assert "projects/acme-web/roles/uploader" in listed
    assert "projects/acme-data/roles/uploader" not in listed
