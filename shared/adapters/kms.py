"""Cloud KMS: the policies of keys and of the key rings that hold them; versions have none."""

from __future__ import annotations

from shared.adapters.full_names import relative_name
from shared.adapters.google_clients import GoogleClients
from shared.adapters.iam_policy import read_policy
from shared.model.facts import Policy

HOST = "cloudkms.googleapis.com"
KEY_RING = ("projects", "locations", "keyRings")
KEY = (*KEY_RING, "cryptoKeys")


def policy(clients: GoogleClients, resource: str) -> Policy:
    """The policy of a key or a key ring by its full name; `ValueError` for a name of anything else."""
    name = relative_name(resource, HOST, KEY_RING, KEY)
    return read_policy(lambda: clients.keys, resource, name, f"cloudkms.{name.split('/')[-2]}.getIamPolicy")
