"""What our own identity may do on a resource (testIamPermissions): asked for nobody else, and no proof of a yes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.adapters.asking import asking
from shared.adapters.policy_holders import holder_of
from shared.errors import LookFailed

if TYPE_CHECKING:
    from shared.adapters.google_clients import GoogleClients

WHAT = "ask what we may do"


def held(clients: GoogleClients, resource: str, wanted: tuple[str, ...]) -> frozenset[str]:
    """Those of the wanted that we have, spelt as they were asked for; a bare verb is one of the resource's own kind.

    Raises:
        LookFailed: no usable answer, or Google offers no such question for this type of resource.
    """
    holder = holder_of(clients, resource, "")
    if holder.held is None:
        raise LookFailed(WHAT, resource, "Google does not answer that for this type of resource")
    names = {one if "." in one else f"{holder.permission}.{one}": one for one in wanted}
    with asking(WHAT, resource, next(iter(names), holder.permission)):
        found = set(holder.held(list(names)))
    return frozenset(said for name, said in names.items() if name in found)
