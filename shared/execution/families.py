"""Fix -> the family that its next step belongs to, and so which of our identities carries it out."""

from __future__ import annotations

from msgspec import Struct

from shared.errors import NotFound, Refused
from shared.execution.fold import Fix, fold
from shared.model.family import API, COMPUTE, ENDINGS, IAM
from shared.model.items import ERRANDS
from shared.model.work import Access, Disable, Enable, Grant, Recover, Revoke, Work
from shared.ports import Journal

FAMILY_OF: dict[type[Work], str] = {
    Grant: IAM,
    Revoke: IAM,
    Enable: API,
    Disable: API,
    Access: COMPUTE,
    Recover: COMPUTE,
}


class Elsewhere(Refused):
    """A fix is carried out by another function than this one; nothing was done."""


class Families(Struct, frozen=True, kw_only=True):
    """The families that this function carries out, and those that any function does; empty is all of them."""

    own: tuple[str, ...] = ()
    on: tuple[str, ...] = ()

    def has(self, work: Work) -> bool:
        """Whether a work is this function's to carry out."""
        return not self.own or FAMILY_OF[type(work)] in self.own

    def lacking(self, works: tuple[Work, ...]) -> str:
        """Why nobody carries these works out; "" where somebody does."""
        off = sorted({FAMILY_OF[type(work)] for work in works} - set(self.on)) if self.on else []
        return f"fixes of the family {', '.join(off)} are not switched on here" if off else ""

    def check(self, fix: Fix) -> None:
        """Raise `Elsewhere` for a fix whose next step is not this function's."""
        family = family_of(fix)
        if self.own and family and family not in self.own and not (ENDINGS in self.own and takes_back(fix)):
            raise Elsewhere(f"{fix.id} is at a step of the family {family}, and this carries out {', '.join(self.own)}")


def family_of(fix: Fix) -> str:
    """The family of a fix's next step; the check of the original call goes with the last work, if any."""
    at = fix.opened.works[: fix.current + 1]
    return FAMILY_OF[type(at[-1])] if at else ""


def takes_back(fix: Fix) -> bool:
    """Whether a fix does nothing but take grants back that another one made."""
    return fix.opened.undo_of is not None and all(isinstance(work, Revoke) for work in fix.opened.works)


def route(item: str, journal: Journal, on: tuple[str, ...]) -> str:
    """The family whose function is woken for an item of the queue; the first that is on does what is no fix."""
    if item.startswith(ERRANDS):
        return on[0]
    try:
        family = family_of(fold(journal.lines(item)))
    except NotFound:
        return on[0]
    return family if family in on else on[0]
