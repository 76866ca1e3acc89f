"""The machine types of every zone: a few series by rule, as Compute Engine sizes them ("Machine families")."""

from __future__ import annotations

from sandbox.machines import link, number
from sandbox.world import Json, World

SHARED = {"e2-micro": (2, 1_024), "e2-small": (2, 2_048), "e2-medium": (2, 4_096), "f1-micro": (1, 614)}
SIZES = {"e2": (2, 4, 8, 16, 32), "n2": (2, 4, 8, 16, 32, 48, 64, 80), "n1": (1, 2, 4, 8, 16, 32, 64, 96)}
PER_CPU = {
    "e2": {"standard": 4_096, "highmem": 8_192, "highcpu": 1_024},
    "n2": {"standard": 4_096, "highmem": 8_192, "highcpu": 1_024},
    "n1": {"standard": 3_840, "highmem": 6_656, "highcpu": 922},
}
"""MB of memory for each vCPU."""
DISKS_OF_SHARED, DISKS = 16, 128


def machine_type(world: World, zone_name: str, name: str) -> Json | None:
    """A machine type as `machineTypes.get` gives it, None if the zone has none of that name."""
    full = f"{zone_name}/machineTypes/{name}"
    if own := world.get(full):
        return own.body
    size = SHARED.get(name) or _by_rule(name)
    if size is None:
        return None
    return {
        "kind": "compute#machineType",
        "id": number("machineTypes", name),
        "name": name,
        "guestCpus": size[0],
        "memoryMb": size[1],
        "isSharedCpu": name in SHARED,
        "maximumPersistentDisks": DISKS_OF_SHARED if name in SHARED else DISKS,
        "zone": zone_name.rpartition("/")[2],
        "selfLink": link(full),
        "architecture": "X86_64",
    }


def _by_rule(name: str) -> tuple[int, int] | None:
    """The vCPUs and MB of a standard size (`n2-highmem-4`) or of a custom one (`n2-custom-4-16384`)."""
    series, _, rest = name.partition("-")
    family, _, size = rest.partition("-")
    cpus, _, memory = size.partition("-")
    if family == "custom" and series in PER_CPU and cpus.isdigit() and memory.isdigit() and int(memory) % 256 == 0:
        return int(cpus), int(memory)
    per_cpu = PER_CPU.get(series, {}).get(family)
    if per_cpu is None or memory or not cpus.isdigit() or int(cpus) not in SIZES[series]:
        return None
    return int(cpus), int(cpus) * per_cpu
