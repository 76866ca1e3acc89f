"""A choice as a plan keeps it, and whether the role that was chosen is still the same when it is about to be given."""

from __future__ import annotations

from hashlib import sha256

from shared.grants.catalogue import Catalogue
from shared.grants.choose import MOST_NAMED, MOST_TOLD, named
from shared.grants.companions import ANYWHERE, danger_of
from shared.model.evidence import NO, UNKNOWN, YES
from shared.model.names import Permission
from shared.model.plan import T1, T3
from shared.model.role import Candidate, RoleChoice, RoleDefinition, RoleProof, Stage, StillSafe, Weighed


def prove(choice: RoleChoice, catalogue: Catalogue) -> RoleProof:
    """The choice with counts instead of lists, what the role held, and where that knowledge comes from."""
    role = catalogue.role(choice.role) if choice.role else None
    return RoleProof(
        permissions=choice.permissions,
        why=choice.why,
        candidates=tuple(_weighed(one) for one in choice.candidates[:MOST_TOLD]),
        digest=digest(role) if role else None,
        catalogue=catalogue.origin,
        custom=choice.custom,
    )


def digest(role: RoleDefinition) -> str:
    """The sha256, in hex, of what a role holds: its permissions in order, one a line."""
    return sha256("\n".join(sorted(set(role.permissions))).encode()).hexdigest()


def still_safe(chosen: RoleDefinition, live: RoleDefinition, *, on: str = ANYWHERE) -> StillSafe:
    """Whether a role as Google has it now may be given like the one in the catalogue; asked right before the write.

    A role that has gained what is harmless is still safe, but its digest is no longer the one that was approved.
    """
    if live.name != chosen.name:
        return StillSafe(verdict=UNKNOWN, why=f"the answer is about {live.name}, and {chosen.name} was chosen")
    if not live.permissions:
        return StillSafe(verdict=UNKNOWN, why=f"Google's answer does not say what {live.name} holds")
    gained = tuple(sorted({*live.permissions} - {*chosen.permissions}))
    lost = tuple(sorted({*chosen.permissions} - {*live.permissions}))
    dangerous = [permission for permission in gained if danger_of(permission, on) is not T1]
    if live.stage is not Stage.GA:
        verdict, why = NO, f"{live.name} is in stage {live.stage} now"
    elif dangerous:
        verdict, why = NO, f"{live.name} has gained {named(dangerous)} since the catalogue was read: choose again"
    elif gained or lost:
        verdict, why = YES, f"{live.name} has gained {len(gained)} harmless permissions and lost {len(lost)}"
    else:
        verdict, why = YES, f"{live.name} holds what it held when the catalogue was read"
    return StillSafe(verdict=verdict, why=why, gained=gained, lost=lost)


def _weighed(one: Candidate) -> Weighed:
    return Weighed(
        role=one.role,
        score=one.score,
        excess=len(one.excess),
        dangerous=len(one.dangerous),
        worst=tuple(sorted(one.dangerous, key=_worst_first)[:MOST_NAMED]),
        refusal=one.refusal,
        curated=one.curated,
    )


def _worst_first(permission: Permission) -> tuple[bool, str]:
    return danger_of(permission, ANYWHERE) is not T3, permission
