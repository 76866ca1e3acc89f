"""A door: one method of one API, what it needs, and what answers it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sandbox.caller import Caller
from sandbox.world import Json, World


class Kind(StrEnum):
    """How audit logs class a method (google.cloud.audit.AuthorizationInfo.PermissionType)."""

    ADMIN_READ = "ADMIN_READ"
    ADMIN_WRITE = "ADMIN_WRITE"
    DATA_READ = "DATA_READ"
    DATA_WRITE = "DATA_WRITE"


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request: parameters of path and query, the body (JSON, or bytes of an upload), and who sends it.

    `headers` are those of an HTTP request by their names in small letters.
    """

    params: dict[str, str]
    body: Any
    caller: Caller
    user_project: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        """A path or query parameter that must be there."""
        return self.params[name]


Answer = Callable[[World, Call], Json | bytes]
Entry = Callable[[World, Call, Json], Json | None]
On = Callable[[World, Call], str]


@dataclass(frozen=True, kw_only=True)
class Door:
    """One method as the sandbox answers it.

    `id` is the discovery id, `rpc` the full method name (audit logs and gRPC write it), `permission` what IAM checks
    (a function where it depends on the call, "" for none), `on` the full name of the resource it is checked on,
    `title` the API's title as errors print it. `by_resource` is whether the resource's project is the consumer (else
    the caller's own). `hides` is whether a missing resource looks like a missing permission. `asked_of` is whom IAM is
    asked about where that is not the caller; `entry` gives the audit entry as this method writes it, if that differs:
    None for methods that are not audited.
    """

    id: str
    rpc: str
    on: On
    answer: Answer
    kind: Kind
    permission: str | Callable[[World, Call], str] = ""
    title: str = ""
    by_resource: bool = True
    hides: bool = True
    asked_of: Callable[[World, Call], Caller] | None = None
    entry: Entry | None = None

    def needs(self, world: World, call: Call) -> str:
        """The permission that this call needs."""
        return self.permission if isinstance(self.permission, str) else self.permission(world, call)


def by_parameter(host: str, *names: str) -> On:
    """The full name of the resource that the first of these path parameters names, which a request has."""

    def named(_: World, call: Call) -> str:
        return f"//{host}/{next(call.params[one] for one in names if one in call.params)}"

    return named


def doors_by_id(doors: Iterable[Door]) -> dict[str, Door]:
    """Doors by their discovery id; raises `ValueError` where two answer the same method."""
    found: dict[str, Door] = {}
    for door in doors:
        if door.id in found:
            raise ValueError(f"two doors answer {door.id}")
        found[door.id] = door
    return found
