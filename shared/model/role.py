"""A role as the organisation's catalogue lists it, and the answer to "which role, and why not a narrower one"."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from shared.model.names import Permission, Role


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
    """The role to give for some permissions, or a custom role to propose where every predefined one is too wide.

    `candidates` are those that would do, best first; `why` says why this one and no narrower. `custom` is filled where
    `role` is None: the permissions of a role that a person would have to create.
    """

    permissions: tuple[Permission, ...]
    role: Role | None
    why: str
    candidates: tuple[Candidate, ...] = ()
    custom: tuple[Permission, ...] = ()
