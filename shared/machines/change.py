"""Which change of a machine's scopes or account is right: the least that mends the call and opens nothing beside it.

A scope is a lid on the account's roles. Over a dedicated account with narrow roles the lid may be off
(cloud-platform), as Google recommends; over a default account with Editor it would hand Editor to everyone with a
shell. Source: "Service accounts" and "Change the attached service account" of the Compute Engine documentation.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from msgspec import Struct

from shared.machines.accounts import AccountKind, dangers, is_of_project, kind_of, lacking
from shared.machines.scopes import READ_ONLY_PLATFORM, least_scope, satisfied, short
from shared.model.machine import PLATFORM, Attachable, ChangeKind, HeldRole, Machine, ScopeChange, ScopeNeed

DEDICATED = "make a service account for this machine with the roles it uses, list it as attachable, and plan again"
MOST_TOLD = 5


class Offer(Struct, frozen=True):
    """An account that could take the machine over, what speaks against it ("" if nothing), and how much it may."""

    email: str
    against: str
    permissions: int


def choose_change(
    machine: Machine,
    need: ScopeNeed | None,
    account_roles: Collection[HeldRole] | None,
    *,
    attachable: Sequence[Attachable],
    in_use: Collection[HeldRole] | None = None,
) -> ScopeChange:
    """The change that lets a machine make a call, as far as scopes go, or why there is none.

    `account_roles` are what its account has now and `in_use` what of that the machine was seen to use; None for either
    is "could not tell". Having seen nothing is no proof that nothing is used.
    """
    if machine.account is None:
        return _attach(machine, attachable, in_use)
    if need is None:
        why = "Could not tell which scope the call takes, so nothing is changed: look up the method's scopes."
        return _unchanged(ChangeKind.REFUSE, machine, why)
    if satisfied(need, machine.scopes):
        why = f"The machine has a scope that {need.matched} takes: look for a key file, or a token narrowed in code."
        return _unchanged(ChangeKind.NONE_NEEDED, machine, why)
    against = _against(machine.account, account_roles)
    if kind_of(machine.account) is AccountKind.USER_MANAGED and not against:
        return _open(machine, need)
    seen = in_use or (None if against else account_roles) or None
    offers = [_offer(one, machine, seen) for one in attachable if one.email != machine.account]
    if best := _best(offers):
        return _swap(machine, need, best, against)
    return _least(machine, need, against, offers)


def _against(account: str, roles: Collection[HeldRole] | None) -> str:
    """Why an account's roles must not be opened wide, "" if they may."""
    if roles is None:
        return f"the roles of {account} could not be told"
    if kind_of(account) is AccountKind.OTHER:
        return f"{account} is {AccountKind.OTHER}"
    found = dangers(roles)
    return f"{account} has {'; '.join(found[:MOST_TOLD])}" if found else ""


def _open(machine: Machine, need: ScopeNeed) -> ScopeChange:
    """cloud-platform over a dedicated account."""
    least = least_scope(need, machine.scopes) or PLATFORM
    why = (
        f"{machine.account} is {AccountKind.USER_MANAGED} without basic or dangerous roles: its roles decide alone, "
        "and cloud-platform is the scope Google recommends."
    )
    others = () if least == PLATFORM else (f"add only {short(least)}",)
    return _scoped(ChangeKind.SET_PLATFORM, machine, PLATFORM, why, others)


def _swap(machine: Machine, need: ScopeNeed, best: Offer, against: str) -> ScopeChange:
    least = least_scope(need, machine.scopes) or PLATFORM
    return ScopeChange(
        kind=ChangeKind.SWAP_ACCOUNT,
        account=best.email,
        scopes=_with(machine, PLATFORM),
        why=f"{best.email} holds what the machine uses and nothing dangerous, so it may have cloud-platform; "
        f"{against or _shared(machine)}.",
        alternatives=(f"keep {machine.account} and add {short(least)}",) if least != PLATFORM else (),
    )


