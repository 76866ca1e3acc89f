"""Whose a machine's service account is, and whether its roles may be opened to everyone with a shell on the machine."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from shared.grants.choose import BASIC
from shared.grants.danger import floor_of
from shared.model.machine import HeldRole
from shared.model.names import SERVICE_ACCOUNT, is_plain, parse_principal
from shared.model.plan import T3

COMPUTE, APP_ENGINE = "-compute@developer.gserviceaccount.com", "@appspot.gserviceaccount.com"
OWNED = ".iam.gserviceaccount.com"
MOST_SAID = 3


class AccountKind(StrEnum):
    """A user-managed account, a default account of Compute Engine or App Engine, or something else."""

    USER_MANAGED = "a user-managed account"
    DEFAULT = "a default account"
    OTHER = "not an account that a project owns"


def kind_of(email: str) -> AccountKind:
    """What an account is by its address (IAM documentation, "Types of service accounts")."""
    if not is_plain(email) or parse_principal(email).kind is not SERVICE_ACCOUNT:
        return AccountKind.OTHER
    number = email.removesuffix(COMPUTE)
    if (number != email and number.isdigit()) or email.endswith(APP_ENGINE):
        return AccountKind.DEFAULT
    return AccountKind.USER_MANAGED if email.endswith(OWNED) else AccountKind.OTHER


def is_of_project(email: str, project: str) -> bool:
    """Whether a user-managed account belongs to a project; of `example.com:p` the domain is `p.example.com`."""
    domain, colon, name = project.rpartition(":")
    return email.partition("@")[2] == (f"{name}.{domain}{OWNED}" if colon else f"{name}{OWNED}")


def dangers(roles: Iterable[HeldRole]) -> tuple[str, ...]:
    """Which roles must not be opened wide, each with the reason; a role of unknown content is one of them."""
    return tuple(f"{held.role.name} ({why})" for held in roles if (why := _danger(held)))


def lacking(roles: Iterable[HeldRole], wanted: Iterable[HeldRole]) -> tuple[str, ...]:
    """What of the wanted roles other roles do not make up for, on the same resource."""
    held: dict[str, set[str]] = {}
    for one in roles:
        held.setdefault(one.on, set()).update(one.role.permissions)
    return tuple(
        f"{one.role.name} on {one.on}"
        for one in wanted
        if not one.role.permissions or not held.get(one.on, set()).issuperset(one.role.permissions)
    )


def _danger(held: HeldRole) -> str:
    if held.role.name in BASIC:
        return "a basic role"
    if not held.role.permissions:
        return "what it holds could not be told"
    worst = [permission for permission in held.role.permissions if floor_of(permission, held.on) is T3]
    return f"it holds {', '.join(worst[:MOST_SAID])}" if worst else ""
