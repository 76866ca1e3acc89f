"""Whether a machine can be given another machine type: what would not start, would not fit, or would not help."""

from __future__ import annotations

from shared.errors import NotFound
from shared.execution.next import Eyes
from shared.model.machine import Machine
from shared.model.outcomes import MachineType

SHARED_CORE = {"f1-micro": "n1", "g1-small": "n1"}
"""Machine types that are named by no series of their own ("Machine families")."""
MORE, MOST = 1.5, 2.0
"""Memory has to grow by so much, since all of it was full; vCPUs and memory, and with them the price, no further."""
OPT_OUT = "unforbid-resize"
"""A label with which an owner says that a machine keeps its size: `unforbid-resize: no`."""


def unfit(machine: Machine, wanted: str, eyes: Eyes, *, larger: bool) -> str:
    """Why a machine cannot have a machine type, "" if it can; `larger` where it is to help against lack of memory."""
    if larger and machine.labels.get(OPT_OUT) == "no":
        return f"its label {OPT_OUT} says that it keeps its size: ask its owner"
    if _series(wanted) != _series(machine.machine_type):
        return f"{wanted} is of another series than {machine.machine_type}: disks, network and drivers may not go along"
    try:
        new = eyes.sight.machine_type(machine.project, machine.zone, wanted)
    except NotFound:
        return f"{machine.zone} has no {wanted}: choose a size that it has"
    old = eyes.sight.machine_type(machine.project, machine.zone, machine.machine_type)
    return _not_startable(machine, old, new) or (_no_help(old, new) if larger else "")


def _not_startable(machine: Machine, old: MachineType, new: MachineType) -> str:
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
        ((new.free_cpus or 0) < more, f"the quota has {new.free_cpus} vCPUs left, and {name} needs {more} more"),
    )
    return next((why for is_so, why in rows if is_so), "")


def _no_help(old: MachineType, new: MachineType) -> str:
    if new.memory_mb < MORE * old.memory_mb:
        return f"{new.name} has {new.memory_mb} MB, and all {old.memory_mb} MB were full: it takes {MORE} times as much"
    if max(new.cpus / old.cpus, new.memory_mb / old.memory_mb) > MOST:
        return f"{new.name} is more than {MOST:g} times as large as {old.name}, and would cost more than twice as much"
    return ""


def _series(machine_type: str) -> str:
    return SHARED_CORE.get(machine_type) or machine_type.partition("-")[0]
