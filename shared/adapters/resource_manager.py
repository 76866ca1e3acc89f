"""Resource Manager v3: projects with their ancestors, and the allow policies of projects, folders, organisations.

What does not exist looks like what we may not see: Google answers 403 for both, so that is what is said here too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.adapters.asking import asking, limits
from shared.adapters.iam_policy import read_policy
from shared.errors import LookFailed
from shared.model.facts import Policy, Project

if TYPE_CHECKING:
    from shared.adapters.google_clients import GoogleClients

HOST = "//cloudresourcemanager.googleapis.com"
DEEPEST = 12
"""Folders are nested at most ten deep (Resource Manager, "Quotas and limits"), below an organisation."""
CONTAINERS = ("projects", "folders", "organizations")


def project(clients: GoogleClients, name: str) -> Project:
    """A project by `projects/ID` or `projects/NUMBER`.

    Raises:
        NotAllowedToLook: also where there is no such project.
    """
    if not is_container(name) or not name.startswith("projects/"):
        raise LookFailed("read the project", name[:200], "no project has such a name")
    with asking("read the project", f"{HOST}/{name}", "resourcemanager.projects.get"):
        found = clients.projects.get_project(request={"name": name}, **limits())
        number = found.name.removeprefix("projects/")
        if not number.isdigit() or name.removeprefix("projects/") not in (number, found.project_id):
            raise LookFailed("read the project", f"{HOST}/{name}", "the answer is about another project")
    return Project(
        id=found.project_id,
        number=number,
        title=found.display_name,
        active=found.state.name == "ACTIVE",
        parent=found.parent,
        labels=dict(found.labels),
    )


def ancestry(clients: GoogleClients, name: str) -> tuple[str, ...]:
    """`projects/NUMBER`, then its folders, then `organizations/N` if there is one: narrowest first.

    Raises:
        LookFailed: also where the parents go round in a circle, or are no folders.
    """
    here, found = f"{HOST}/{name}", project(clients, name)
    line, above = [f"projects/{found.number}"], found.parent
    while above.startswith("folders/"):
        if above in line or len(line) > DEEPEST:
            raise LookFailed("read the ancestors", here, f"its parents do not end: {' > '.join([*line, above])}")
        line.append(above)
        above = _parent_of_folder(clients, above)
    if above and not above.startswith("organizations/"):
        raise LookFailed("read the ancestors", here, f"{above[:100]!r} is no parent that is known here")
    return (*line, above) if above else tuple(line)


def _parent_of_folder(clients: GoogleClients, folder: str) -> str:
    with asking("read the folder", f"{HOST}/{folder}", "resourcemanager.folders.get"):
        found = clients.folders.get_folder(request={"name": folder}, **limits())
        if found.name != folder or not found.parent:
            raise LookFailed("read the folder", f"{HOST}/{folder}", "the answer is not whole")
    return str(found.parent)


def container_policy(clients: GoogleClients, resource: str) -> Policy:
    """The allow policy of a project, folder or organisation by its full name."""
    name = resource.removeprefix(f"{HOST}/")
    if name == resource or not is_container(name):
        raise LookFailed("read the policy", resource[:200], "this is no project, folder or organisation")
    kind = name.partition("/")[0]
    return read_policy(lambda: getattr(clients, kind), resource, name, f"resourcemanager.{kind}.getIamPolicy")


def is_container(name: str) -> bool:
    """Whether a name can be one of `projects/P`, `folders/N` and `organizations/N`: nothing else may be asked about."""
    kind, _, rest = name.partition("/")
    plain = rest.replace("-", "").replace(".", "").replace(":", "")  # example.com:project, of before there were folders
    return kind in CONTAINERS and plain.isalnum() and plain.isascii()
