"""What a full resource name is the name of, in one word that a rule can write."""

from __future__ import annotations

KINDS = {
    "artifactregistry/repositories": "repository",
    "bigquery/datasets": "dataset",
    "bigquery/routines": "routine",
    "bigquery/tables": "table",
    "bigtableadmin/instances": "bigtable_instance",
    "bigtableadmin/tables": "bigtable_table",
    "cloudfunctions/functions": "function",
    "cloudkms/cryptoKeys": "key",
    "cloudkms/keyRings": "key_ring",
    "cloudtasks/queues": "queue",
    "compute/backendServices": "backend_service",
    "compute/disks": "disk",
    "compute/images": "image",
    "compute/instanceTemplates": "instance_template",
    "compute/instances": "instance",
    "compute/snapshots": "disk_snapshot",
    "compute/subnetworks": "subnetwork",
    "eventarc/channels": "channel",
    "eventarc/triggers": "trigger",
    "iam/serviceAccounts": "service_account",
    "iap/destGroups": "tunnel_group",
    "pubsub/schemas": "schema",
    "pubsub/snapshots": "subscription_snapshot",
    "pubsub/subscriptions": "subscription",
    "pubsub/topics": "topic",
    "run/jobs": "run_job",
    "run/services": "run_service",
    "run/workerPools": "worker_pool",
    "secretmanager/secrets": "secret",
    "spanner/databases": "spanner_database",
    "spanner/instances": "spanner_instance",
    "storage/buckets": "bucket",
}
"""By API and collection. A kind says one thing only: Spanner's instances are no machines."""
PROJECT = "//cloudresourcemanager.googleapis.com/projects/"


def kind_of(target: str) -> str | None:
    """The kind of a full resource name, None for one that rules have no word for."""
    if target.startswith(PROJECT):
        return "project" if "/" not in target[len(PROJECT) :] else None
    host, _, path = target.removeprefix("//").partition("/")
    parts = path.split("/")
    return KINDS.get(f"{host.removesuffix('.googleapis.com')}/{parts[-2]}") if len(parts) > 1 else None
