"""What stands around a virtual machine: the one place where a look that failed becomes None, "could not tell".

None is told apart from empty by whoever decides (`shared/machines/conditions.py`), and always counts against a change.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, TypeVar

from shared.adapters.asking import asking, limits
from shared.errors import LookFailed, NotAllowedToLook, NotFound
from shared.model.machine import Disk, Machine, Surroundings
from shared.model.names import ResourceName

if TYPE_CHECKING:
    from google.cloud.compute_v1 import DisksClient, NetworkEndpointGroupsClient

    from shared.adapters.google_clients import GoogleClients

T = TypeVar("T")
HOST = "//compute.googleapis.com"
MOST_PAGES, MOST_GROUPS = 50, 100
WHOLE = ("", "NO_RESULTS_ON_PAGE")
"""The warnings of a list beside which it is whole; any other means that something is not in it."""
OF_MACHINES = frozenset({"GCE_VM_IP", "GCE_VM_IP_PORT", "GCE_VM_IP_PORTMAP", "GCE_VM_IP_DEDICATED_BACKEND"})
"""The types of network endpoint groups whose members are virtual machines."""


def surroundings(
    clients: GoogleClients,
    machine: Machine,
    *,
    groups: NetworkEndpointGroupsClient | None = None,
    disks: DisksClient | None = None,
) -> Surroundings:
    """What stands around a machine; each part is None where it could not be told. Raises nothing of ours.

    `groups` and `disks` are clients of their own; without them backends, and disks that others may write, are untold.
    """
    return Surroundings(
        reserved_addresses=_told(lambda: reserved_addresses(clients, machine)),
        referrers=_told(lambda: referrers(clients, machine)),
        backends=_told(lambda: backends(groups, machine)) if groups else None,
        schedule=_told(lambda: schedule(clients, machine)),
        operations=_told(lambda: operations(clients, machine)),
        routes=_told(lambda: routes(clients, machine)),
        shared_disks=_told(lambda: shared_disks(disks, machine)),
    )


def _told(look: Callable[[], T]) -> T | None:
    try:
        return look()
    except (NotAllowedToLook, NotFound, LookFailed):
        return None


def reserved_addresses(clients: GoogleClients, machine: Machine) -> tuple[str, ...]:
    """The external addresses that are reserved in the machine's project and region, in their one spelling."""
    region = machine.zone.rpartition("-")[0]
    request = {"project": machine.project, "region": region}
    found = _all(
        "list the reserved addresses",
        f"{HOST}/projects/{machine.project}/regions/{region}",
        "compute.addresses.list",
        lambda: clients.addresses.list(request=request, **limits()),
        lambda one: str(ip_address(one.address)) if one.address_type != "INTERNAL" else "",
    )
    return tuple(one for one in found if one)


def referrers(clients: GoogleClients, machine: Machine) -> tuple[str, ...]:
    """The instance groups that the machine is a member of, as URLs."""
    request = {"project": machine.project, "zone": machine.zone, "instance": machine.name}
    found = _all(
        "list the referrers",
        machine.full_name,
        "compute.instances.listReferrers",
        lambda: clients.instances.list_referrers(request=request, **limits()),
        lambda one: str(one.referrer),
    )
    return tuple(found)


def schedule(clients: GoogleClients, machine: Machine) -> tuple[datetime, ...]:
    """When the instance schedules of the machine act next; other policies, and schedules that have ended, never do.

    Raises:
        LookFailed: also where a schedule that is in force does not say when it acts next.
    """
    return tuple(at for policy in machine.resource_policies for at in _next_runs(clients, policy))


def _next_runs(clients: GoogleClients, policy: str) -> tuple[datetime, ...]:
    what, name = "read the schedule", ResourceName(policy)
    with asking(what, policy, "compute.resourcePolicies.get"):
        found = clients.resource_policies.get(
            project=name.project, region=name.part("regions"), resource_policy=name.part("resourcePolicies"), **limits()
        )
        if "instance_schedule_policy" not in found or found.status == "EXPIRED":
            return ()
        at = datetime.fromisoformat(found.resource_status.instance_schedule_policy.next_run_start_time)
    if at.tzinfo is None:
        raise LookFailed(what, policy, "it does not say when it acts next")
    return (at,)


def operations(clients: GoogleClients, machine: Machine) -> tuple[str, ...]:
    """The names of the operations in the machine's zone that change it and are not done."""
    request = {"project": machine.project, "zone": machine.zone, "filter": "status != DONE"}
    found = _all(
        "list the operations in flight",
        f"{HOST}/projects/{machine.project}/zones/{machine.zone}",
        "compute.zoneOperations.list",
        lambda: clients.zone_operations.list(request=request, **limits()),
        lambda one: one,
    )
    return tuple(one.name for one in found if one.status != "DONE" and _is_on(one, machine))


