"""The predefined roles that the sandbox knows: small ones as Google defines them, basic ones by rule."""

from __future__ import annotations

from typing import Any

PROJECTS = ("resourcemanager.projects.get", "resourcemanager.projects.list")
BASIC = ("roles/owner", "roles/editor", "roles/viewer")
NOT_EDITOR = ("setIamPolicy", "getAccessToken", "getOpenIdToken", "signBlob", "signJwt", "implicitDelegation")
"""Verbs that Editor never holds: IAM documentation, "Basic roles"; object data of buckets comes by legacy bindings."""
READS = ("get", "list", "getIamPolicy", "query", "use")
OBJECTS = "storage.objects."
OWNERS_ALONE = ("secretmanager.versions.access", "logging.privateLogEntries.list")

PREDEFINED: dict[str, tuple[str, ...]] = {
    "roles/storage.objectViewer": (*PROJECTS, "storage.objects.get", "storage.objects.list"),
    "roles/storage.objectCreator": (*PROJECTS, "storage.objects.create"),
    "roles/storage.objectUser": (
        *PROJECTS,
        "storage.objects.create",
        "storage.objects.delete",
        "storage.objects.get",
        "storage.objects.list",
        "storage.objects.update",
    ),
    "roles/storage.legacyObjectReader": ("storage.objects.get",),
    "roles/storage.legacyBucketReader": ("storage.buckets.get", "storage.objects.list"),
    "roles/storage.legacyBucketWriter": (
        "storage.buckets.get",
        "storage.objects.create",
        "storage.objects.delete",
        "storage.objects.list",
    ),
    "roles/logging.logWriter": ("logging.logEntries.create", "logging.logEntries.route"),
    "roles/logging.viewer": (
        "logging.logEntries.list",
        "logging.logs.list",
        "logging.sinks.get",
        "logging.sinks.list",
        "resourcemanager.projects.get",
    ),
    "roles/logging.privateLogViewer": (
        "logging.logEntries.list",
        "logging.logs.list",
        "logging.privateLogEntries.list",
        "logging.sinks.get",
        "logging.sinks.list",
        "resourcemanager.projects.get",
    ),
    "roles/monitoring.metricWriter": (
        "monitoring.metricDescriptors.create",
        "monitoring.metricDescriptors.get",
        "monitoring.timeSeries.create",
    ),
    "roles/bigquery.jobUser": (*PROJECTS, "bigquery.config.get", "bigquery.jobs.create"),
    "roles/bigquery.dataViewer": (
        *PROJECTS,
        "bigquery.datasets.get",
        "bigquery.datasets.getIamPolicy",
        "bigquery.tables.get",
        "bigquery.tables.getData",
        "bigquery.tables.getIamPolicy",
        "bigquery.tables.list",
    ),
    "roles/bigquery.dataEditor": (
        *PROJECTS,
        "bigquery.datasets.get",
        "bigquery.datasets.getIamPolicy",
        "bigquery.tables.create",
        "bigquery.tables.get",
        "bigquery.tables.getData",
        "bigquery.tables.getIamPolicy",
        "bigquery.tables.list",
        "bigquery.tables.updateData",
    ),
    "roles/bigquery.dataOwner": (
        *PROJECTS,
        "bigquery.datasets.delete",
        "bigquery.datasets.get",
        "bigquery.datasets.getIamPolicy",
        "bigquery.datasets.setIamPolicy",
        "bigquery.datasets.update",
        "bigquery.tables.create",
        "bigquery.tables.get",
        "bigquery.tables.getData",
        "bigquery.tables.getIamPolicy",
        "bigquery.tables.list",
        "bigquery.tables.setIamPolicy",
        "bigquery.tables.updateData",
    ),
    "roles/pubsub.publisher": ("pubsub.topics.publish",),
    "roles/pubsub.subscriber": ("pubsub.subscriptions.consume", "pubsub.topics.attachSubscription"),
    "roles/pubsub.viewer": (
        "pubsub.subscriptions.get",
        "pubsub.subscriptions.list",
        "pubsub.topics.get",
        "pubsub.topics.list",
        "resourcemanager.projects.get",
    ),
    "roles/secretmanager.secretAccessor": (*PROJECTS, "secretmanager.versions.access"),
    "roles/secretmanager.viewer": (
        *PROJECTS,
        "secretmanager.secrets.get",
        "secretmanager.secrets.getIamPolicy",
        "secretmanager.versions.get",
    ),
    "roles/cloudkms.cryptoKeyEncrypter": ("cloudkms.cryptoKeyVersions.useToEncrypt",),
    "roles/cloudkms.cryptoKeyDecrypter": ("cloudkms.cryptoKeyVersions.useToDecrypt",),
    "roles/cloudkms.cryptoKeyEncrypterDecrypter": (
        "cloudkms.cryptoKeyVersions.useToDecrypt",
        "cloudkms.cryptoKeyVersions.useToEncrypt",
    ),
    "roles/cloudkms.viewer": ("cloudkms.cryptoKeys.get", "cloudkms.keyRings.get", "resourcemanager.projects.get"),
    "roles/artifactregistry.reader": (
        "artifactregistry.dockerimages.get",
        "artifactregistry.dockerimages.list",
        "artifactregistry.packages.list",
        "artifactregistry.repositories.downloadArtifacts",
        "artifactregistry.repositories.get",
        "artifactregistry.repositories.list",
    ),
    "roles/run.invoker": ("run.jobs.run", "run.routes.invoke"),
    "roles/run.servicesInvoker": ("run.routes.invoke",),
    "roles/run.viewer": (*PROJECTS, "run.services.get", "run.services.getIamPolicy", "run.services.list"),
    "roles/serviceusage.serviceUsageConsumer": (
        "serviceusage.operations.get",
        "serviceusage.services.get",
        "serviceusage.services.list",
        "serviceusage.services.use",
    ),
    "roles/serviceusage.serviceUsageAdmin": (
        "serviceusage.operations.get",
        "serviceusage.services.disable",
        "serviceusage.services.enable",
        "serviceusage.services.get",
        "serviceusage.services.list",
        "serviceusage.services.use",
    ),
    "roles/iam.serviceAccountTokenCreator": (
        "iam.serviceAccounts.get",
        "iam.serviceAccounts.getAccessToken",
        "iam.serviceAccounts.getOpenIdToken",
        "iam.serviceAccounts.implicitDelegation",
        "iam.serviceAccounts.list",
        "iam.serviceAccounts.signBlob",
        "iam.serviceAccounts.signJwt",
    ),
    "roles/iam.serviceAccountUser": (
        *PROJECTS,
        "iam.serviceAccounts.actAs",
        "iam.serviceAccounts.get",
        "iam.serviceAccounts.list",
    ),
    "roles/iam.workloadIdentityUser": (
        "iam.serviceAccounts.get",
        "iam.serviceAccounts.getAccessToken",
        "iam.serviceAccounts.getOpenIdToken",
        "iam.serviceAccounts.list",
    ),
    "roles/iam.serviceAccountOpenIdTokenCreator": ("iam.serviceAccounts.getOpenIdToken",),
    "roles/datastore.user": (
        *PROJECTS,
        "datastore.entities.allocateIds",
        "datastore.entities.create",
        "datastore.entities.delete",
        "datastore.entities.get",
        "datastore.entities.list",
        "datastore.entities.update",
    ),
    "roles/datastore.viewer": (*PROJECTS, "datastore.entities.get", "datastore.entities.list"),
    "roles/compute.viewer": (*PROJECTS, "compute.instances.get", "compute.instances.list", "compute.zones.get"),
    "roles/browser": (
        *PROJECTS,
        "resourcemanager.folders.get",
        "resourcemanager.folders.list",
        "resourcemanager.organizations.get",
        "resourcemanager.projects.getIamPolicy",
    ),
}
"""Subsets of what Google lists, enough for every call that the sandbox answers; a test compares them with Google's."""


