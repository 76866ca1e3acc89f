"""The roles of an organisation are read with Google's own client, page by page, and a refusal is told as one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc
import pytest
from fakes.grpc_server import serving
from google.cloud.iam_admin_v1 import ListRolesRequest, ListRolesResponse, Role, RoleView

from shared.adapters.google_clients import iam_admin
from shared.adapters.iam_roles import list_roles
from shared.errors import LookFailed, NotAllowedToLook
from shared.model.role import Stage

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
