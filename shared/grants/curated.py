"""Hand-checked roles for common permissions: fewest permissions on the narrowest resource, by Google's role reference.

A permission that is not listed is not guessed at: the organisation's own catalogue has to be asked.
"""

from __future__ import annotations

from shared.model.names import Role

ROLES = {
    "storage.objects.get": "storage.objectViewer",
    "storage.objects.list": "storage.objectViewer",
    "storage.objects.create": "storage.objectCreator",
    "storage.objects.delete": "storage.objectUser",
    "storage.objects.update": "storage.objectUser",
    "logging.logEntries.create": "logging.logWriter",
    "logging.logEntries.list": "logging.viewer",
    "logging.privateLogEntries.list": "logging.privateLogViewer",
    "monitoring.timeSeries.create": "monitoring.metricWriter",
    "monitoring.metricDescriptors.create": "monitoring.metricWriter",
    "monitoring.timeSeries.list": "monitoring.viewer",
    "cloudtrace.traces.patch": "cloudtrace.agent",
    "bigquery.jobs.create": "bigquery.jobUser",
    "bigquery.tables.getData": "bigquery.dataViewer",
    "bigquery.tables.get": "bigquery.metadataViewer",
    "bigquery.tables.list": "bigquery.metadataViewer",
    "bigquery.datasets.get": "bigquery.metadataViewer",
    "bigquery.tables.updateData": "bigquery.dataEditor",
    "bigquery.tables.create": "bigquery.dataEditor",
    "bigquery.readsessions.create": "bigquery.readSessionUser",
    "pubsub.topics.publish": "pubsub.publisher",
    "pubsub.subscriptions.consume": "pubsub.subscriber",
    "pubsub.topics.attachSubscription": "pubsub.subscriber",
    "pubsub.topics.get": "pubsub.viewer",
    "pubsub.subscriptions.get": "pubsub.viewer",
    "secretmanager.versions.access": "secretmanager.secretAccessor",
    "secretmanager.secrets.get": "secretmanager.viewer",
    "run.routes.invoke": "run.servicesInvoker",
    "run.jobs.run": "run.jobsExecutor",
    "run.services.get": "run.viewer",
    "cloudfunctions.functions.invoke": "cloudfunctions.invoker",
    "cloudkms.cryptoKeyVersions.useToEncrypt": "cloudkms.cryptoKeyEncrypter",
    "cloudkms.cryptoKeyVersions.useToDecrypt": "cloudkms.cryptoKeyDecrypter",
    "artifactregistry.repositories.downloadArtifacts": "artifactregistry.reader",
    "artifactregistry.repositories.uploadArtifacts": "artifactregistry.writer",
    "serviceusage.services.use": "serviceusage.serviceUsageConsumer",
    "resourcemanager.projects.get": "browser",
    "iam.serviceAccounts.getAccessToken": "iam.serviceAccountTokenCreator",
    "iam.serviceAccounts.signBlob": "iam.serviceAccountTokenCreator",
    "iam.serviceAccounts.signJwt": "iam.serviceAccountTokenCreator",
    "iam.serviceAccounts.implicitDelegation": "iam.serviceAccountTokenCreator",
    "iam.serviceAccounts.getOpenIdToken": "iam.serviceAccountOpenIdTokenCreator",
    "iam.serviceAccounts.actAs": "iam.serviceAccountUser",
    "cloudsql.instances.connect": "cloudsql.client",
    "cloudsql.instances.get": "cloudsql.client",
    "compute.subnetworks.use": "compute.networkUser",
    "compute.subnetworks.useExternalIp": "compute.networkUser",
    "compute.images.useReadOnly": "compute.imageUser",
    "compute.instances.get": "compute.viewer",
    "compute.instances.list": "compute.viewer",
    "eventarc.events.receiveEvent": "eventarc.eventReceiver",
    "spanner.databases.select": "spanner.databaseReader",
    "spanner.databases.read": "spanner.databaseReader",
    "datastore.entities.get": "datastore.viewer",
    "datastore.entities.list": "datastore.viewer",
    "iap.webServiceVersions.accessViaIAP": "iap.httpsResourceAccessor",
    "container.clusters.get": "container.clusterViewer",
    "container.clusters.list": "container.clusterViewer",
}


FEDERATED_ROLES = {
    "iam.serviceAccounts.getAccessToken": "iam.workloadIdentityUser",
    "iam.serviceAccounts.getOpenIdToken": "iam.workloadIdentityUser",
}
"""What an identity from outside, or of a Kubernetes cluster, is given: no right to sign in the account's name."""


def role_for(permission: str, *, federated: bool = False) -> Role | None:
    """The curated role for a permission, or None where only the organisation's catalogue can tell."""
    name = FEDERATED_ROLES.get(permission) if federated else ROLES.get(permission)
    return Role(f"roles/{name}") if name else None