def holds(role: str, permission: str, custom: dict[str, Any]) -> bool:
    """Whether a role holds a permission; a role that the sandbox does not know holds nothing."""
    if role in BASIC:
        return _basic(role, permission)
    if role in custom:
        return permission in custom[role].get("includedPermissions", ()) and not custom[role].get("deleted")
    return permission in PREDEFINED.get(role, ())


def _basic(role: str, permission: str) -> bool:
    verb = permission.rpartition(".")[2]
    if permission.startswith(OBJECTS) or permission in OWNERS_ALONE:
        return role == "roles/owner" and not permission.startswith(OBJECTS)
    if role == "roles/viewer":
        return verb in READS and permission != "iam.serviceAccounts.getAccessToken"
    if verb in NOT_EDITOR[1:] and permission.startswith("iam.serviceAccounts."):
        return False  # not even Owner mints tokens
    return role == "roles/owner" or verb != "setIamPolicy"


def included(role: str, known: frozenset[str]) -> list[str]:
    """The permissions of a predefined role, of those the sandbox has ever heard of."""
    if role in BASIC:
        return sorted(permission for permission in known if _basic(role, permission))
    return list(PREDEFINED[role])


def known_permissions() -> frozenset[str]:
    """Every permission that a predefined role here names."""
    return frozenset(permission for held in PREDEFINED.values() for permission in held)
