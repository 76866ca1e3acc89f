"""The roles of an organisation, read from the IAM API: predefined ones and its own, and where they can be granted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from shared.adapters.asking import asking, limits
from shared.adapters.pages import every_page
from shared.errors import LookFailed, NotAllowedToLook, NotFound
from shared.model.names import Permission, Role
from shared.model.role import RoleDefinition, Stage

if TYPE_CHECKING:
    from google.cloud.iam_admin_v1 import IAMClient

    from shared.adapters.google_clients import GoogleClients

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
            yield _definition(role)
    except exceptions.PermissionDenied as error:
        raise NotAllowedToLook("iam.roles.list", parent or "the predefined roles", error.message) from error
    except (exceptions.GoogleAPICallError, exceptions.RetryError) as error:
        raise LookFailed("list the roles", parent or "Google", str(error)) from error


def role(clients: GoogleClients, name: Role) -> RoleDefinition:
    """A role as it is now, `roles/R` or `projects/P/roles/R`.

    Raises:
        NotFound: there is none, or it is a custom role that was deleted and can no longer be given.
    """
    with asking("read the role", name, "iam.roles.get"):
        found = clients.iam_admin.get_role(request={"name": name}, **limits())
        if found.name != name:
            raise LookFailed("read the role", name, "the answer is about another role")
    if found.deleted:
        raise NotFound(f"{name} has been deleted")
    return _definition(found)


def grantable(clients: GoogleClients, resource: str) -> frozenset[Role]:
    """The roles that Google accepts in the policy of a resource, by its full name (roles.queryGrantableRoles)."""
    from google.cloud.iam_admin_v1 import RoleView

    what = "list the grantable roles"
    request = {"full_resource_name": resource, "view": RoleView.BASIC, "page_size": PAGE}
    with asking(what, resource, "iam.roles.list"):
        pager = clients.iam_admin.query_grantable_roles(request=request, **limits())
        return frozenset(Role(one.name) for page in every_page(pager, what, resource) for one in page.roles)


def _definition(role: Any) -> RoleDefinition:
    permissions = tuple(sorted({Permission(name) for name in role.included_permissions}))
    stage = Stage[role.stage.name] if role.stage.name in Stage.__members__ else Stage.EAP
    return RoleDefinition(name=Role(role.name), title=role.title, stage=stage, permissions=permissions)
