"""What a plan's step would do, as data: every name and number that carrying it out takes, fixed when it is approved."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from shared.model.facts import Condition
from shared.model.names import Permission, Role


class OriginalCall(Struct, frozen=True, kw_only=True):
    """The call that was refused: only its success says that a fix has worked."""

    principal: str | None = None
    permission: Permission | None = None
    service: str | None = None
    resource: str | None = None
    project: str | None = None


class Grant(Struct, frozen=True, kw_only=True, tag="grant"):
    """Give a member a role on one resource, until a time.

    `condition` ends it by itself; None where the type of resource takes none, and our own revocation ends it.
    `member_id` is the number of the service account that gains, `account_id` that of the one that the role is on; ""
    where there is no such account, or its number could not be told.
    """

    resource: str
    role: Role
    member: str
    until: datetime
    condition: Condition | None = None
    role_digest: str | None = None
    member_id: str = ""
    account_id: str = ""


class Revoke(Struct, frozen=True, kw_only=True, tag="revoke"):
    """Take a member out of exactly one binding: the inverse of a grant, and how it ends."""

    resource: str
    role: Role
    member: str
    condition: Condition | None = None


class Enable(Struct, frozen=True, kw_only=True, tag="enable"):
    """Switch an API on in a consumer project."""

    project: str
    service: str


class Disable(Struct, frozen=True, kw_only=True, tag="disable"):
    """Switch off what an enabling of ours switched on, the dependencies last."""

    project: str
    services: tuple[str, ...]
    enabled_at: datetime


class MachineName(Struct, frozen=True, kw_only=True):
    """One virtual machine; `id` is the number of the very one that was planned for."""

    project: str
    zone: str
    name: str
    id: str

    @property
    def full_name(self) -> str:
        """The full resource name."""
        return f"//compute.googleapis.com/projects/{self.project}/zones/{self.zone}/instances/{self.name}"


class Attached(Struct, frozen=True, kw_only=True):
    """The account of a machine and its scopes; no order among them means anything."""

    account: str | None
    scopes: tuple[str, ...]


class Access(Struct, frozen=True, kw_only=True, tag="access"):
    """Give a machine another account or other scopes: stop, set, start.

    `was` is what it had when that was planned: what somebody has changed since is not overwritten. `account_id` is the
    number of the account, "" where it could not be told.
    """

    machine: MachineName
    account: str | None
    scopes: tuple[str, ...]
    was: Attached | None = None
    account_id: str = ""


class Recover(Struct, frozen=True, kw_only=True, tag="recover"):
    """Bring a machine back whose agent was killed: reset it, or with `machine_type` stop, resize and start it.

    `was` is the machine type it had when that was planned.
    """

    machine: MachineName
    machine_type: str | None = None
    was: str | None = None


Work = Grant | Revoke | Enable | Disable | Access | Recover