def _least(machine: Machine, need: ScopeNeed, against: str, offers: list[Offer]) -> ScopeChange:
    """The single missing scope; where only cloud-platform is enough, the roles decide whether that may be."""
    others = (*(f"give it {one.email}: {one.against}" for one in offers[:MOST_TOLD]), DEDICATED)
    least = least_scope(need, machine.scopes) or PLATFORM
    if least == PLATFORM and against:
        why = f"Only cloud-platform is enough for {need.matched}, and it is not set here: {against}."
        return _unchanged(ChangeKind.REFUSE, machine, why, others)
    if least == PLATFORM:
        why = f"Only cloud-platform is enough for {need.matched}, and {machine.account} has no dangerous role now."
        return _scoped(ChangeKind.SET_PLATFORM, machine, least, why, others)
    reads = " It lets the machine read all that the account may read." if least == READ_ONLY_PLATFORM else ""
    why = (
        f"{short(least)} is the least scope of {need.matched}; cloud-platform is not set here: "
        f"{against or _shared(machine)}.{reads}"
    )
    return _scoped(ChangeKind.ADD_SCOPE, machine, least, why, others)


def _attach(machine: Machine, attachable: Sequence[Attachable], in_use: Collection[HeldRole] | None) -> ScopeChange:
    offers = [_offer(one, machine, in_use or ()) for one in attachable]
    if (best := _best(offers)) is None:
        why = "The machine has no service account, and none that may be attached fits."
        others = (*(f"{one.email}: {one.against}" for one in offers[:MOST_TOLD]), DEDICATED)
        return _unchanged(ChangeKind.REFUSE, machine, why, others)
    return ScopeChange(
        kind=ChangeKind.ATTACH_ACCOUNT,
        account=best.email,
        scopes=_with(machine, PLATFORM),
        why=f"The machine has no service account; of those it may be given {best.email} has the fewest permissions.",
    )


def _shared(machine: Machine) -> str:
    return f"{machine.account} is {AccountKind.DEFAULT}, which other machines share"


def _offer(one: Attachable, machine: Machine, in_use: Collection[HeldRole] | None) -> Offer:
    """An attachable account with what speaks against it: not this project's, of unknown or dangerous roles, too few."""
    roles = one.roles or ()
    return Offer(one.email, _objection(one, machine, in_use), sum(len(held.role.permissions) for held in roles))


def _objection(one: Attachable, machine: Machine, in_use: Collection[HeldRole] | None) -> str:
    if kind_of(one.email) is not AccountKind.USER_MANAGED:
        return f"it is not {AccountKind.USER_MANAGED}"
    if not is_of_project(one.email, machine.project):
        return f"it belongs to another project than {machine.project}"
    if one.roles is None:
        return "its roles could not be told"
    if found := dangers(one.roles):
        return f"it has {'; '.join(found[:MOST_TOLD])}"
    if in_use is None:
        return "could not tell whether it holds the roles that the machine uses"
    missing = lacking(one.roles, in_use)
    return f"it lacks {', '.join(missing[:MOST_TOLD])}" if missing else ""


def _best(offers: list[Offer]) -> Offer | None:
    fit = [one for one in offers if not one.against]
    return min(fit, key=lambda one: (one.permissions, one.email), default=None)


def _with(machine: Machine, scope: str) -> tuple[str, ...]:
    """The machine's scopes with one more; none is taken away, so that nothing that works now stops working."""
    return tuple(dict.fromkeys((*machine.scopes, scope)))


def _scoped(kind: ChangeKind, machine: Machine, scope: str, why: str, others: tuple[str, ...] = ()) -> ScopeChange:
    return ScopeChange(kind=kind, account=machine.account, scopes=_with(machine, scope), why=why, alternatives=others)


def _unchanged(kind: ChangeKind, machine: Machine, why: str, others: tuple[str, ...] = ()) -> ScopeChange:
    return ScopeChange(kind=kind, account=machine.account, scopes=machine.scopes, why=why, alternatives=others)
