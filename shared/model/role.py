"""A role as the organisation's catalogue lists it, and the answer to "which role, and why not a narrower one"."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from shared.model.evidence import Verdict
from shared.model.names import Permission, Role

STALE_AFTER = timedelta(days=30)
"""Google changes its predefined roles every few days: an older catalogue is used, and said to be old."""


class Stage(StrEnum):
    """The launch stage of a role (google.iam.admin.v1.Role.RoleLaunchStage)."""

    GA = "GA"
    BETA = "BETA"
    ALPHA = "ALPHA"
    DEPRECATED = "DEPRECATED"
    DISABLED = "DISABLED"
    EAP = "EAP"


class RoleDefinition(Struct, frozen=True, kw_only=True):
    """One role with every permission it holds, sorted."""

    name: Role
    title: str = ""
    stage: Stage = Stage.GA
    permissions: tuple[Permission, ...] = ()


class CatalogueOrigin(Struct, frozen=True):
    """When a catalogue of roles was read, and where from."""

    at: datetime
    source: str

    def age(self, now: datetime) -> timedelta:
        """For how long Google may have changed roles without this catalogue knowing."""
        return now - self.at

    def is_stale(self, now: datetime) -> bool:
        """Whether the catalogue is too old to be used without a warning."""
        return self.age(now) > STALE_AFTER


class Companion(Struct, frozen=True, kw_only=True):
    """A permission that Google documents a call to need `beside` another one, and `why`.

    `on` says what it is checked on where that is another resource, "" for the same one; `always` is False where only
    some calls need it; `source` names the page of Google's documentation.
    """

    permission: Permission
    beside: Permission
    why: str
    on: str = ""
    always: bool = True
    source: str


class CustomRole(Struct, frozen=True, kw_only=True):
    """A role that a person may create where every existing one is too wide; no part of this program creates it.

    `permissions` are the missing ones and `companions`' own; `left_out` tells what else the calls may need and where.
    `gcloud` and `terraform` are texts to paste; `confirm` is what cannot be known without asking Google.
    """

    id: str
    title: str
    description: str
    stage: Stage
    project: str
    permissions: tuple[Permission, ...]
    companions: tuple[Companion, ...] = ()
    left_out: tuple[str, ...] = ()
    gcloud: str
    terraform: str
    confirm: tuple[str, ...]


class Candidate(Struct, frozen=True, kw_only=True):
    """A role that would do: what it gives beyond the ask, what of that is dangerous, and what that costs.

    `score` is the weighted sum over the excess, 0 for a perfect fit; `refusal` says why it is not to be given, "" if
    it may be.
    """

    role: Role
    score: float
    excess: tuple[Permission, ...]
    dangerous: tuple[Permission, ...]
    refusal: str = ""
    curated: bool = False


class RoleChoice(Struct, frozen=True, kw_only=True):
    """The role to give for some permissions, or a custom role to propose where every existing one is too wide.

    `candidates` are those that would do, best first; `why` says why this one and no narrower. `custom` may be filled
    where `role` is None: a role that a person would have to create.
    """

    permissions: tuple[Permission, ...]
    role: Role | None
    why: str
    candidates: tuple[Candidate, ...] = ()
    custom: CustomRole | None = None


class Weighed(Struct, frozen=True, kw_only=True):
    """A candidate as a proof keeps it: `excess` and `dangerous` are counts, `worst` names a few of the dangerous."""

    role: Role
    score: float
    excess: int
    dangerous: int
    worst: tuple[Permission, ...]
    refusal: str
    curated: bool


class RoleProof(Struct, frozen=True, kw_only=True):
    """Why a plan gives this role for these permissions, or gives none; part of the plan, and as fixed as it.

    `digest` is over what the role held in the catalogue (`grants.choose.digest`): a role that has grown since is not
    the one that was approved. It is None where no role is given, and `custom` may then propose one.
    """

    permissions: tuple[Permission, ...]
    why: str
    candidates: tuple[Weighed, ...]
    digest: str | None
    catalogue: CatalogueOrigin
    custom: CustomRole | None = None


class StillSafe(Struct, frozen=True, kw_only=True):
    """Whether a role as Google has it now may be given like the one that was chosen, and what has changed."""

    verdict: Verdict
    why: str
    gained: tuple[Permission, ...] = ()
    lost: tuple[Permission, ...] = ()
