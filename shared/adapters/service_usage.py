"""Service Usage: whether an API is on in a project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.adapters.asking import asking, limits
from shared.adapters.resource_manager import is_container
from shared.errors import LookFailed

if TYPE_CHECKING:
    from shared.adapters.google_clients import GoogleClients

GET = "serviceusage.services.get"


def service_is_on(clients: GoogleClients, project: str, service: str) -> bool:
    """Whether an API, by its host, is enabled in `projects/ID` or `projects/NUMBER`.

    Raises:
        NotAllowedToLook: also where there is no such project or API: Google answers 403 for all of them.
        LookFailed: also where Google does not say either way.
    """
    from google.cloud.service_usage_v1 import State

    what, name = "read the state of the API", f"{project}/services/{service}"
    if not project.startswith("projects/") or not is_container(project) or not _is_host(service):
        raise LookFailed(what, name[:200], "no project and API have such names")
    with asking(what, name, GET):
        found = clients.service_usage.get_service(request={"name": name}, **limits())
        if not found.name.endswith(f"/services/{service}") or found.state == State.STATE_UNSPECIFIED:
            raise LookFailed(what, name, "the answer does not tell it")
    return bool(found.state == State.ENABLED)


def _is_host(service: str) -> bool:
    """Whether a text can be the host of an API: nothing else may become a part of a path."""
    plain = service.replace(".", "").replace("-", "")
    return "." in service and plain.isalnum() and plain.isascii() and ".." not in service
