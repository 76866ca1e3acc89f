"""Cloud Storage in the sandbox: objects, who may replace them, and policies with etags and conditions."""

from __future__ import annotations

import pytest
from google.api_core import exceptions
from worlds import Cloud, add_account, grant

from sandbox.services.storage import add_bucket
from sandbox.world import CRM, Resource

EMAIL = "up@acme-web.iam.gserviceaccount.com"
UPLOADER = f"serviceAccount:{EMAIL}"
CREATOR = "roles/storage.objectCreator"


@pytest.fixture
def bucket(cloud: Cloud) -> Resource:
    add_account(cloud.world, EMAIL)
    return add_bucket(cloud.world, "acme-web", "photos")


def upload(cloud: Cloud, text: str) -> None:
    cloud.clients(f"as:{UPLOADER}").storage.bucket("photos").blob("cat.jpg").upload_from_string(text)


def test_a_creator_may_add_an_object_but_not_replace_it(cloud: Cloud, bucket: Resource) -> None:
    grant(cloud.world, bucket.name, CREATOR, UPLOADER)
    upload(cloud, "meow")
    with pytest.raises(exceptions.Forbidden, match=r"does not have storage\.objects\.delete access"):
        upload(cloud, "purr")
    uploads = [one for one in cloud.world.entries if one["protoPayload"]["methodName"] == "storage.objects.create"]
    checked = uploads[-1]["protoPayload"]["authorizationInfo"]
    assert [(one["permission"], one.get("granted", False)) for one in checked] == [
        ("storage.objects.create", True),
        ("storage.objects.delete", False),
    ]


def test_a_user_of_objects_may_replace_read_and_delete_them(cloud: Cloud, bucket: Resource) -> None:
    grant(cloud.world, bucket.name, "roles/storage.objectUser", UPLOADER)
    upload(cloud, "meow")
    upload(cloud, "purr")
    blob = cloud.clients(f"as:{UPLOADER}").storage.bucket("photos").blob("cat.jpg")
    assert blob.download_as_bytes() == b"purr"
    blob.delete()
    assert f"{bucket.name}/objects/cat.jpg" not in cloud.world.resources


def test_the_default_policy_of_a_bucket_names_those_who_have_basic_roles_on_the_project(
    cloud: Cloud, bucket: Resource
) -> None:
    grant(cloud.world, bucket.name, "roles/storage.legacyBucketReader", "projectViewer:acme-web")
    reader = cloud.clients("as:user:ann@example.com").storage
    with pytest.raises(exceptions.Forbidden):
        reader.get_bucket("photos")
    grant(cloud.world, f"{CRM}/projects/acme-web", "roles/viewer", "user:ann@example.com")
    assert reader.get_bucket("photos").name == "photos"


def test_a_stale_etag_is_a_precondition_that_failed(cloud: Cloud, bucket: Resource) -> None:
    bucket.hidden["conflicts"] = 1
    held = cloud.clients().storage.bucket("photos")
    policy = held.get_iam_policy(requested_policy_version=3)
    with pytest.raises(exceptions.PreconditionFailed, match="did not hold"):
        held.set_iam_policy(policy)
    with pytest.raises(exceptions.PreconditionFailed):
        held.set_iam_policy(policy)
    assert held.set_iam_policy(held.get_iam_policy(requested_policy_version=3)).etag


def test_without_uniform_access_a_policy_takes_no_condition(cloud: Cloud, bucket: Resource) -> None:
    held = cloud.clients().storage.bucket("photos")
    policy = held.get_iam_policy(requested_policy_version=3)
    policy.version = 3
    policy.bindings = [{"role": CREATOR, "members": [UPLOADER], "condition": {"title": "t", "expression": "true"}}]
    assert held.set_iam_policy(policy).bindings[0]["condition"]["title"] == "t"
    bucket.body["iamConfiguration"]["uniformBucketLevelAccess"]["enabled"] = False
    with pytest.raises(exceptions.BadRequest, match="not supported"):
        held.set_iam_policy(held.get_iam_policy(requested_policy_version=3))


@pytest.mark.usefixtures("bucket")
@pytest.mark.parametrize(
    ("member", "said"),
    [
        ("serviceAccount:gone@acme-web.iam.gserviceaccount.com", "does not exist"),
        ("user:eve@elsewhere.example", "do not belong to a permitted customer"),
    ],
)
def test_a_member_that_may_not_be_there_fails_the_whole_write(cloud: Cloud, member: str, said: str) -> None:
    cloud.world.resources[f"{CRM}/organizations/123456789012"].hidden["only_domain"] = True
    held = cloud.clients().storage.bucket("photos")
    policy = held.get_iam_policy(requested_policy_version=3)
    policy.bindings = [{"role": CREATOR, "members": [UPLOADER, member]}]
    with pytest.raises((exceptions.BadRequest, exceptions.PreconditionFailed), match=said):
        held.set_iam_policy(policy)
    assert held.get_iam_policy(requested_policy_version=3).bindings == []


def test_a_caller_can_ask_which_permissions_it_has(cloud: Cloud, bucket: Resource) -> None:
    grant(cloud.world, bucket.name, CREATOR, UPLOADER)
    held = cloud.clients(f"as:{UPLOADER}").storage.bucket("photos")
    asked = ["storage.objects.create", "storage.objects.delete"]
    assert held.test_iam_permissions(asked) == ["storage.objects.create"]
