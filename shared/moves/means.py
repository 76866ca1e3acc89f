"""Whether our own identity has what a work takes: told before anybody is asked to approve it, and before a stop."""

from __future__ import annotations

from shared.errors import LookFailed, NotAllowedToLook, NotFound
from shared.model.work import Access, Enable, Grant, Recover, Work
from shared.moves.floor import ACCOUNTS, CONTAINERS, beneath
from shared.ports import Sight

Needs = tuple[tuple[str, tuple[str, ...]], ...]
"""By resource, what has to be allowed on it: a permission, or the bare verb of one of the resource's own."""


def hindrance(work: Work, sight: Sight) -> str:
    """Why a work is not worth anybody's approval: it would be refused, or we may not do it; "" where neither."""
    try:
        below = beneath(work, sight.role(work.role), sight) if isinstance(work, Grant) else ""
    except (NotAllowedToLook, NotFound) as error:
        return str(error)
    return below or lacking(work, sight)


def lacking(work: Work, sight: Sight) -> str:
    """What our own identity lacks for a work, as a sentence; "" where it lacks nothing, or nobody can tell.

    Google answers this for the caller alone, and says yes more often than it should: a no counts, a yes proves
    nothing. So nothing is refused where it could not be told; the write itself is still judged by Google.
    """
    for resource, wanted in _needs(work):
        try:
            held = sight.held(resource, wanted)
        except (LookFailed, NotAllowedToLook, NotFound):
            continue
        if missing := [one for one in wanted if one not in held]:
            return f"our own identity may not do this: it lacks {', '.join(missing)} on {resource}"
    return ""


def _needs(work: Work) -> Needs:
    if isinstance(work, Grant):
        return ((work.resource, ("getIamPolicy", "setIamPolicy")),)
    if isinstance(work, Enable):
        return ((f"{CONTAINERS}/{work.project}", ("serviceusage.services.enable",)),)
    if isinstance(work, Access):
        acts = ((f"{ACCOUNTS}projects/-/serviceAccounts/{work.account}", ("actAs",)),) if work.account else ()
        return ((work.machine.full_name, ("stop", "setServiceAccount", "start")), *acts)
    if isinstance(work, Recover):
        verbs = ("reset",) if work.machine_type is None else ("stop", "setMachineType", "start")
        return ((work.machine.full_name, verbs),)
    return ()
