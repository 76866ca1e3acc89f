"""Which size gives a machine more memory, and whether it can have it: what would not start, not fit, or not help."""

from __future__ import annotations

from collections.abc import Iterator

from shared.model.machine import Machine
from shared.model.outcomes import MachineType

SHARED_CORE = {"f1-micro": "n1", "g1-small": "n1"}
"""Machine types that are named by no series of their own ("Machine families")."""
AFTER_SHARED = {
    "f1-micro": "g1-small",
    "g1-small": "n1-standard-1",
    "e2-micro": "e2-small",
    "e2-small": "e2-medium",
    "e2-medium": "e2-standard-2",
}
STEPS = (1, 2, 4, 8, 16, 22, 30, 32, 44, 48, 60, 64, 80, 88, 96, 112, 120, 128, 176, 180, 192, 224)
"""The vCPUs of predefined sizes in any series; which a series really has, its zone says."""
MOST_OF_CUSTOM = {"e2": 8_192, "n1": 6_656, "n2": 8_192, "n2d": 8_192, "n4": 8_192}
"""MB of memory that a custom size may have for each vCPU; series that are not here have no custom sizes."""
CUSTOM_STEP = 256
MORE, MOST = 1.5, 2.0
"""Memory has to grow by so much, since all of it was full; vCPUs and memory, and with them the price, no further."""
OPT_OUT = "unforbid-resize"
"""A label with which an owner says that a machine keeps its size: `unforbid-resize: no`."""


def candidates(now: str, cpus: int, memory_mb: int) -> list[str]:
    """Larger sizes of the same series, in the order to prefer: the next size, more memory, as much as one asks for."""
    if after := AFTER_SHARED.get(now):
        return [after]
    family, _, size = now.partition("-")[2].partition("-")
    series = series_of(now)
    found = [f"{series}-{family}-{more}" for more in _next_steps(family, size)]
    if family in ("standard", "highcpu") and size.isdecimal():
        found.append(f"{series}-highmem-{size}")
    return [*found, *_custom(series, cpus, memory_mb)]


def _next_steps(family: str, size: str) -> Iterator[int]:
    """The vCPUs of the next sizes of a family that would be enough, and not too much."""
    if family in ("standard", "highmem", "highcpu") and size.isdecimal():
        yield from (step for step in STEPS if MORE * int(size) <= step <= MOST * int(size))


def _custom(series: str, cpus: int, memory_mb: int) -> Iterator[str]:
    """The custom size with as many vCPUs and just the memory that is needed, where the series may have it."""
    wanted = -(-int(MORE * memory_mb) // CUSTOM_STEP) * CUSTOM_STEP
    if (cpus == 1 or cpus % 2 == 0) and wanted <= cpus * MOST_OF_CUSTOM.get(series, 0):
        yield f"custom-{cpus}-{wanted}" if series == "n1" else f"{series}-custom-{cpus}-{wanted}"


def kept_by_owner(machine: Machine) -> str:
    """That the owner of a machine wants it to keep its size; "" where nobody said so."""
    if machine.labels.get(OPT_OUT) != "no":
        return ""
    return f"its label {OPT_OUT} says that it keeps its size: ask its owner"


def not_startable(machine: Machine, old: MachineType, new: MachineType) -> str:
    """Why a machine would not start with a machine type, or lose something by it; "" if it would."""
    attached, more, name = sum(disk.kind != "SCRATCH" for disk in machine.disks), new.cpus - old.cpus, new.name
    rows = (
        (
            new.architecture != old.architecture,
            f"{name} is {new.architecture}, and the machine's disks are for {old.architecture}",
        ),
        (new.deprecated, f"{name} is deprecated: choose its successor"),
        (new.local_ssds > 0, f"{name} comes with local SSDs, which every stop would lose"),
        (new.most_disks < attached, f"{name} takes {new.most_disks} disks, and {attached} are attached"),
        (
            new.free_cpus is None,
            f"could not tell whether the quota has room for {name}: let us see it (compute.regions.get)",
        ),
        (
            (new.free_cpus or 0) < more,
            f"the quota has {new.free_cpus or 0:g} vCPUs left, and {name} needs {more} more",
        ),
    )
    return next((why for is_so, why in rows if is_so), "")


def no_help(old: MachineType, new: MachineType) -> str:
    """Why a machine type is too little, or too much, for a machine all of whose memory was full; "" if neither."""
    if new.memory_mb < MORE * old.memory_mb:
        return f"{new.name} has {new.memory_mb} MB, and all {old.memory_mb} MB were full: it takes {MORE} times as much"
    if max(new.cpus / old.cpus, new.memory_mb / old.memory_mb) > MOST:
        return f"{new.name} is more than {MOST:g} times as large as {old.name}, and would cost more than twice as much"
    return ""


def series_of(machine_type: str) -> str:
    """The series of a machine type: `n2` of `n2-standard-4`."""
    head = machine_type.partition("-")[0]
    return SHARED_CORE.get(machine_type) or ("n1" if head == "custom" else head)
