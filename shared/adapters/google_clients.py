"""Google's official clients, one of each for a process, made on first use."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from shared.adapters.client_making import LOCAL_TOKEN
from shared.adapters.compute_clients import ComputeClients

if TYPE_CHECKING:
    from google.cloud.artifactregistry_v1 import ArtifactRegistryClient
    from google.cloud.asset_v1 import AssetServiceClient
    from google.cloud.bigquery import Client as BigQueryClient
    from google.cloud.firestore_admin_v1 import FirestoreAdminClient
    from google.cloud.iam_admin_v1 import IAMClient
    from google.cloud.iam_credentials_v1 import IAMCredentialsClient
    from google.cloud.iam_v2 import PoliciesClient
    from google.cloud.kms_v1 import KeyManagementServiceClient
    from google.cloud.logging_v2.services.config_service_v2 import ConfigServiceV2Client
    from google.cloud.logging_v2.services.logging_service_v2 import LoggingServiceV2Client
    from google.cloud.monitoring_v3 import MetricServiceClient
    from google.cloud.policytroubleshooter_iam_v3 import PolicyTroubleshooterClient
    from google.cloud.pubsub_v1 import PublisherClient, SubscriberClient
    from google.cloud.resourcemanager_v3 import FoldersClient, OrganizationsClient, ProjectsClient
    from google.cloud.run_v2 import ServicesClient
    from google.cloud.secretmanager_v1 import SecretManagerServiceClient
    from google.cloud.service_usage_v1 import ServiceUsageClient
    from google.cloud.storage import Client as StorageClient


class GoogleClients(ComputeClients):
    """One of each client for a process; those of Compute Engine are with it."""

    def __init__(self, endpoint: str = "", quota_project: str = "", token: str = LOCAL_TOKEN) -> None:
        super().__init__(endpoint, quota_project, token)
        self._regional_secrets: dict[str, SecretManagerServiceClient] = {}

    @cached_property
    def projects(self) -> ProjectsClient:
        """Resource Manager: projects."""
        from google.cloud.resourcemanager_v3 import ProjectsClient

        return self._rest(ProjectsClient)

    @cached_property
    def folders(self) -> FoldersClient:
        """Resource Manager: folders."""
        from google.cloud.resourcemanager_v3 import FoldersClient

        return self._rest(FoldersClient)

    @cached_property
    def organizations(self) -> OrganizationsClient:
        """Resource Manager: organisations."""
        from google.cloud.resourcemanager_v3 import OrganizationsClient

        return self._rest(OrganizationsClient)

    @cached_property
    def iam_admin(self) -> IAMClient:
        """IAM: service accounts and roles."""
        from google.cloud.iam_admin_v1 import IAMClient

        return self._grpc(IAMClient)

    @cached_property
    def iam_credentials(self) -> IAMCredentialsClient:
        """IAM Credentials: tokens of service accounts."""
        from google.cloud.iam_credentials_v1 import IAMCredentialsClient

        return self._rest(IAMCredentialsClient)

    @cached_property
    def deny_policies(self) -> PoliciesClient:
        """IAM v2: deny policies."""
        from google.cloud.iam_v2 import PoliciesClient

        return self._rest(PoliciesClient)

    @cached_property
    def service_usage(self) -> ServiceUsageClient:
        """Service Usage: which APIs are on."""
        from google.cloud.service_usage_v1 import ServiceUsageClient

        return self._rest(ServiceUsageClient)

    @cached_property
    def troubleshooter(self) -> PolicyTroubleshooterClient:
        """Policy Troubleshooter v3."""
        from google.cloud.policytroubleshooter_iam_v3 import PolicyTroubleshooterClient

        return self._rest(PolicyTroubleshooterClient)

    @cached_property
    def logging(self) -> LoggingServiceV2Client:
        """Cloud Logging: entries."""
        from google.cloud.logging_v2.services.logging_service_v2 import LoggingServiceV2Client

        return self._grpc(LoggingServiceV2Client)

    @cached_property
    def logging_config(self) -> ConfigServiceV2Client:
        """Cloud Logging: sinks and exclusions."""
        from google.cloud.logging_v2.services.config_service_v2 import ConfigServiceV2Client

        return self._grpc(ConfigServiceV2Client)

    @cached_property
    def metrics(self) -> MetricServiceClient:
        """Cloud Monitoring: time series."""
        from google.cloud.monitoring_v3 import MetricServiceClient

        return self._grpc(MetricServiceClient)

    @cached_property
    def assets(self) -> AssetServiceClient:
        """Cloud Asset Inventory."""
        from google.cloud.asset_v1 import AssetServiceClient

        return self._rest(AssetServiceClient)

    @cached_property
    def storage(self) -> StorageClient:
        """Cloud Storage."""
        from google.cloud.storage import Client

        return self._plain(Client)

    @cached_property
    def bigquery(self) -> BigQueryClient:
        """BigQuery."""
        from google.cloud.bigquery import Client

        return self._plain(Client)

    @cached_property
    def publisher(self) -> PublisherClient:
        """Pub/Sub: topics."""
        from google.cloud.pubsub_v1 import PublisherClient

        return self._rest(PublisherClient)

    @cached_property
    def subscriber(self) -> SubscriberClient:
        """Pub/Sub: subscriptions."""
        from google.cloud.pubsub_v1 import SubscriberClient

        return self._rest(SubscriberClient)

    @cached_property
    def secrets(self) -> SecretManagerServiceClient:
        """Secret Manager."""
        from google.cloud.secretmanager_v1 import SecretManagerServiceClient

        return self._rest(SecretManagerServiceClient)

    def secrets_in(self, location: str) -> SecretManagerServiceClient:
        """Secret Manager of one region: regional secrets are known nowhere else; `ValueError` for no region's name."""
        if self._endpoint:
            return self.secrets
        if not location.replace("-", "").isalnum() or not location.isascii():
            raise ValueError(f"{location[:60]} is no region")
        from google.cloud.secretmanager_v1 import SecretManagerServiceClient

        with self._lock:
            if location not in self._regional_secrets:
                regional = f"secretmanager.{location}.rep.googleapis.com"
                self._regional_secrets[location] = self._rest(SecretManagerServiceClient, regional)
            return self._regional_secrets[location]

    @cached_property
    def keys(self) -> KeyManagementServiceClient:
        """Cloud KMS."""
        from google.cloud.kms_v1 import KeyManagementServiceClient

        return self._rest(KeyManagementServiceClient)

    @cached_property
    def repositories(self) -> ArtifactRegistryClient:
        """Artifact Registry."""
        from google.cloud.artifactregistry_v1 import ArtifactRegistryClient

        return self._rest(ArtifactRegistryClient)

    @cached_property
    def firestore_admin(self) -> FirestoreAdminClient:
        """Firestore: what is set of databases, not what is in them."""
        from google.cloud.firestore_admin_v1 import FirestoreAdminClient

        return self._rest(FirestoreAdminClient)

    @cached_property
    def run_services(self) -> ServicesClient:
        """Cloud Run: services."""
        from google.cloud.run_v2 import ServicesClient

        return self._rest(ServicesClient)


def iam_admin(endpoint: str) -> IAMClient:
    """The client of the IAM API alone."""
    return GoogleClients(endpoint).iam_admin
