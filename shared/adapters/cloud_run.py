"""Cloud Run: the policies of services, which say who may invoke them."""

from __future__ import annotations

from shared.adapters.full_names import relative_name
from shared.adapters.google_clients import GoogleClients
from shared.adapters.iam_policy import read_policy
from shared.model.facts import Policy

HOST = "run.googleapis.com"
SERVICE = ("projects", "locations", "services")


def policy(clients: GoogleClients, resource: str) -> Policy:
    """The policy of a service by its full name; `ValueError` for a name of anything else."""
    name = relative_name(resource, HOST, SERVICE)
    return read_policy(lambda: clients.run_services, resource, name, "run.services.getIamPolicy")
