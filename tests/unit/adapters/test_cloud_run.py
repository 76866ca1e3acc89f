"""The policies of Cloud Run services, read through Google's own client."""

from __future__ import annotations

import pytest
from looks import OUTAGES, fails, finds_nothing, refused
from worlds import Cloud, grant

from sandbox.faults import FaultKind
from sandbox.services.cloud_run import add_service
from shared.adapters import cloud_run

SERVICE = "//run.googleapis.com/projects/acme-web/locations/europe-west1/services/ledger"
CALLER = "serviceAccount:scheduler@acme-web.iam.gserviceaccount.com"
GET_POLICY = "run.services.getIamPolicy"


@pytest.fixture(autouse=True)
def _service(cloud: Cloud) -> None:
    add_service(cloud.world, "acme-web", "europe-west1", "ledger")


def test_the_policy_of_a_service_is_read_with_its_conditions(cloud: Cloud) -> None:
    grant(cloud.world, SERVICE, "roles/run.invoker", CALLER, title="now", expression="true", description="by hand")
    (binding,) = cloud_run.policy(cloud.clients(), SERVICE).bindings
    assert (binding.role, binding.members) == ("roles/run.invoker", (CALLER,))
    assert binding.condition is not None
    assert (binding.condition.title, binding.condition.description) == ("now", "by hand")


def test_a_refusal_names_the_permission_that_is_missing(cloud: Cloud) -> None:
    assert refused(cloud, GET_POLICY, lambda: cloud_run.policy(cloud.clients(), SERVICE)).permission == GET_POLICY


def test_what_does_not_exist_is_said_not_to(cloud: Cloud) -> None:
    assert "does not exist" in finds_nothing(lambda: cloud_run.policy(cloud.clients(), f"{SERVICE}-2"))


@pytest.mark.parametrize("fault", OUTAGES)
def test_without_a_usable_answer_the_look_has_failed(cloud: Cloud, fault: FaultKind) -> None:
    method = "run.projects.locations.services.getIamPolicy"
    fails(cloud, method, fault, lambda: cloud_run.policy(cloud.clients(), SERVICE))


@pytest.mark.parametrize("name", [SERVICE.replace("services", "jobs"), SERVICE.replace("/locations/europe-west1", "")])
def test_a_name_of_another_type_is_a_mistake_of_ours(cloud: Cloud, name: str) -> None:
    with pytest.raises(ValueError, match="is no resource of run"):
        cloud_run.policy(cloud.clients(), name)
