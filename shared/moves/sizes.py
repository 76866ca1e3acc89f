"""Whether a machine can be given another machine type, as its zone and its quota are now."""

from __future__ import annotations

from shared.errors import NotFound
from shared.execution.next import Eyes
from shared.machines.sizes import kept_by_owner, no_help, not_startable, series_of
from shared.model.machine import Machine


def unfit(machine: Machine, wanted: str, eyes: Eyes, *, larger: bool) -> str:
    """Why a machine cannot have a machine type, "" if it can; `larger` where it is to help against lack of memory."""
    if larger and (kept := kept_by_owner(machine)):
        return kept
    if series_of(wanted) != series_of(machine.machine_type):
        return f"{wanted} is of another series than {machine.machine_type}: disks, network and drivers may not go along"
    try:
        new = eyes.sight.machine_type(machine.project, machine.zone, wanted)
    except NotFound:
        return f"{machine.zone} has no {wanted}: choose a size that it has"
    old = eyes.sight.machine_type(machine.project, machine.zone, machine.machine_type)
    return not_startable(machine, old, new) or (no_help(old, new) if larger else "")
