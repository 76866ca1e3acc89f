"""How large a machine type is, and whether the quota of its region has room for it (compute v1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shared.adapters.asking import asking, limits
from shared.errors import LookFailed, NotAllowedToLook, NotFound
from shared.machines.sizes import series_of
from shared.model.names import is_target
from shared.model.outcomes import MachineType

if TYPE_CHECKING:
    from shared.adapters.google_clients import GoogleClients

DEEP = 5
"""How many slashes the name of a machine type has."""
ON_COMMON_QUOTA = ("e2", "n1", "f1", "g1")
"""The series that count towards the quota CPUS; every other one has a quota of its own ("Allocation quotas")."""


def machine_type(clients: GoogleClients, project: str, zone: str, name: str) -> MachineType:
    """A machine type of a zone with the vCPUs that the quota has left; `free_cpus` None where that could not be told.

    Raises:
        NotAllowedToLook: `compute.machineTypes.get` is missing.
        NotFound: the zone has none of that name.
        LookFailed: no usable answer.
    """
    what, about = "read the machine type", f"projects/{project}/zones/{zone}/machineTypes/{name}"
    if not is_target(f"//compute.googleapis.com/{about}") or about.count("/") != DEEP or "%" in about:
        raise LookFailed(what, about[:200], "no machine type has such a name")
    with asking(what, about, "compute.machineTypes.get"):
        request = {"project": project, "zone": zone, "machine_type": name}
        found = clients.machine_types.get(request=request, **limits())
        size = MachineType(
            name=found.name,
            cpus=found.guest_cpus,
            memory_mb=found.memory_mb,
            architecture=found.architecture,
            deprecated=bool(found.deprecated.state),
            most_disks=found.maximum_persistent_disks,
            local_ssds=found.bundled_local_ssds.partition_count,
            free_cpus=None,
        )
    return _with_room(size, _quotas(clients, project, zone.rpartition("-")[0]))


def _quotas(clients: GoogleClients, project: str, region: str) -> list[Any]:
    """The quotas of a region; none where we may not see them: then what is left is not known."""
    about = f"projects/{project}/regions/{region}"
    try:
        with asking("read the quota", about, "compute.regions.get"):
            found = clients.regions.get(request={"project": project, "region": region}, **limits())
            return list(found.quotas)
    except (NotAllowedToLook, NotFound):
        return []


def _with_room(size: MachineType, quotas: list[Any]) -> MachineType:
    """A size with the least that any quota of vCPUs that it counts towards has left."""
    from msgspec.structs import replace

    series = series_of(size.name)
    own = f"{series.upper()}_CPUS"
    named = ("CPUS", own) if series in ON_COMMON_QUOTA else (own,)
    left = [one.limit - one.usage for one in quotas if one.metric in named]
    return replace(size, free_cpus=min(left, default=None))
