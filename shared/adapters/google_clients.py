"""Google's official clients, made on first use: for Google with the caller's credentials, or for a local server.

All of them use REST where the client has it, so that a local server and Google see the same requests; the IAM admin and
Logging clients speak gRPC only.
"""

from __future__ import annotations

import threading
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from google.cloud.artifactregistry_v1 import ArtifactRegistryClient
    from google.cloud.asset_v1 import AssetServiceClient
    from google.cloud.bigquery import Client as BigQueryClient
    from google.cloud.compute_v1 import (
        AddressesClient,
        DisksClient,
        InstancesClient,
        MachineTypesClient,
        NetworkEndpointGroupsClient,
        ResourcePoliciesClient,
        RoutesClient,
        SubnetworksClient,
        ZoneOperationsClient,
    )
    from google.cloud.iam_admin_v1 import IAMClient
    from google.cloud.iam_credentials_v1 import IAMCredentialsClient
    from google.cloud.iam_v2 import PoliciesClient
    from google.cloud.kms_v1 import KeyManagementServiceClient
    from google.cloud.logging_v2.services.config_service_v2 import ConfigServiceV2Client
    from google.cloud.logging_v2.services.logging_service_v2 import LoggingServiceV2Client
    from google.cloud.policytroubleshooter_iam_v3 import PolicyTroubleshooterClient
    from google.cloud.pubsub_v1 import PublisherClient, SubscriberClient
    from google.cloud.resourcemanager_v3 import FoldersClient, OrganizationsClient, ProjectsClient
    from google.cloud.run_v2 import ServicesClient
    from google.cloud.secretmanager_v1 import SecretManagerServiceClient
    from google.cloud.service_usage_v1 import ServiceUsageClient
    from google.cloud.storage import Client as StorageClient

T = TypeVar("T")
LOCAL_TOKEN = "reader"  # noqa: S105 - what a local server knows us by; no secret


class GoogleClients:
    """One of each client for a process.

    Args:
        endpoint: HOST:PORT of a local server that answers in Google's place, reached without encryption; "" is Google.
        quota_project: the project that our own questions are accounted to; "" is the credentials' own.
        token: what a local server knows the caller by.
    """

    def __init__(self, endpoint: str = "", quota_project: str = "", token: str = LOCAL_TOKEN) -> None:
        self._endpoint, self._quota_project, self._token = endpoint, quota_project, token
        self._lock = threading.RLock()
        self._regional_secrets: dict[str, SecretManagerServiceClient] = {}

    def _options(self) -> dict[str, Any]:
        options: dict[str, Any] = {"quota_project_id": self._quota_project} if self._quota_project else {}
        if self._endpoint:
            options["api_endpoint"] = f"http://{self._endpoint}"
        return options

    def _credentials(self) -> Any:
        if not self._endpoint:
            return None  # the library finds the caller's own (application default credentials)
        from google.oauth2.credentials import Credentials

        return Credentials(self._token, quota_project_id=self._quota_project or None)  # type: ignore[no-untyped-call]

    def _rest(self, kind: type[T], host: str = "") -> T:
        """A client that speaks REST, with its service's usual host or another one."""
        made: Any = kind
        options = self._options() | ({"api_endpoint": host} if host else {})
        with self._lock:
            return made(credentials=self._credentials(), transport="rest", client_options=options)  # type: ignore[no-any-return]

    def _grpc(self, kind: type[T]) -> T:
        """A client that has gRPC only; a local server is dialled in plain text, with the token as metadata."""
        made: Any = kind
        if not self._endpoint:
            return made(client_options=self._options())  # type: ignore[no-any-return]
        import grpc

        metadata = [("authorization", f"Bearer {self._token}")]
        if self._quota_project:
            metadata.append(("x-goog-user-project", self._quota_project))
        bearer = _with_metadata(metadata)
        channel = grpc.intercept_channel(grpc.insecure_channel(self._endpoint), bearer)
        return made(transport=made.get_transport_class("grpc")(channel=channel))  # type: ignore[no-any-return]

    def _plain(self, kind: type[T]) -> T:
        """A hand-written client (Cloud Storage, BigQuery), which wants a project even where calls name their own."""
        from google.api_core.client_options import ClientOptions

        made: Any = kind
        project = self._quota_project or ("unforbid" if self._endpoint else None)
        return made(project=project, credentials=self._credentials(), client_options=ClientOptions(**self._options()))  # type: ignore[no-any-return]

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
    def run_services(self) -> ServicesClient:
        """Cloud Run: services."""
        from google.cloud.run_v2 import ServicesClient

        return self._rest(ServicesClient)

    @cached_property
    def instances(self) -> InstancesClient:
        """Compute Engine: virtual machines."""
        from google.cloud.compute_v1 import InstancesClient

        return self._rest(InstancesClient)

    @cached_property
    def zone_operations(self) -> ZoneOperationsClient:
        """Compute Engine: operations in flight."""
        from google.cloud.compute_v1 import ZoneOperationsClient

        return self._rest(ZoneOperationsClient)

    @cached_property
    def subnetworks(self) -> SubnetworksClient:
        """Compute Engine: subnetworks."""
        from google.cloud.compute_v1 import SubnetworksClient

        return self._rest(SubnetworksClient)

    @cached_property
    def addresses(self) -> AddressesClient:
        """Compute Engine: reserved addresses."""
        from google.cloud.compute_v1 import AddressesClient

        return self._rest(AddressesClient)

    @cached_property
    def machine_types(self) -> MachineTypesClient:
        """Compute Engine: how large a machine type is."""
        from google.cloud.compute_v1 import MachineTypesClient

        return self._rest(MachineTypesClient)

    @cached_property
    def disks(self) -> DisksClient:
        """Compute Engine: disks, and who else uses them."""
        from google.cloud.compute_v1 import DisksClient

        return self._rest(DisksClient)

    @cached_property
    def network_endpoint_groups(self) -> NetworkEndpointGroupsClient:
        """Compute Engine: the endpoints that load balancers send traffic to."""
        from google.cloud.compute_v1 import NetworkEndpointGroupsClient

        return self._rest(NetworkEndpointGroupsClient)

    @cached_property
    def routes(self) -> RoutesClient:
        """Compute Engine: routes."""
        from google.cloud.compute_v1 import RoutesClient

        return self._rest(RoutesClient)

    @cached_property
    def resource_policies(self) -> ResourcePoliciesClient:
        """Compute Engine: instance schedules."""
        from google.cloud.compute_v1 import ResourcePoliciesClient

        return self._rest(ResourcePoliciesClient)


def _with_metadata(added: list[tuple[str, str]]) -> Any:
    """A gRPC interceptor that adds metadata to every unary call."""
    import grpc

    class Adds(grpc.UnaryUnaryClientInterceptor):  # type: ignore[misc]
        def intercept_unary_unary(self, follow: Any, details: Any, request: Any) -> Any:
            metadata = [*(details.metadata or ()), *added]
            return follow(details._replace(metadata=metadata), request)

    return Adds()


def iam_admin(endpoint: str) -> IAMClient:
    """The client of the IAM API alone."""
    return GoogleClients(endpoint).iam_admin
