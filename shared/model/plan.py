"""The narrowest fix and its inverse, as data; nothing here can be carried out."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from shared.model.names import Role
from shared.model.role import RoleProof


class Tier(StrEnum):
    """Who must agree: T0 a written rule, T1 one owner, T2 owner and security, T3 nobody: at most a proposal."""

    T0 = "T0"
    T1 = "T1"
    T2 = "T2"
    T3 = "T3"


T0, T1, T2, T3 = Tier


class Remedy(StrEnum):
    """The kind of fix a cause calls for; each is one file under `actions/`."""

    GRANT_ROLE = "grant_role"
    ENABLE_API = "enable_api"
    VM_SCOPES = "vm_scopes"
    VM_RECOVER = "vm_recover"
    ADVISE = "advise"


class Action(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One step of a plan. `changes` is true only where carrying it out would alter the cloud.

    `proof` says why this role and no narrower; it is absent, also from JSON, where no catalogue of roles was asked.
    """

    action: str
    changes: bool
    tier: Tier
    target: str | None
    member: str | None
    role: Role | None
    why: str
    undo: str | None
    proof: RoleProof | None = None


class Plan(Struct, frozen=True):
    """The steps of a fix, in order; advice only where no change is right."""

    actions: tuple[Action, ...]

    @property
    def changes(self) -> bool:
        """Whether any step would alter the cloud."""
        for action in self.actions:  # noqa: SIM110 - asked for every event, and a generator costs more
            if action.changes:
                return True
        return False
