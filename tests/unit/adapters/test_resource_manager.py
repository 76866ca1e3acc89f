"""Projects, their ancestors and the policies above resources, read through Google's own clients."""

from __future__ import annotations

import pytest
from looks import OUTAGES, fails, refused
from worlds import FOLDER, ORGANIZATION, Cloud, grant

from sandbox.faults import FaultKind
from sandbox.world import CRM, Resource
from shared.adapters import resource_manager
from shared.errors import LookFailed, NotAllowedToLook
from shared.model.facts import Condition, Project

PROJECT = f"{CRM}/projects/acme-web"
LINE = ("projects/111111111111", "folders/1001", "organizations/123456789012")


@pytest.mark.parametrize("name", ["projects/acme-web", "projects/111111111111"])
def test_a_project_is_told_by_id_and_number(cloud: Cloud, name: str) -> None:
    cloud.world.resources[PROJECT].body |= {"displayName": "Web shop", "labels": {"env": "prod"}}
    assert resource_manager.project(cloud.clients(), name) == Project(
        id="acme-web", number="111111111111", title="Web shop", parent="folders/1001", labels={"env": "prod"}
    )


def test_a_project_that_is_to_be_deleted_is_not_active(cloud: Cloud) -> None:
    cloud.world.resources[PROJECT].body["state"] = "DELETE_REQUESTED"
    assert not resource_manager.project(cloud.clients(), "projects/acme-web").active


def test_a_project_that_does_not_exist_looks_like_one_we_may_not_see(cloud: Cloud) -> None:
    with pytest.raises(NotAllowedToLook, match="or it may not exist") as hidden:
        resource_manager.project(cloud.clients(), "projects/acme-wbe")
    assert hidden.value.permission == "resourcemanager.projects.get"


def test_ancestors_are_told_from_the_project_up(cloud: Cloud) -> None:
    assert resource_manager.ancestry(cloud.clients(), "projects/acme-web") == LINE


def test_a_project_without_an_organisation_has_no_ancestors(cloud: Cloud) -> None:
    del cloud.world.resources[PROJECT].body["parent"]
    assert resource_manager.ancestry(cloud.clients(), "projects/acme-web") == LINE[:1]


def test_folders_may_be_nested(cloud: Cloud) -> None:
    nested = {"name": "folders/1002", "parent": "folders/1001", "displayName": "shop", "state": "ACTIVE"}
    cloud.world.add(Resource(name=f"{CRM}/folders/1002", kind="folders", parent=FOLDER, body=nested))
    cloud.world.resources[PROJECT].body["parent"] = "folders/1002"
    line = resource_manager.ancestry(cloud.clients(), "projects/acme-web")
    assert line == (LINE[0], "folders/1002", *LINE[1:])


def test_parents_that_go_round_in_a_circle_are_no_answer(cloud: Cloud) -> None:
    cloud.world.resources[FOLDER].body["parent"] = "folders/1001"
    with pytest.raises(LookFailed, match="do not end"):
        resource_manager.ancestry(cloud.clients(), "projects/acme-web")


def test_more_folders_than_google_allows_are_no_answer(cloud: Cloud) -> None:
    for number in range(1001, 1030):
        above = {"name": f"folders/{number}", "parent": f"folders/{number + 1}", "displayName": "f", "state": "ACTIVE"}
        cloud.world.add(Resource(name=f"{CRM}/folders/{number}", kind="folders", parent=ORGANIZATION, body=above))
    with pytest.raises(LookFailed, match="do not end"):
        resource_manager.ancestry(cloud.clients(), "projects/acme-web")
    assert cloud.world.calls.count("cloudresourcemanager.folders.get") < 20


def test_a_parent_of_an_unknown_kind_is_no_answer(cloud: Cloud) -> None:
    cloud.world.resources[FOLDER].body["parent"] = "galaxies/7"
    with pytest.raises(LookFailed, match="no parent that is known here"):
        resource_manager.ancestry(cloud.clients(), "projects/acme-web")


def test_a_folder_without_a_parent_is_an_answer_cut_short(cloud: Cloud) -> None:
    del cloud.world.resources[FOLDER].body["parent"]
    with pytest.raises(LookFailed, match="not whole"):
        resource_manager.ancestry(cloud.clients(), "projects/acme-web")


@pytest.mark.parametrize("resource", [PROJECT, FOLDER, ORGANIZATION])
def test_policies_of_containers_are_read_with_their_conditions(cloud: Cloud, resource: str) -> None:
    ends = Condition(title="until May", expression='request.time < timestamp("2026-05-01T00:00:00Z")')
    grant(cloud.world, resource, "roles/browser", "user:ann@example.com", title=ends.title, expression=ends.expression)
    policy = resource_manager.container_policy(cloud.clients(), resource)
    assert (policy.resource, policy.version, policy.etag) == (
        resource,
        3,
        cloud.world.resources[resource].policy()["etag"],
    )
    assert [(one.role, one.members, one.condition) for one in policy.bindings] == [
        ("roles/browser", ("user:ann@example.com",), ends)
    ]


@pytest.mark.parametrize("kind", ["projects", "folders", "organizations"])
def test_a_refusal_names_the_permission_that_is_missing(cloud: Cloud, kind: str) -> None:
    resource = {"projects": PROJECT, "folders": FOLDER, "organizations": ORGANIZATION}[kind]
    permission = f"resourcemanager.{kind}.getIamPolicy"
    look = refused(cloud, permission, lambda: resource_manager.container_policy(cloud.clients(), resource))
    assert look.permission == permission


def test_a_folder_we_may_not_see_hides_the_ancestors(cloud: Cloud) -> None:
    permission = "resourcemanager.folders.get"
    look = refused(cloud, permission, lambda: resource_manager.ancestry(cloud.clients(), "projects/acme-web"))
    assert look.permission == permission


@pytest.mark.parametrize("method", ["projects.get", "folders.get"])
@pytest.mark.parametrize("fault", OUTAGES)
def test_without_a_usable_answer_the_look_has_failed(cloud: Cloud, method: str, fault: FaultKind) -> None:
    method = f"cloudresourcemanager.{method}"
    fails(cloud, method, fault, lambda: resource_manager.ancestry(cloud.clients(), "projects/acme-web"))


@pytest.mark.parametrize("fault", OUTAGES)
def test_without_a_usable_policy_the_look_has_failed(cloud: Cloud, fault: FaultKind) -> None:
    method = "cloudresourcemanager.organizations.getIamPolicy"
    fails(cloud, method, fault, lambda: resource_manager.container_policy(cloud.clients(), ORGANIZATION))


@pytest.mark.parametrize(
    "name", ["", "acme-web", "projects/", "projects/a/b", "folders/1", "projects/x?y", "projects/é"]
)
def test_what_can_be_no_project_is_not_asked_about(cloud: Cloud, name: str) -> None:
    with pytest.raises(LookFailed, match="no project has such a name"):
        resource_manager.project(cloud.clients(), name)
    with pytest.raises(LookFailed, match="no project, folder or organisation"):
        resource_manager.container_policy(cloud.clients(), f"//storage.googleapis.com/{name}")
    assert cloud.world.calls == []
