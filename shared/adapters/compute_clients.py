"""Google's official clients of Compute Engine, each made on first use."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from shared.adapters.client_making import ClientMaking

if TYPE_CHECKING:
    from google.cloud.compute_v1 import (
        AddressesClient,
        DisksClient,
        InstancesClient,
        MachineTypesClient,
        NetworkEndpointGroupsClient,
        RegionsClient,
        ResourcePoliciesClient,
        RoutesClient,
        SubnetworksClient,
        ZoneOperationsClient,
    )


class ComputeClients(ClientMaking):
    """One of each client of Compute Engine."""

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

    @cached_property
    def regions(self) -> RegionsClient:
        """Compute Engine: regions, with the quota of each."""
        from google.cloud.compute_v1 import RegionsClient

        return self._rest(RegionsClient)
