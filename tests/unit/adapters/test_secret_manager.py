"""The policies of secrets, read through Google's own client."""

from __future__ import annotations

import pytest
from looks import OUTAGES, fails, finds_nothing, refused
from worlds import Cloud, grant

from sandbox.faults import FaultKind
from sandbox.services.secret_manager import add_secret
from shared.adapters import secret_manager
from shared.adapters.google_clients import GoogleClients
from shared.errors import LookFailed
from shared.model.facts import Condition

HOST = "//secretmanager.googleapis.com"
GLOBAL = f"{HOST}/projects/acme-web/secrets/psp-token"
REGIONAL = f"{HOST}/projects/acme-web/locations/europe-west3/secrets/psp-token"
SHOP = "serviceAccount:shop@acme-web.iam.gserviceaccount.com"
GET_POLICY = "secretmanager.secrets.getIamPolicy"


@pytest.fixture(autouse=True)
def _secrets(cloud: Cloud) -> None:
    add_secret(cloud.world, "acme-web", "psp-token", b"hunter2")
    add_secret(cloud.world, "acme-web", "psp-token", b"hunter2", location="europe-west3")


@pytest.mark.parametrize("name", [GLOBAL, REGIONAL])
def test_a_policy_is_read_with_its_conditions(cloud: Cloud, name: str) -> None:
    ends = 'request.time < timestamp("2026-12-01T00:00:00Z")'
    grant(cloud.world, name, "roles/secretmanager.secretAccessor", SHOP, title="until December", expression=ends)
    policy = secret_manager.policy(cloud.clients(), name)
    assert [(one.role, one.members, one.condition) for one in policy.bindings] == [
        ("roles/secretmanager.secretAccessor", (SHOP,), Condition(title="until December", expression=ends))
    ]
    assert policy.version == 3


def test_a_secret_of_a_region_has_another_policy_than_its_global_namesake(cloud: Cloud) -> None:
    grant(cloud.world, GLOBAL, "roles/secretmanager.secretAccessor", SHOP)
    assert secret_manager.policy(cloud.clients(), REGIONAL).bindings == ()


def test_a_project_may_be_named_by_its_number(cloud: Cloud) -> None:
    grant(cloud.world, GLOBAL, "roles/secretmanager.secretAccessor", SHOP)
    name = GLOBAL.replace("acme-web", "111111111111")
    policy = secret_manager.policy(cloud.clients(), name)
    assert (policy.resource, len(policy.bindings)) == (name, 1)


@pytest.mark.parametrize("name", [GLOBAL, REGIONAL])
def test_a_refusal_names_the_permission_that_is_missing(cloud: Cloud, name: str) -> None:
    assert refused(cloud, GET_POLICY, lambda: secret_manager.policy(cloud.clients(), name)).permission == GET_POLICY


def test_what_does_not_exist_is_said_not_to(cloud: Cloud) -> None:
    assert "does not exist" in finds_nothing(lambda: secret_manager.policy(cloud.clients(), f"{GLOBAL}-2"))


@pytest.mark.parametrize("fault", OUTAGES)
def test_without_a_usable_answer_the_look_has_failed(cloud: Cloud, fault: FaultKind) -> None:
    method = "secretmanager.projects.secrets.getIamPolicy"
    fails(cloud, method, fault, lambda: secret_manager.policy(cloud.clients(), GLOBAL))


@pytest.mark.parametrize("name", [f"{GLOBAL}/versions/1", f"{HOST}/projects/acme-web", GLOBAL.replace(HOST, "//x")])
def test_a_name_of_another_type_is_a_mistake_of_ours(cloud: Cloud, name: str) -> None:
    with pytest.raises(ValueError, match="is no resource of secretmanager"):
        secret_manager.policy(cloud.clients(), name)


def test_a_regional_secret_is_asked_of_its_region_and_nowhere_else() -> None:
    clients = GoogleClients(token="t")
    clients._credentials = _token  # type: ignore[method-assign]
    assert clients.secrets_in("europe-west3").api_endpoint == "secretmanager.europe-west3.rep.googleapis.com"
    assert clients.secrets_in("europe-west3") is clients.secrets_in("europe-west3")


@pytest.mark.parametrize("region", ["evil.example", "x@y", "-", ""])
def test_what_is_no_region_never_becomes_part_of_a_host(region: str) -> None:
    with pytest.raises(ValueError, match="is no region"):
        GoogleClients().secrets_in(region)


def test_a_secret_in_no_region_cannot_be_looked_at() -> None:
    with pytest.raises(LookFailed):
        secret_manager.policy(GoogleClients(), REGIONAL.replace("europe-west3", "x@y"))


def _token() -> object:
    from google.oauth2.credentials import Credentials

    return Credentials("t")
