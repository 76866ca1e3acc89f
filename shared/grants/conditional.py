"""Which resources have policies whose bindings may carry a condition: those grants end by themselves."""

from __future__ import annotations

from shared.model.names import is_target

BUCKETS = "//storage.googleapis.com/projects/_/buckets/"
TAKE_CONDITIONS = {
    "cloudresourcemanager.googleapis.com": ("projects", "folders", "organizations", "tagKeys", "tagValues"),
    "iam.googleapis.com": ("serviceAccounts", "workloadIdentityPools", "workforcePools"),
    "storage.googleapis.com": ("buckets", "managedFolders"),
    "bigquery.googleapis.com": ("datasets", "tables", "routines"),
    "secretmanager.googleapis.com": ("secrets",),
    "cloudkms.googleapis.com": ("keyRings", "cryptoKeys"),
    "run.googleapis.com": ("services",),
    "compute.googleapis.com": ("instances", "disks", "images", "snapshots", "subnetworks", "instanceTemplates"),
    "spanner.googleapis.com": ("instances", "databases", "backups"),
    "bigtableadmin.googleapis.com": ("instances", "tables", "backups"),
    "logging.googleapis.com": ("views",),
}
"""By host, the collections whose policies take conditions (IAM documentation, "Resource types that accept conditional
role bindings"); everything else takes none, even where a command line offers a flag for it."""


def takes_condition(resource: str) -> bool:
    """Whether a binding in the policy of a resource, by its full name, may carry a condition.

    True for every bucket; one without uniform access takes none all the same: see `only_if_uniform`.
    """
    if not is_target(resource):
        return False
    host, *path = resource.removeprefix("//").split("/")
    return len(path) % 2 == 0 and path[-2] in TAKE_CONDITIONS.get(host, ())


def only_if_uniform(resource: str) -> bool:
    """Whether the policy of a resource takes conditions only with uniform bucket-level access: that of a bucket."""
    return resource.startswith(BUCKETS) and resource.count("/") == BUCKETS.count("/") and takes_condition(resource)
