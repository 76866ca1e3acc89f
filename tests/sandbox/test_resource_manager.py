"""Projects, folders and the organisation: by any name they have, and hidden where they do not exist."""

from __future__ import annotations

from typing import Any

import pytest
from google.api_core import exceptions
from worlds import ORGANIZATION, Cloud, grant

PROJECT = "//cloudresourcemanager.googleapis.com/projects/acme-web"
ANN = "user:ann@example.com"


@pytest.mark.parametrize("name", ["projects/acme-web", "projects/111111111111"])
def test_a_project_is_found_by_id_and_by_number(cloud: Cloud, name: str) -> None:
    found = cloud.clients().projects.get_project(request={"name": name})
    assert (found.name, found.project_id, found.parent) == ("projects/111111111111", "acme-web", "folders/1001")


@pytest.mark.parametrize("caller", ["reader", f"as:{ANN}"])
def test_what_does_not_exist_is_forbidden_even_to_those_who_see_everything(cloud: Cloud, caller: str) -> None:
    grant(cloud.world, ORGANIZATION, "roles/owner", ANN)
    clients = cloud.clients(caller)
    looks: list[Any] = [
        lambda: clients.projects.get_project(request={"name": "projects/acme-wbe"}),
        lambda: clients.folders.get_folder(request={"name": "folders/9"}),
        lambda: clients.organizations.get_organization(request={"name": "organizations/9"}),
        lambda: clients.projects.get_iam_policy(request={"resource": "projects/acme-wbe"}),
    ]
    for look in looks:
        with pytest.raises(exceptions.Forbidden, match="or it may not exist"):
            look()


def test_a_policy_read_with_a_low_version_hides_its_conditions_in_role_names(cloud: Cloud) -> None:
    ends = 'request.time < timestamp("2026-12-01T00:00:00Z")'
    grant(cloud.world, PROJECT, "roles/browser", ANN, title="until December", expression=ends)
    client = cloud.clients().projects
    low = client.get_iam_policy(request={"resource": "projects/acme-web"})
    whole = client.get_iam_policy(request={"resource": "projects/acme-web", "options": {"requested_policy_version": 3}})
    assert low.bindings[0].role.startswith("roles/browser_withcond_")
    assert whole.bindings[0].condition.expression == ends


def test_everyone_learns_which_permissions_they_have_themselves(cloud: Cloud) -> None:
    grant(cloud.world, PROJECT, "roles/browser", ANN)
    asked = ["resourcemanager.projects.get", "resourcemanager.projects.setIamPolicy"]
    client = cloud.clients(f"as:{ANN}").projects
    held = client.test_iam_permissions(request={"resource": "projects/acme-web", "permissions": asked})
    assert list(held.permissions) == ["resourcemanager.projects.get"]


def test_a_change_of_a_policy_is_logged_as_google_names_it(cloud: Cloud) -> None:
    grant(cloud.world, ORGANIZATION, "roles/owner", ANN)
    client = cloud.clients(f"as:{ANN}").projects
    policy = client.get_iam_policy(
        request={"resource": "projects/acme-web", "options": {"requested_policy_version": 3}}
    )
    policy.bindings.add(role="roles/browser", members=["user:bob@example.com"])
    client.set_iam_policy(request={"resource": "projects/acme-web", "policy": policy})
    payload = cloud.world.entries[-1]["protoPayload"]
    assert payload["methodName"] == "SetIamPolicy"
    assert payload["serviceData"]["policyDelta"]["bindingDeltas"] == [
        {"action": "ADD", "role": "roles/browser", "member": "user:bob@example.com"}
    ]
