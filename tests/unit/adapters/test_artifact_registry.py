"""The policies of repositories, read through Google's own client."""

from __future__ import annotations

import pytest
from looks import OUTAGES, fails, finds_nothing, refused
from worlds import Cloud, grant

from sandbox.faults import FaultKind
from sandbox.services.artifact_registry import add_repository
from shared.adapters import artifact_registry

REPOSITORY = "//artifactregistry.googleapis.com/projects/acme-data/locations/europe-west3/repositories/base"
NODES = "serviceAccount:nodes@acme-web.iam.gserviceaccount.com"
READER = "roles/artifactregistry.reader"
GET_POLICY = "artifactregistry.repositories.getIamPolicy"


@pytest.fixture(autouse=True)
def _repository(cloud: Cloud) -> None:
    add_repository(cloud.world, "acme-data", "europe-west3", "base")


def test_the_policy_of_a_repository_is_read(cloud: Cloud) -> None:
    grant(cloud.world, REPOSITORY, READER, NODES, "group:dev@example.com")
    (binding,) = artifact_registry.policy(cloud.clients(), REPOSITORY).bindings
    assert (binding.role, binding.members) == (READER, (NODES, "group:dev@example.com"))


def test_a_refusal_names_the_permission_that_is_missing(cloud: Cloud) -> None:
    missing = refused(cloud, GET_POLICY, lambda: artifact_registry.policy(cloud.clients(), REPOSITORY))
    assert missing.permission == GET_POLICY


def test_what_does_not_exist_is_said_not_to(cloud: Cloud) -> None:
    assert "does not exist" in finds_nothing(lambda: artifact_registry.policy(cloud.clients(), f"{REPOSITORY}-2"))


@pytest.mark.parametrize("fault", OUTAGES)
def test_without_a_usable_answer_the_look_has_failed(cloud: Cloud, fault: FaultKind) -> None:
    method = "artifactregistry.projects.locations.repositories.getIamPolicy"
    fails(cloud, method, fault, lambda: artifact_registry.policy(cloud.clients(), REPOSITORY))


@pytest.mark.parametrize("name", [f"{REPOSITORY}/packages/app", REPOSITORY.rpartition("/")[0]])
def test_a_name_of_another_type_is_a_mistake_of_ours(cloud: Cloud, name: str) -> None:
    with pytest.raises(ValueError, match="is no resource of artifactregistry"):
        artifact_registry.policy(cloud.clients(), name)
