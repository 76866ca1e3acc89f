"""Pub/Sub: the policies of topics and subscriptions."""

from __future__ import annotations

from shared.adapters.full_names import relative_name
from shared.adapters.google_clients import GoogleClients
from shared.adapters.iam_policy import read_policy
from shared.model.facts import Policy

HOST = "pubsub.googleapis.com"
TOPIC, SUBSCRIPTION = ("projects", "topics"), ("projects", "subscriptions")


def policy(clients: GoogleClients, resource: str) -> Policy:
    """The policy of a topic or a subscription by its full name; `ValueError` for a name of anything else."""
    name = relative_name(resource, HOST, TOPIC, SUBSCRIPTION)
    if name.split("/")[2] == "topics":
        return read_policy(lambda: clients.publisher, resource, name, "pubsub.topics.getIamPolicy")
    return read_policy(lambda: clients.subscriber, resource, name, "pubsub.subscriptions.getIamPolicy")
