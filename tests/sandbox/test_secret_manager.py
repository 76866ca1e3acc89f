"""Secret Manager in the sandbox: who may read what is in a secret, and in which state."""

from __future__ import annotations

import pytest
from google.api_core import exceptions
from worlds import Cloud, add_account, grant

from sandbox.services.secret_manager import add_secret
from sandbox.world import CRM, Resource

EMAIL = "shop@acme-web.iam.gserviceaccount.com"
SHOP = f"serviceAccount:{EMAIL}"
LATEST = "projects/acme-web/secrets/psp-token/versions/latest"


@pytest.fixture
def secret(cloud: Cloud) -> Resource:
    add_account(cloud.world, EMAIL)
    return add_secret(cloud.world, "acme-web", "psp-token", b"old", b"new")


def access(cloud: Cloud, name: str = LATEST) -> bytes:
    client = cloud.clients(f"as:{SHOP}").secrets
    return bytes(client.access_secret_version(request={"name": name}).payload.data)


@pytest.mark.usefixtures("secret")
def test_a_secret_is_refused_in_the_words_and_with_the_entry_that_google_writes(cloud: Cloud) -> None:
    with pytest.raises(exceptions.Forbidden, match=f"versions.access' denied for resource '{LATEST}' .or it may not"):
        access(cloud)
    entry = cloud.world.entries[-1]
    assert entry["logName"].endswith("cloudaudit.googleapis.com%2Fdata_access")
    assert entry["resource"]["type"] == "audited_resource"
    assert entry["protoPayload"]["resourceName"] == LATEST


def test_a_missing_secret_is_refused_in_the_same_words(cloud: Cloud) -> None:
    add_account(cloud.world, EMAIL)
    with pytest.raises(exceptions.Forbidden, match="or it may not exist"):
        access(cloud)


def test_a_role_on_the_secret_opens_the_newest_version_that_is_enabled(cloud: Cloud, secret: Resource) -> None:
    grant(cloud.world, secret.name, "roles/secretmanager.secretAccessor", SHOP)
    assert access(cloud) == b"new"
    cloud.world.resources[f"{secret.name}/versions/2"].body["state"] = "DISABLED"
    assert access(cloud) == b"old"
    with pytest.raises(exceptions.BadRequest, match="is in DISABLED state"):
        access(cloud, LATEST.replace("latest", "2"))


def test_with_a_role_on_the_project_a_missing_secret_is_not_found(cloud: Cloud, secret: Resource) -> None:
    grant(cloud.world, f"{CRM}/projects/acme-web", "roles/secretmanager.secretAccessor", SHOP)
    assert access(cloud, f"{secret.body['name']}/versions/1") == b"old"
    with pytest.raises(exceptions.NotFound):
        access(cloud, LATEST.replace("psp-token", "other"))


def test_editor_may_not_read_secrets(cloud: Cloud, secret: Resource) -> None:
    grant(cloud.world, f"{CRM}/projects/acme-web", "roles/editor", SHOP)
    assert cloud.clients(f"as:{SHOP}").secrets.get_secret(request={"name": secret.body["name"]}).name
    with pytest.raises(exceptions.Forbidden):
        access(cloud)


def test_conditions_read_as_version_one_come_back_marked_and_cannot_be_written_back(
    cloud: Cloud, secret: Resource
) -> None:
    grant(cloud.world, secret.name, "roles/secretmanager.secretAccessor", SHOP, title="t", expression="1 < 2")
    client, name = cloud.clients().secrets, secret.body["name"]
    policy = client.get_iam_policy(request={"resource": name})
    assert policy.bindings[0].role.startswith("roles/secretmanager.secretAccessor_withcond_")
    with pytest.raises(exceptions.BadRequest):
        client.set_iam_policy(request={"resource": name, "policy": policy})
