"""What a role that a rule names really holds, where the organisation's roles were read: its name proves nothing."""

from __future__ import annotations

from shared.grants.catalogue import Catalogue
from shared.grants.danger import floor_of
from shared.model.plan import T2, T3
from shared.policy.identities import ON_ONE


def content_fault(role: str, catalogue: Catalogue, *, alone: bool) -> str:
    """What is wrong with granting a role, by what it holds in the catalogue."""
    found = catalogue.role(role)
    if found is None:
        return f"{role} is not among the organisation's roles: is it spelled right? `unforbid roles refresh` reads them"
    worst = [one for one in found.permissions if floor_of(one, ON_ONE) is T3]
    if worst:
        return f"{role} is never granted: it holds {worst[0]}, which only security and the owner may hand out"
    shared = [one for one in found.permissions if alone and floor_of(one, ON_ONE) >= T2]
    return f"{role} takes two people (T2), for it holds {shared[0]}: make the rule approve" if shared else ""
