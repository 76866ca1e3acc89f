"""The roles of an organisation, read from the IAM API: predefined ones and its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from shared.errors import LookFailed, NotAllowedToLook
from shared.model.names import Permission, Role
from shared.model.role import RoleDefinition, Stage

if TYPE_CHECKING:
    from google.cloud.iam_admin_v1 import IAMClient

PAGE = 1_000
"""The most roles a page may hold with view=FULL (IAM API, roles.list)."""
TIMEOUT_SECONDS = 60.0


def list_roles(client: IAMClient, parent: str = "") -> Iterator[RoleDefinition]:
    """Every role of a parent with its permissions: "" for Google's predefined roles, `organizations/N`, `projects/P`.

    Raises:
        NotAllowedToLook: the caller may not list the roles of the parent.
        LookFailed: the API did not answer, or not in time.
    """
    from google.api_core import exceptions
    from google.cloud.iam_admin_v1 import ListRolesRequest, RoleView

    request = ListRolesRequest(parent=parent, view=RoleView.FULL, page_size=PAGE)
    try:
        for role in client.list_roles(request=request, timeout=TIMEOUT_SECONDS):
            permissions = tuple(sorted({Permission(name) for name in role.included_permissions}))
            stage = Stage[role.stage.name] if role.stage.name in Stage.__members__ else Stage.EAP
            yield RoleDefinition(name=Role(role.name), title=role.title, stage=stage, permissions=permissions)
    except exceptions.PermissionDenied as error:
        raise NotAllowedToLook("iam.roles.list", parent or "the predefined roles", error.message) from error
    except (exceptions.GoogleAPICallError, exceptions.RetryError) as error:
        raise LookFailed("list the roles", parent or "Google", str(error)) from error