def _is_on(operation: Any, machine: Machine) -> bool:
    return str(operation.target_id) == machine.id or _is(operation.target_link, machine)


def routes(clients: GoogleClients, machine: Machine) -> tuple[str, ...]:
    """The URLs of the routes whose next hop is the machine, in its own project and those of its networks."""
    homes = {machine.project, *(ResourceName(one).project or "" for one in machine.subnetworks)} - {""}
    return tuple(route for home in sorted(homes) for route in _routes(clients, home, machine))


def _routes(clients: GoogleClients, project: str, machine: Machine) -> list[str]:
    found = _all(
        "list the routes",
        f"{HOST}/projects/{project}",
        "compute.routes.list",
        lambda: clients.routes.list(request={"project": project}, **limits()),
        lambda one: one,
    )
    return [one.self_link for one in found if _is(one.next_hop_instance, machine)]


def _is(link: str, machine: Machine) -> bool:
    """Whether a URL names the machine; one with the number of a project may, whichever project that is."""
    name = ResourceName(link)
    project = name.project or ""
    here = project == machine.project or project.isdigit()
    return here and name.part("zones") == machine.zone and name.part("instances") in (machine.name, machine.id)


def backends(client: NetworkEndpointGroupsClient, machine: Machine) -> tuple[str, ...]:
    """The URLs of the network endpoint groups in the machine's zone that list it."""
    request = {"project": machine.project, "zone": machine.zone}
    what, about = "list the network endpoint groups", f"{HOST}/projects/{machine.project}/zones/{machine.zone}"
    found = _all(
        what,
        about,
        "compute.networkEndpointGroups.list",
        lambda: client.list(request=request, **limits()),
        lambda one: one,
    )
    groups = [one for one in found if one.network_endpoint_type in OF_MACHINES]
    if len(groups) > MOST_GROUPS:
        raise LookFailed(what, about, f"there are {len(groups)}, which is more than are read")
    return tuple(one.self_link for one in groups if machine.name in _members(client, machine, one.name))


def _members(client: NetworkEndpointGroupsClient, machine: Machine, group: str) -> set[str]:
    """The names of the machines in a network endpoint group, all of the group's own zone."""
    request = {
        "project": machine.project,
        "zone": machine.zone,
        "network_endpoint_group": group,
        "network_endpoint_groups_list_endpoints_request_resource": {"health_status": "SKIP"},
    }
    found = _all(
        "list the endpoints",
        f"{HOST}/projects/{machine.project}/zones/{machine.zone}/networkEndpointGroups/{group}",
        "compute.networkEndpointGroups.get",
        lambda: client.list_network_endpoints(request=request, **limits()),
        lambda one: str(one.network_endpoint.instance).rpartition("/")[2],
    )
    return set(found)


def shared_disks(client: DisksClient | None, machine: Machine) -> tuple[str, ...] | None:
    """The disks of the machine that other machines have too, or may have; None where that would take a client."""
    open_to_others = [one for one in machine.disks if _may_be_shared(one)]
    if not open_to_others:
        return ()
    return tuple(one.source for one in open_to_others if _is_shared(client, one, machine)) if client else None


def _may_be_shared(disk: Disk) -> bool:
    """Whether more than one machine could write the disk: no boot disk, and regional ones are told by their name."""
    return disk.kind != "SCRATCH" and not disk.boot and disk.mode == "READ_WRITE" and not disk.is_regional


def _is_shared(client: DisksClient, disk: Disk, machine: Machine) -> bool:
    name = ResourceName(disk.source)
    with asking("read the state", disk.source, "compute.disks.get"):
        found = client.get(project=name.project, zone=name.part("zones"), disk=name.part("disks"), **limits())
        others = [user for user in found.users if not _is(user, machine)]
        return bool(others) or found.access_mode == "READ_WRITE_MANY"


def _all(what: str, about: str, permission: str, ask: Callable[[], Any], take: Callable[[Any], T]) -> list[T]:
    """Something of every item of a list; raises `LookFailed` for a list that is not whole or does not end."""
    with asking(what, about, permission):
        taken: list[T] = []
        for place, page in enumerate(ask().pages):
            if page.warning.code not in WHOLE:
                raise LookFailed(what, about, f"the list is not whole ({page.warning.code})")
            if place == MOST_PAGES:
                raise LookFailed(what, about, "its pages do not end")
            taken += [take(one) for one in page.items]
    return taken
