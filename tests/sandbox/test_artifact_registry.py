"""Artifact Registry in the sandbox: lists through the API, and pulls as Docker makes them."""

from __future__ import annotations

import pytest
from google.api_core import exceptions
from worlds import Cloud, add_account, grant

from sandbox.caller import caller_of
from sandbox.errors import Refusal
from sandbox.services.artifact_registry import add_repository, pull
from sandbox.world import Resource

EMAIL = "nodes@acme-web.iam.gserviceaccount.com"
NODES = f"serviceAccount:{EMAIL}"
READER = "roles/artifactregistry.reader"


@pytest.fixture
def repository(cloud: Cloud) -> Resource:
    add_account(cloud.world, EMAIL)
    return add_repository(cloud.world, "acme-data", "europe-west3", "base", "shop/app@sha256:1f", "shop/app@sha256:2e")


def test_a_list_of_images_is_for_readers_only(cloud: Cloud, repository: Resource) -> None:
    client = cloud.clients(f"as:{NODES}").repositories
    with pytest.raises(exceptions.Forbidden, match=r"'artifactregistry\.dockerimages\.list' denied on resource"):
        list(client.list_docker_images(request={"parent": repository.body["name"]}))
    grant(cloud.world, repository.name, READER, NODES)
    images = client.list_docker_images(request={"parent": repository.body["name"]})
    assert [one.uri for one in images] == [
        "europe-west3-docker.pkg.dev/acme-data/base/shop/app@sha256:1f",
        "europe-west3-docker.pkg.dev/acme-data/base/shop/app@sha256:2e",
    ]
    packages = client.list_packages(request={"parent": repository.body["name"]})
    assert [one.name for one in packages] == [f"{repository.body['name']}/packages/shop/app"]
    assert client.get_repository(request={"name": repository.body["name"]}).format_.name == "DOCKER"


def test_a_refused_pull_leaves_the_audit_entry_of_the_registry(cloud: Cloud, repository: Resource) -> None:
    puller = caller_of(cloud.world, f"Bearer as:{NODES}")
    with pytest.raises(Refusal, match="downloadArtifacts"):
        pull(cloud.world, puller, repository.name)
    payload = cloud.world.entries[-1]["protoPayload"]
    assert (payload["methodName"], payload["status"]["code"]) == ("Docker-GetManifest", 7)
    assert payload["authenticationInfo"]["principalEmail"] == EMAIL


def test_a_pull_with_the_role_is_audited_as_granted(cloud: Cloud, repository: Resource) -> None:
    grant(cloud.world, repository.name, READER, NODES)
    pull(cloud.world, caller_of(cloud.world, f"Bearer as:{NODES}"), repository.name)
    assert cloud.world.entries[-1]["protoPayload"]["authorizationInfo"][0]["granted"] is True


def test_the_policy_of_a_repository_takes_no_condition(cloud: Cloud, repository: Resource) -> None:
    client, name = cloud.clients().repositories, repository.body["name"]
    policy = client.get_iam_policy(request={"resource": name})
    policy.version = 3
    policy.bindings.add(role=READER, members=[NODES]).condition.expression = "true"
    with pytest.raises(exceptions.BadRequest, match="not supported"):
        client.set_iam_policy(request={"resource": name, "policy": policy})
