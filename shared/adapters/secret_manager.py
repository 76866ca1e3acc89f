"""Secret Manager: the policies of secrets; versions have none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.adapters.full_names import relative_name
from shared.adapters.google_clients import GoogleClients
from shared.adapters.iam_policy import read_policy
from shared.model.facts import Policy

if TYPE_CHECKING:
    from google.cloud.secretmanager_v1 import SecretManagerServiceClient

HOST = "secretmanager.googleapis.com"
SECRET, REGIONAL = ("projects", "secrets"), ("projects", "locations", "secrets")


def policy(clients: GoogleClients, resource: str) -> Policy:
    """The policy of a secret by its full name, global or regional; `ValueError` for a name of anything else."""
    name = relative_name(resource, HOST, SECRET, REGIONAL)
    parts = name.split("/")

    def client() -> SecretManagerServiceClient:
        return clients.secrets_in(parts[3]) if parts[2] == "locations" else clients.secrets

    return read_policy(client, resource, name, "secretmanager.secrets.getIamPolicy")
