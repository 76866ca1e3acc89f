"""Artifact Registry: the policies of repositories; nothing inside them has one."""

from __future__ import annotations

from shared.adapters.full_names import relative_name
from shared.adapters.google_clients import GoogleClients
from shared.adapters.iam_policy import read_policy
from shared.model.facts import Policy

HOST = "artifactregistry.googleapis.com"
REPOSITORY = ("projects", "locations", "repositories")


def policy(clients: GoogleClients, resource: str) -> Policy:
    """The policy of a repository by its full name; `ValueError` for a name of anything else."""
    name = relative_name(resource, HOST, REPOSITORY)
    return read_policy(lambda: clients.repositories, resource, name, "artifactregistry.repositories.getIamPolicy")
