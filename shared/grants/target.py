"""Where a grant belongs: the narrowest resource that carries a policy and is evaluated for the permission.

`*.create`, `*.list` and `*.search` of a collection are evaluated on its parent; versions and objects carry no policy of
their own. Source: IAM documentation, resource types that accept allow policies.
"""

from __future__ import annotations

from shared.grants.services import service_of
from shared.model.names import ResourceName

_ITS_OWN = (
    "pubsub.topics pubsub.subscriptions pubsub.schemas pubsub.snapshots secretmanager.secrets storage.buckets "
    "bigquery.datasets artifactregistry.repositories run.services run.jobs run.workerPools cloudfunctions.functions "
    "compute.instances compute.disks compute.images compute.snapshots compute.subnetworks compute.instanceTemplates "
    "compute.backendServices cloudtasks.queues eventarc.triggers eventarc.channels spanner.instances "
    "bigtable.instances cloudkms.keyRings"
)
_OF_ANOTHER = {
    "storage.objects": "buckets",
    "storage.folders": "buckets",
    "storage.managedFolders": "buckets",
    "storage.multipartUploads": "buckets",
    "bigquery.tables": "tables datasets",
    "bigquery.routines": "routines datasets",
    "bigquery.models": "datasets",
    "bigquery.rowAccessPolicies": "tables datasets",
    "secretmanager.versions": "secrets",
    "cloudkms.cryptoKeys": "cryptoKeys keyRings",
    "cloudkms.cryptoKeyVersions": "cryptoKeys keyRings",
    "artifactregistry.files": "repositories",
    "artifactregistry.packages": "repositories",
    "artifactregistry.tags": "repositories",
    "artifactregistry.versions": "repositories",
    "run.routes": "services",
    "cloudtasks.tasks": "queues",
    "spanner.databases": "databases instances",
    "spanner.sessions": "databases instances",
    "bigtable.tables": "tables instances",
    "iap.webServices": "services",
    "iap.webServiceVersions": "versions services",
    "iap.tunnelInstances": "instances",
    "iap.tunnelDestGroups": "destGroups",
}
CARRIERS = {
    kind: tuple(f"/{collection}/" for collection in collections.split())
    for kind, collections in ({kind: kind.partition(".")[2] for kind in _ITS_OWN.split()} | _OF_ANOTHER).items()
}
"""Which collections carry a policy that is evaluated for a kind of permission (`storage.objects`), narrowest first."""
OWNED_DOMAIN = ".iam.gserviceaccount.com"
"""User-managed accounts are named NAME@PROJECT.iam.gserviceaccount.com."""
PROJECTS = "cloudresourcemanager.googleapis.com"
PLACES = ("locations", "regions", "zones", "global")
MOST_PARTS = 5
"""`projects/P/zones/Z/instances` is the longest name of a place with a bare collection."""
ON_PARENT = frozenset({"create", "list", "search", "insert"})


def target_of(permission: str, resource: ResourceName | None, account: str | None) -> str | None:
    """The full resource name to grant on, or None if the entry names nothing that carries a policy for it."""
    kind, _, verb = permission.rpartition(".")
    if kind == "iam.serviceAccounts" and verb not in ON_PARENT:
        return _account(resource, account)
    if resource is None:
        return None
    service, name = service_of(permission), resource.text
    if name[:2] == "//":
        host, _, name = name[2:].partition("/")
        if host not in (service, PROJECTS, f"{kind.partition('.')[0]}.googleapis.com"):
            return None
    carriers = CARRIERS.get(kind)
    if carriers is None:
        return _container(resource)
    created_in = f"/{kind.partition('.')[2]}/" if verb in ON_PARENT else ""
    created = False
    for inside in carriers:
        at = name.find(inside)
        if at >= 0 and inside == created_in:
            created = True
        elif at >= 0:
            end = name.find("/", at + len(inside))
            return f"//{service}/{name if end < 0 else name[:end]}"
    parent = created or name.count("/") == 1 or (verb in ON_PARENT and created_in == carriers[0] and _is_place(name))
    return _container(resource) if parent else None


def _is_place(name: str) -> bool:
    """Whether a name is a project or a place in one, with or without a bare collection: what lists are asked of."""
    parts = name.split("/")
    return parts[0] == "projects" and (len(parts) < 3 or parts[2] in PLACES) and len(parts) <= MOST_PARTS


def is_carried(permission: str) -> bool:
    """Whether a narrower resource than a project carries a policy for a permission."""
    return permission.rpartition(".")[0] in CARRIERS


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
            return f"//{PROJECTS}/{kind}/{name}"
    return None
