from __future__ import annotations

import pytest
from google.api_core import exceptions
from worlds import Cloud, add_account, add_bucket, grant

EMAIL = "up@acme-web.iam.gserviceaccount.com"
MEMBER = f"serviceAccount:{EMAIL}"
BUCKET = "//storage.googleapis.com/projects/_/buckets/photos"


def upload(cloud: Cloud) -> None:
    cloud.clients(f"as:{MEMBER}").storage.bucket("photos").blob("cat.jpg").upload_from_string(b"meow")


def test_a_call_without_a_role_is_refused_and_leaves_the_audit_entry_that_google_writes(cloud: Cloud) -> None:
    add_account(cloud.world, EMAIL)
    add_bucket(cloud.world, "photos")
    with pytest.raises(exceptions.Forbidden, match=r"does not have storage\.objects\.create access"):
        upload(cloud)
    written = [one for one in cloud.world.entries if one["protoPayload"]["methodName"] == "storage.objects.create"]
    payload = written[0]["protoPayload"]
    assert payload["status"]["code"] == 7
    assert payload["authenticationInfo"]["principalEmail"] == EMAIL
    assert payload["authorizationInfo"][0]["permission"] == "storage.objects.create"
    assert "granted" not in payload["authorizationInfo"][0]


def test_the_same_call_succeeds_once_a_role_is_granted_through_the_real_client(cloud: Cloud) -> None:
    add_account(cloud.world, EMAIL)
    add_bucket(cloud.world, "photos")
    bucket = cloud.clients().storage.bucket("photos")
    policy = bucket.get_iam_policy(requested_policy_version=3)
    policy.bindings.append({"role": "roles/storage.objectCreator", "members": {MEMBER}})
    bucket.set_iam_policy(policy)
    upload(cloud)
    assert cloud.world.resources[f"{BUCKET}/objects/cat.jpg"].hidden["media"] == b"meow"


def test_a_condition_that_has_ended_grants_nothing(cloud: Cloud) -> None:
    add_account(cloud.world, EMAIL)
    add_bucket(cloud.world, "photos")
    ended = 'request.time < timestamp("2026-11-20T00:00:00Z")'
    grant(cloud.world, BUCKET, "roles/storage.objectCreator", MEMBER, expression=ended, title="until yesterday")
    with pytest.raises(exceptions.Forbidden):
        upload(cloud)
