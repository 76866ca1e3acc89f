"""What carrying out a fix has to see: an operation, a machine type, and what became of the calls it was for."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct


class Operation(Struct, frozen=True, kw_only=True):
    """An operation of Compute Engine: over or not, and with which error (compute v1, zoneOperations.get)."""

    done: bool
    code: str = ""
    said: str = ""


class MachineType(Struct, frozen=True, kw_only=True):
    """A machine type of one zone (compute v1, machineTypes.get), and the room its region has for it.

    `local_ssds` is how many come with it, `free_cpus` how many more vCPUs of its series the quota of the region allows
    (regions.get); None where that could not be told.
    """

    name: str
    cpus: int
    memory_mb: int
    architecture: str = ""
    deprecated: bool = False
    most_disks: int = 0
    local_ssds: int = 0
    free_cpus: float | None = None


class Outcomes(Struct, frozen=True, kw_only=True):
    """Calls like the refused one, as audit logs and the workload's own log show them, oldest first.

    `succeeded` are those of the same principal, permission and resource without an error, `refused` those with one.
    `traffic` is whether that principal was seen calling that service at all: silence proves nothing.
    """

    succeeded: tuple[datetime, ...] = ()
    refused: tuple[datetime, ...] = ()
    traffic: bool = False
