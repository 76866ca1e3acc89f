"""One change of the cloud, as data: what is written before it is done, and what is written after."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from shared.model.facts import Condition
from shared.model.names import Role
from shared.model.work import MachineName


class AddBinding(Struct, frozen=True, kw_only=True, tag="add_binding"):
    """Add one member to one role on one resource, under exactly this condition."""

    resource: str
    role: Role
    member: str
    condition: Condition | None = None


class RemoveBinding(Struct, frozen=True, kw_only=True, tag="remove_binding"):
    """Remove one member from exactly this binding."""

    resource: str
    role: Role
    member: str
    condition: Condition | None = None


class EnableApi(Struct, frozen=True, kw_only=True, tag="enable_api"):
    """Switch an API on, with what it depends on."""

    project: str
    service: str


class DisableApi(Struct, frozen=True, kw_only=True, tag="disable_api"):
    """Switch an API off again, unless it or what depends on it was used."""

    project: str
    service: str


class StopMachine(Struct, frozen=True, kw_only=True, tag="stop"):
    """Stop a machine. `request` makes the call safe to repeat."""

    machine: MachineName
    request: str


class StartMachine(Struct, frozen=True, kw_only=True, tag="start"):
    """Start a machine."""

    machine: MachineName
    request: str


class ResetMachine(Struct, frozen=True, kw_only=True, tag="reset"):
    """Reset a running machine; it cannot be undone."""

    machine: MachineName
    request: str


class SetAccess(Struct, frozen=True, kw_only=True, tag="set_access"):
    """Set account and scopes of a stopped machine; both are always whole."""

    machine: MachineName
    account: str | None
    scopes: tuple[str, ...]
    request: str


class SetSize(Struct, frozen=True, kw_only=True, tag="set_size"):
    """Set the machine type of a stopped machine."""

    machine: MachineName
    machine_type: str
    request: str


Effect = (
    AddBinding
    | RemoveBinding
    | EnableApi
    | DisableApi
    | StopMachine
    | StartMachine
    | ResetMachine
    | SetAccess
    | SetSize
)
MACHINE_EFFECTS = (StopMachine, StartMachine, ResetMachine, SetAccess, SetSize)


class Result(StrEnum):
    """What became of an effect.

    CHANGED: it is done, and it was us. ALREADY: it was so before, so nothing of it is ours. STARTED: an operation was
    started. REFUSED: Google said no for good; nothing changed. UNKNOWN: no answer came, and it is too late to do it
    again, or what is there now may be somebody else's; who did it has to be found out.
    """

    CHANGED = "changed"
    ALREADY = "already"
    STARTED = "started"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class Before(Struct, frozen=True, kw_only=True):
    """What was there before an effect, read right before its intent was written.

    `present` is whether the binding, or the API, was there already; `etag` the policy's; `services` what was switched
    on in the project; `account`, `scopes`, `machine_type`, `status` and `addresses` a machine's. `untried` is whether
    the effect is begun for the first time, so that whatever is there by then was done by others.
    """

    present: bool = False
    etag: str = ""
    services: tuple[str, ...] = ()
    account: str | None = None
    scopes: tuple[str, ...] = ()
    machine_type: str = ""
    status: str = ""
    addresses: tuple[str, ...] = ()
    untried: bool = False


class Receipt(Struct, frozen=True, kw_only=True):
    """What came of an effect: whether it is ours, the etag it left, the operation that carries it out, Google's words.

    `code` is Google's error code where it was refused (`ZONE_RESOURCE_POOL_EXHAUSTED`); `also` what was changed along
    with it (APIs that were switched on as dependencies). `forbidden` is whether Google refused it with a 403: to us.
    """

    result: Result
    etag: str = ""
    operation: str = ""
    code: str = ""
    said: str = ""
    also: tuple[str, ...] = ()
    forbidden: bool = False
