"""Where a grant belongs: the narrowest resource that carries a policy and is evaluated for the permission.

`*.create`, `*.list` and `*.search` of a collection are evaluated on its parent; versions and objects carry no policy of
their own. Source: IAM documentation, resource types that accept allow policies.
"""

from __future__ import annotations

from shared.grants.services import service_of
from shared.model.names import ResourceName

CARRIERS = {
    service: tuple((collection, f"/{collection}/") for collection in collections.split())
    for service, collections in {
        "storage": "buckets",
        "bigquery": "tables routines datasets",
        "pubsub": "topics subscriptions schemas snapshots",
        "secretmanager": "secrets",
        "cloudkms": "cryptoKeys keyRings",
        "artifactregistry": "repositories",
        "run": "services jobs workerPools",
        "cloudfunctions": "functions",
        "compute": "instances disks images snapshots subnetworks instanceTemplates backendServices",
        "cloudtasks": "queues",
        "eventarc": "triggers channels",
        "spanner": "databases instances",
        "bigtable": "tables instances",
        "iap": "versions services instances destGroups",
    }.items()
}
"""The collections that carry a policy, narrowest first, by the first part of the permission."""
OWNED_DOMAIN = ".iam.gserviceaccount.com"
"""User-managed accounts are named NAME@PROJECT.iam.gserviceaccount.com."""
ON_PARENT = frozenset({"create", "list", "search", "insert"})


def target_of(permission: str, resource: ResourceName | None, account: str | None) -> str | None:
    """The full resource name to grant on, or None if the entry names nothing that carries a policy."""
    prefix, collection, verb = permission.split(".")
    if prefix == "iam" and collection == "serviceAccounts" and verb not in ON_PARENT:
        return _account(resource, account)
    if resource is None:
        return None
    on_parent = collection if verb in ON_PARENT else None
    name = resource.name
    for carrier, inside in CARRIERS.get(prefix, ()):
        at = name.find(inside)
        if at >= 0 and carrier != on_parent:
            end = name.find("/", at + len(inside))
            return f"//{service_of(permission)}/{name if end < 0 else name[:end]}"
    return _container(resource)


def _account(resource: ResourceName | None, account: str | None) -> str | None:
    """The account itself, in the project that owns it: with `-` a missing account looks like a missing role."""
    named = resource.part("serviceAccounts") if resource else None
    email = named if named and "@" in named else account or named
    if not email:
        return None
    owner = email.partition("@")[2].removesuffix(OWNED_DOMAIN) if email.endswith(OWNED_DOMAIN) else None
    project = (resource.project if resource else None) or owner or "-"
    return f"//iam.googleapis.com/projects/{project}/serviceAccounts/{email}"


def _container(resource: ResourceName) -> str | None:
    for kind in ("projects", "folders", "organizations"):
        if (name := resource.part(kind)) and name not in ("_", "-"):
            return f"//cloudresourcemanager.googleapis.com/{kind}/{name}"
    return None
