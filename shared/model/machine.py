"""A virtual machine as Compute Engine describes it, what stands around it, and what may be done to its access.

Source of the fields: compute v1 `instances.get`. Scopes are whole, as the API takes and gives them
(`https://www.googleapis.com/auth/devstorage.read_only`).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from shared.model.role import RoleDefinition

AUTH = "https://www.googleapis.com/auth/"
PLATFORM = f"{AUTH}cloud-platform"


class Disk(Struct, frozen=True, kw_only=True):
    """One attached disk. `kind` is PERSISTENT or SCRATCH (local SSD); `kms_key` its key in Cloud KMS, if it has one."""

    source: str = ""
    kind: str = "PERSISTENT"
    mode: str = "READ_WRITE"
    interface: str = ""
    boot: bool = False
    customer_supplied_key: bool = False
    kms_key: str | None = None

    @property
    def is_regional(self) -> bool:
        """Whether the disk is kept in two zones."""
        return "/regions/" in self.source


class Machine(Struct, frozen=True, kw_only=True):
    """One virtual machine; `id` is its number, which a re-created machine of the same name does not share.

    `created_by` is the metadata value of that name, by which a managed instance group signs; of all other metadata
    only the keys are kept, because the values may be secrets. `account` is the e-mail of its service account.
    """

    id: str
    name: str
    project: str
    zone: str
    status: str
    self_link: str = ""
    fingerprint: str = ""
    account: str | None = None
    scopes: tuple[str, ...] = ()
    labels: dict[str, str] = {}
    created_by: str = ""
    metadata_keys: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    machine_type: str = ""
    disks: tuple[Disk, ...] = ()
    accelerators: int = 0
    provisioning_model: str = "STANDARD"
    preemptible: bool = False
    max_run_duration: timedelta | None = None
    termination_time: datetime | None = None
    termination_action: str = ""
    graceful_shutdown: timedelta | None = None
    node_affinities: bool = False
    specific_reservation: bool = False
    resource_policies: tuple[str, ...] = ()
    external_addresses: tuple[str, ...] = ()
    subnetworks: tuple[str, ...] = ()
    can_ip_forward: bool = False
    guest_os_features: frozenset[str] = frozenset()
    start_restricted: bool = False
    deletion_protection: bool = False
    shielded: bool = False
    last_start: datetime | None = None

    @property
    def full_name(self) -> str:
        """The full resource name, with the machine's name and not its number."""
        return f"//compute.googleapis.com/projects/{self.project}/zones/{self.zone}/instances/{self.name}"


class Surroundings(Struct, frozen=True, kw_only=True):
    """What other calls told about a machine. None means that it could not be told; empty that there is none.

    `referrers` are what `instances.listReferrers` names (groups it is a member of), `backends` the network endpoint
    groups that list it, `schedule` the next starts and stops of its instance schedules, `operations` those on it that
    are not DONE, `routes` those with it as next hop, `shared_disks` those of its disks that other machines may write
    as well, `free_capacity` how many more machines of its size its sole-tenant nodes or reservation can take, and
    `key_usable` whether every key of its disks is enabled and usable by the Compute Engine service agent.
    """

    reserved_addresses: tuple[str, ...] | None = None
    referrers: tuple[str, ...] | None = None
    backends: tuple[str, ...] | None = None
    schedule: tuple[datetime, ...] | None = None
    operations: tuple[str, ...] | None = None
    routes: tuple[str, ...] | None = None
    shared_disks: tuple[str, ...] | None = None
    free_capacity: int | None = None
    key_usable: bool | None = None


class Intervention(StrEnum):
    """What is to be done to a machine: another scope or account, another size (both stop it), or a reset."""

    ACCESS = "access"
    RESIZE = "resize"
    RESET = "reset"


class Outcome(StrEnum):
    """What a precondition leads to, strictest first; T2 is allowed with its warning, NOTE changes nothing."""

    REFUSE = "refuse"
    POSTPONE = "postpone"
    WAIT = "wait"
    T2 = "T2"
    NOTE = "note"


class Precondition(Struct, frozen=True):
    """One thing about a machine that decides whether it may be touched, and what a person can do instead."""

    id: str
    outcome: Outcome
    said: str


class Basis(StrEnum):
    """From what the scopes of a call were told, most certain first."""

    EVERY = "the service, whose methods all take the same"
    METHOD = "the method"
    RPC = "the call's name"
    PERMISSION = "the permission"
    SERVICE = "the service alone"


class ScopeNeed(Struct, frozen=True, kw_only=True):
    """The scopes of which any one is enough for a call, and what that was told from (`matched`)."""

    service: str
    scopes: tuple[str, ...]
    basis: Basis
    matched: str

    @property
    def only_platform(self) -> bool:
        """Whether nothing but cloud-platform is enough."""
        return self.scopes == (PLATFORM,)


class HeldRole(Struct, frozen=True):
    """A role that a service account has on one resource, with what the role holds now."""

    role: RoleDefinition
    on: str


class Attachable(Struct, frozen=True, kw_only=True):
    """A service account that policy lists as one a machine may be given; `roles` None where they could not be told."""

    email: str
    roles: tuple[HeldRole, ...] | None = None


class ChangeKind(StrEnum):
    """The change of a machine's access that is right, or that none is."""

    ADD_SCOPE = "add_scope"
    SET_PLATFORM = "set_platform"
    SWAP_ACCOUNT = "swap_account"
    ATTACH_ACCOUNT = "attach_account"
    NONE_NEEDED = "none_needed"
    REFUSE = "refuse"


class ScopeChange(Struct, frozen=True, kw_only=True):
    """The body of `instances.setServiceAccount` that is right, with the reason and what a person could do instead.

    `account` and `scopes` are what the machine has afterwards: the call replaces both, so both are always whole.
    """

    kind: ChangeKind
    account: str | None
    scopes: tuple[str, ...]
    why: str
    alternatives: tuple[str, ...] = ()


class Resize(Struct, frozen=True, kw_only=True):
    """Another size for a machine whose memory is too small: which, instead of which, why, and what speaks against it.

    `against` is empty where nothing does; `warnings` are what two people have to agree to knowingly.
    """

    machine_type: str = ""
    was: str = ""
    why: str = ""
    against: str = ""
    warnings: tuple[str, ...] = ()
