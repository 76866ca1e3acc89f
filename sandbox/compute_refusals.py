"""What Compute Engine says to requests that it cannot meet."""

from __future__ import annotations

from sandbox.errors import Refusal
from sandbox.machines import path_of
from sandbox.world import Resource, World


def existing(world: World, name: str) -> Resource:
    """A resource that exists, or 404 in the words of Compute Engine."""
    found = world.get(name)
    if found is None:
        raise missing(name)
    return found


def missing(name: str) -> Refusal:
    """What Compute Engine says of a resource that does not exist."""
    return Refusal("NOT_FOUND", f"The resource '{path_of(name)}' was not found")


def refused(message: str, reason: str = "badRequest") -> Refusal:
    """A request that cannot be met as it is."""
    return Refusal("INVALID_ARGUMENT", message, reason=reason)


def not_ready(machine: Resource) -> Refusal:
    """The machine is in a state that the request does not fit."""
    return refused(f"The resource '{path_of(machine.name)}' is not ready", "resourceNotReady")
