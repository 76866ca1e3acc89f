"""The roles of an organisation are read with Google's own client, page by page, and a refusal is told as one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc
import pytest
from fakes.grpc_server import serving
from google.cloud.iam_admin_v1 import ListRolesRequest, ListRolesResponse, Role, RoleView
from looks import OUTAGES, fails, finds_nothing, refused
from worlds import Cloud, add_bucket

from sandbox.faults import FaultKind
from shared.adapters import iam_roles
from shared.adapters.google_clients import iam_admin
from shared.adapters.iam_roles import list_roles
from shared.errors import LookFailed, NotAllowedToLook
from shared.model.names import Role as RoleName
from shared.model.role import RoleDefinition, Stage

LIST = "/google.iam.admin.v1.IAM/ListRoles"
VIEWER = Role(
    name="roles/acme.viewer", title="Viewer", stage=Role.RoleLaunchStage.GA, included_permissions=["b.c.get", "a.b.get"]
)
TESTER = Role(name="roles/acme.tester", stage=Role.RoleLaunchStage.BETA, included_permissions=["a.b.test"])


def answering(pages: dict[str, ListRolesResponse], asked: list[Any]) -> Callable[[Any, Any], ListRolesResponse]:
    def answer(request: Any, _: Any) -> ListRolesResponse:
        asked.append(request)
        return pages[request.page_token]

    return answer


def refusing(code: grpc.StatusCode) -> Callable[[Any, Any], ListRolesResponse]:
    def answer(_: Any, context: Any) -> ListRolesResponse:
        context.abort(code, "no")
        raise AssertionError

    return answer


def test_every_page_is_read_with_the_permissions_of_each_role() -> None:
    asked: list[Any] = []
    pages = {"": ListRolesResponse(roles=[VIEWER], next_page_token="2"), "2": ListRolesResponse(roles=[TESTER])}
    with serving({LIST: (ListRolesRequest, answering(pages, asked))}) as endpoint:
        viewer, tester = list_roles(iam_admin(endpoint), "organizations/7")
    assert (viewer.name, viewer.title, viewer.stage, viewer.permissions) == (
        "roles/acme.viewer",
        "Viewer",
        Stage.GA,
        ("a.b.get", "b.c.get"),
    )
    assert tester.stage is Stage.BETA
    assert {(one.parent, one.view) for one in asked} == {("organizations/7", RoleView.FULL)}


def test_a_refusal_names_the_permission_that_would_allow_the_look() -> None:
    with (
        serving({LIST: (ListRolesRequest, refusing(grpc.StatusCode.PERMISSION_DENIED))}) as endpoint,
        pytest.raises(NotAllowedToLook, match=r"iam\.roles\.list is missing on organizations/7") as refused,
    ):
        list(list_roles(iam_admin(endpoint), "organizations/7"))
    assert refused.value.permission == "iam.roles.list"


def test_any_other_failure_is_a_look_that_failed() -> None:
    with (
        serving({LIST: (ListRolesRequest, refusing(grpc.StatusCode.INTERNAL))}) as endpoint,
        pytest.raises(LookFailed, match="could not list the roles of Google"),
    ):
        list(list_roles(iam_admin(endpoint)))


CUSTOM = RoleName("projects/acme-web/roles/uploader")
BUCKET = "//storage.googleapis.com/projects/_/buckets/photos"


def add_role(cloud: Cloud, **more: Any) -> None:
    held = ["storage.objects.get", "storage.objects.create"]
    role = {"name": CUSTOM, "title": "Uploader", "stage": "GA", "includedPermissions": held, **more}
    cloud.world.roles[CUSTOM] = role


def test_a_role_is_told_as_it_is_now(cloud: Cloud) -> None:
    add_role(cloud, stage="BETA")
    assert iam_roles.role(cloud.clients(), CUSTOM) == RoleDefinition(
        name=CUSTOM,
        title="Uploader",
        stage=Stage.BETA,
        permissions=("storage.objects.create", "storage.objects.get"),  # type: ignore[arg-type]
    )
    publisher = iam_roles.role(cloud.clients(), RoleName("roles/pubsub.publisher"))
    assert publisher.permissions == ("pubsub.topics.publish",)


def test_a_role_that_is_missing_or_deleted_is_said_not_to_exist(cloud: Cloud) -> None:
    assert CUSTOM in finds_nothing(lambda: iam_roles.role(cloud.clients(), CUSTOM))
    add_role(cloud, deleted=True)
    assert "has been deleted" in finds_nothing(lambda: iam_roles.role(cloud.clients(), CUSTOM))


def test_all_pages_of_grantable_roles_are_read(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    add_bucket(cloud.world, "photos")
    add_role(cloud)
    whole = iam_roles.grantable(cloud.clients(), BUCKET)
    monkeypatch.setattr(iam_roles, "PAGE", 2)
    assert iam_roles.grantable(cloud.clients(), BUCKET) == whole
    assert {"roles/storage.objectCreator", CUSTOM} < whole
    assert "roles/pubsub.publisher" not in whole


def test_what_can_be_granted_on_a_resource_that_is_missing_is_not_found(cloud: Cloud) -> None:
    assert "does not exist" in finds_nothing(lambda: iam_roles.grantable(cloud.clients(), BUCKET))


def test_a_look_at_a_role_takes_a_permission(cloud: Cloud) -> None:
    add_bucket(cloud.world, "photos")
    add_role(cloud)
    assert refused(cloud, "iam.roles.get", lambda: iam_roles.role(cloud.clients(), CUSTOM)).on == CUSTOM
    assert refused(cloud, "iam.roles.list", lambda: iam_roles.grantable(cloud.clients(), BUCKET)).on == BUCKET


@pytest.mark.parametrize("fault", OUTAGES)
def test_without_a_usable_answer_the_look_at_a_role_has_failed(cloud: Cloud, fault: FaultKind) -> None:
    add_role(cloud)
    fails(cloud, "iam.roles.get", fault, lambda: iam_roles.role(cloud.clients(), CUSTOM))


@pytest.mark.parametrize("fault", [*OUTAGES, FaultKind.ENDLESS])
def test_without_a_usable_answer_nothing_is_said_to_be_grantable(cloud: Cloud, fault: FaultKind) -> None:
    add_bucket(cloud.world, "photos")
    fails(cloud, "iam.roles.queryGrantableRoles", fault, lambda: iam_roles.grantable(cloud.clients(), BUCKET))
