"""The `Facts` port on Google Cloud itself: each question goes to the adapter of the service that knows the answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from shared.adapters.google_clients import GoogleClients
from shared.errors import LookFailed
from shared.model.names import Permission, Role

if TYPE_CHECKING:
    from shared.model.facts import Access, Account, Asset, Beat, Change, DenyRule, FlowLogs, Policy, Project
    from shared.model.machine import Machine, Surroundings
    from shared.model.memory import MemoryUse, SerialOutput
    from shared.model.outcomes import MachineType
    from shared.model.role import RoleDefinition

PolicyReader = Callable[[GoogleClients, str], Any]


class GoogleFacts:
    """Questions to Google Cloud with one client for each service, made when it is first asked."""

    def __init__(self, clients: GoogleClients) -> None:
        self._clients = clients

    def entry(self, log_name: str, insert_id: str, at: datetime) -> bytes | None:
        """Cloud Logging's own copy of an entry."""
        from shared.adapters import cloud_logging

        return cloud_logging.entry(self._clients, log_name, insert_id, at)

    def access(self, principal: str, permission: Permission, resource: str, at: datetime | None) -> Access:
        """Policy Troubleshooter's answer."""
        from shared.adapters import troubleshooter

        return troubleshooter.access(self._clients, principal, permission, resource, at)

    def policy(self, resource: str) -> Policy:
        """The allow policy of a resource; `LookFailed` for a type of resource that nobody here can read."""
        return _policy_reader(resource)(self._clients, resource)  # type: ignore[no-any-return]

    def uniform_access(self, bucket: str) -> bool:
        """Whether policies alone decide in a bucket."""
        from shared.adapters import storage

        return storage.uniform_access(self._clients, bucket)

    def deny_rules(self, on: str) -> tuple[DenyRule, ...]:
        """The rules of the deny policies attached to a project, folder or organisation."""
        from shared.adapters import iam_deny

        return iam_deny.deny_rules(self._clients, on)

    def project(self, project: str) -> Project:
        """A project by id or number."""
        from shared.adapters import resource_manager

        return resource_manager.project(self._clients, project)

    def ancestry(self, project: str) -> tuple[str, ...]:
        """A project's line of ancestors."""
        from shared.adapters import resource_manager

        return resource_manager.ancestry(self._clients, project)

    def service_is_on(self, project: str, service: str) -> bool:
        """Whether an API is enabled."""
        from shared.adapters import service_usage

        return service_usage.service_is_on(self._clients, project, service)

    def account(self, email: str) -> Account:
        """A service account."""
        from shared.adapters import iam_accounts

        return iam_accounts.account(self._clients, email)

    def changes(self, project: str, since: datetime, until: datetime) -> tuple[Change, ...]:
        """What was changed in a project between two times."""
        from shared.adapters import cloud_logging

        return cloud_logging.changes(self._clients, project, since, until)

    def removals(self, project: str, who: str, since: datetime, until: datetime) -> tuple[Change, ...]:
        """Which bindings were taken from somebody."""
        from shared.adapters import cloud_logging

        return cloud_logging.removals(self._clients, project, who, since, until)

    def touched(self, project: str, instance_id: str, since: datetime, until: datetime) -> tuple[Change, ...]:
        """What was changed of a machine's metadata and access."""
        from shared.adapters import cloud_logging

        return cloud_logging.touched(self._clients, project, instance_id, since, until)

    def machine(self, project: str, zone: str, instance: str) -> Machine:
        """A virtual machine."""
        from shared.adapters import compute

        return compute.machine(self._clients, project, zone, instance)

    def surroundings(self, machine: Machine) -> Surroundings:
        """What stands around a machine."""
        from shared.adapters import compute

        clients = self._clients
        return compute.surroundings(clients, machine, groups=clients.network_endpoint_groups, disks=clients.disks)

    def serial(self, project: str, zone: str, instance: str) -> SerialOutput:
        """The serial console of a machine."""
        from shared.adapters import compute

        return compute.serial(self._clients, project, zone, instance)

    def beat(self, project: str, instance_id: str, since: datetime) -> Beat:
        """The agents' last sign of life."""
        from shared.adapters import cloud_logging

        return cloud_logging.beat(self._clients, project, instance_id, since)

    def memory_use(self, machine: Machine, since: datetime, until: datetime) -> MemoryUse:
        """How full a machine's memory was."""
        from shared.adapters import monitoring

        return monitoring.memory_use(self._clients, machine, since, until)

    def machine_type(self, project: str, zone: str, name: str) -> MachineType:
        """A machine type of a zone."""
        from shared.adapters import machine_sizes

        return machine_sizes.machine_type(self._clients, project, zone, name)

    def flow_logs(self, subnet: str) -> FlowLogs:
        """Whether flow logs are on for a subnetwork."""
        from shared.adapters import compute

        return compute.flow_logs(self._clients, subnet)

    def role(self, name: Role) -> RoleDefinition:
        """A role as it is now."""
        from shared.adapters import iam_roles

        return iam_roles.role(self._clients, name)

    def grantable(self, resource: str) -> frozenset[Role]:
        """The roles that Google accepts on a resource."""
        from shared.adapters import iam_roles

        return iam_roles.grantable(self._clients, resource)

    def assets(self, scope: str, query: str) -> tuple[Asset, ...]:
        """Resources that match a search."""
        from shared.adapters import asset

        return asset.assets(self._clients, scope, query)


def _policy_reader(resource: str) -> PolicyReader:
    """Who reads the policy of a resource, by the host of its full name."""
    import importlib

    host = resource.removeprefix("//").partition("/")[0]
    if host not in READERS:
        raise LookFailed("read the policy", resource, "policies of this type of resource are not read here yet")
    module, function = READERS[host]
    reader: PolicyReader = getattr(importlib.import_module(f"shared.adapters.{module}"), function)

    def read(clients: GoogleClients, named: str) -> Any:
        try:
            return reader(clients, named)
        except ValueError as error:
            raise LookFailed("read the policy", named, "policies of this type of resource are not read here") from error

    return read


READERS = {
    "cloudresourcemanager.googleapis.com": ("resource_manager", "container_policy"),
    "iam.googleapis.com": ("iam_accounts", "account_policy"),
    "storage.googleapis.com": ("storage", "policy"),
    "bigquery.googleapis.com": ("bigquery", "policy"),
    "pubsub.googleapis.com": ("pubsub", "policy"),
    "secretmanager.googleapis.com": ("secret_manager", "policy"),
    "cloudkms.googleapis.com": ("kms", "policy"),
    "artifactregistry.googleapis.com": ("artifact_registry", "policy"),
    "run.googleapis.com": ("cloud_run", "policy"),
    "compute.googleapis.com": ("compute", "policy"),
}
"""For each host in full resource names, the adapter that reads policies and its function."""
