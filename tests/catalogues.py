"""Catalogues of roles for tests: small ones in one line, and Google's predefined roles where the reference is there."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import msgspec

from shared.grants.catalogue import Catalogue, pack
from shared.model.names import Permission, Role
from shared.model.role import RoleDefinition, Stage

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def role(name: str, *permissions: str, stage: Stage = Stage.GA) -> RoleDefinition:
    """One role; `name` is written as in Google's policies."""
    return RoleDefinition(name=Role(name), stage=stage, permissions=tuple(sorted(map(Permission, permissions))))


def of(*roles: RoleDefinition) -> Catalogue:
    """A catalogue of some roles."""
    return Catalogue(pack(roles, NOON, "test"))


def small(**roles: str) -> Catalogue:
    """A catalogue of `service_name="permissions"`; a name that ends in _beta is one in that stage."""
    made = []
    for name, permissions in roles.items():
        stage = Stage.BETA if name.endswith("_beta") else Stage.GA
        full = f"roles/{name.removesuffix('_beta').replace('_', '.')}"
        made.append(role(full, *permissions.split(), stage=stage))
    return of(*made)


@cache
def predefined(reference: Path) -> Catalogue:
    """Google's predefined roles, from the reference beside the checkout."""

    class Listed(msgspec.Struct):
        name: str
        stage: str = "GA"
        permissions: list[str] = msgspec.field(name="includedPermissions", default_factory=list)

    with gzip.open(reference / "iam-roles/roles.jsonl.gz") as lines:
        listed = [msgspec.json.decode(line, type=Listed) for line in lines]
    return of(*(role(one.name, *one.permissions, stage=Stage(one.stage)) for one in listed))


def held(catalogue: Catalogue, *names: str) -> list[Permission]:
    """Every permission that some roles hold, in order."""
    found: set[Permission] = set()
    for name in names:
        known = catalogue.role(name)
        assert known is not None
        found.update(known.permissions)
    return sorted(found)
