"""What an identity holds on a container: by the bindings there and above that name it, and the contents of their roles.

Groups are not opened: Terraform binds accounts by name, and whether a group holds more takes Policy Analyzer.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from shared.model.deployment import Carrier, Deployment, Untold
from shared.model.facts import Binding

EVERYBODY = ("allUsers", "allAuthenticatedUsers")


class Held(Struct, frozen=True, kw_only=True):
    """What one binding gives: its permissions, where it stands, and the condition ("" for none)."""

    role: str
    on: str
    permissions: frozenset[str]
    condition: str = ""


class Holding(Struct, frozen=True, kw_only=True):
    """All that an identity holds, and what could not be told of it."""

    held: tuple[Held, ...] = ()
    untold: tuple[Untold, ...] = ()

    def all(self) -> frozenset[str]:
        """Every permission, whatever condition it stands under."""
        return frozenset(permission for one in self.held for permission in one.permissions)

    def under(self, said: str) -> frozenset[str]:
        """The permissions that hold without a condition, or under one that speaks of something."""
        counted = (one for one in self.held if not one.condition or (said and said in one.condition))
        return frozenset(permission for one in counted for permission in one.permissions)


def lineage(deployment: Deployment, container: str) -> tuple[tuple[str, ...], tuple[Untold, ...]]:
    """A container with all above it, narrowest first; and why what is above could not be told."""
    above = deployment.above.get(container, ())
    if isinstance(above, Untold):
        return (container,), (above,)
    return (container, *above), ()


def holding(deployment: Deployment, account: str, container: str) -> Holding:
    """What an account holds on a container, inherited included."""
    line, missing = lineage(deployment, container)
    held: list[Held] = []
    untold = list(missing)
    for name in line:
        carrier = deployment.containers.get(name, Untold(f"the policy of {_short(name)} was not read"))
        if isinstance(carrier, Untold):
            untold.append(carrier)
            continue
        for binding in _of(carrier, account):
            known = deployment.roles.get(binding.role, Untold(f"what {binding.role} holds was not read"))
            if isinstance(known, Untold):
                untold.append(known)
            else:
                said = binding.condition.expression if binding.condition else ""
                held.append(Held(role=binding.role, on=name, permissions=known, condition=said))
    return Holding(held=tuple(held), untold=tuple(untold))


def _of(carrier: Carrier, account: str) -> Iterator[Binding]:
    """The bindings that name an account, or everybody."""
    members = {f"serviceAccount:{account}", *EVERYBODY}
    return (one for one in carrier.policy.bindings if members & set(one.members))


def _short(name: str) -> str:
    return name.partition("googleapis.com/")[2] or name
