"""Adding and removing one member of one binding, for every type of resource alike: read, edit, write with the etag.

If somebody else has written in between, all of it is done again, on what is there then. Whether a binding that is
there is ours follows from what was journaled: one that is there before our first request is somebody else's; present
after a request without a reply is ours where it carries the run's id in its condition. Where the type of resource takes
no condition, somebody else may have added the very same binding meanwhile: the policy does not tell, and the receipt
says so.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from shared.adapters.asking import asking
from shared.adapters.policy_edit import Wanted, etag_of
from shared.adapters.policy_holders import Holder, holder_of
from shared.adapters.writing import ForGood, Passing, changing, persistently
from shared.errors import LookFailed, NotAllowedToLook, NotFound
from shared.model.effect import AddBinding, Before, Receipt, RemoveBinding, Result

if TYPE_CHECKING:
    from shared.adapters.google_clients import GoogleClients

WHAT = "change the policy"
OWN_LIMIT = (
    "our own identity may not set policies there, or may hand out only certain roles (a condition on "
    "modifiedGrantsByRole), and {role} is not among them"
)
GONE = "the resource does not exist any more, and its policy went with it"
DENIED = ("IAM_PERMISSION_DENIED", "PERMISSION_DENIED", "forbidden", "accessDenied")


def add_binding(clients: GoogleClients, effect: AddBinding, before: Before, reason: str = "") -> Receipt:
    """Add a member to a binding. CHANGED also where an earlier try has added it; ALREADY where it was there before it.

    UNKNOWN where it is there after an earlier try, and nothing in it tells whether that, or somebody else, added it.

    Raises:
        LookFailed: whether it was added is not known, or others keep changing the policy.
    """
    holder = holder_of(clients, effect.resource, reason)

    def done(is_there: bool, may_be_ours: bool) -> Result | None:
        if not is_there:
            return None
        if before.present or (before.untried and not may_be_ours):
            return Result.ALREADY
        return Result.CHANGED if effect.condition else Result.UNKNOWN

    try:
        return _until_written(holder, effect, holder.edit.add, done)
    except NotFound as missing:
        return Receipt(result=Result.REFUSED, code="NOT_FOUND", said=str(missing))
    except ForGood as refused:
        return _refused(refused, effect)


def remove_binding(clients: GoogleClients, effect: RemoveBinding, _: Before, reason: str = "") -> Receipt:
    """Remove a member from a binding. ALREADY where it is not there, whoever has removed it.

    Raises:
        LookFailed: whether it was removed is not known, or others keep changing the policy.
    """
    holder = holder_of(clients, effect.resource, reason)
    try:
        return _until_written(holder, effect, holder.edit.remove, _absent)
    except NotFound:
        return Receipt(result=Result.ALREADY, said=GONE)
    except ForGood as refused:
        if refused.http == 404:
            return Receipt(result=Result.ALREADY, said=GONE)
        return _refused(refused, effect)


def _until_written(
    holder: Holder,
    effect: Wanted,
    edit: Callable[[Any, Wanted], Any],
    done: Callable[[bool, bool], Result | None],
) -> Receipt:
    """The receipt of an edit of the policy, made on what is there now until Google takes it.

    Args:
        holder: where the policy is.
        effect: what the edit is about.
        edit: makes the policy that is written of the one that was read.
        done: from whether the binding is there, and whether a write before may have added it, the result if nothing has
            to be written.

    Raises:
        ForGood: Google refused the write. That it refused us the reading is `LookFailed`: who may not read cannot know
            what an earlier try has done.
    """
    may_be_ours = False

    def attempt() -> Receipt:
        nonlocal may_be_ours
        read = _read(holder, effect)
        with asking(WHAT, effect.resource, holder.permission):
            result = done(holder.edit.has(read, effect), may_be_ours)
        if result is not None:
            return Receipt(result=result, etag=etag_of(read))
        edited = _edited(edit, read, effect)
        try:
            with changing(WHAT, effect.resource, f"{holder.permission}.setIamPolicy"):
                return Receipt(result=Result.CHANGED, etag=etag_of(holder.write(edited)))
        except Passing as passing:
            may_be_ours = may_be_ours or not passing.is_sure
            raise

    return persistently(attempt, WHAT, effect.resource)


def _absent(is_there: bool, _: bool) -> Result | None:
    return None if is_there else Result.ALREADY


def _refused(refused: ForGood, effect: Wanted) -> Receipt:
    is_ours = refused.http == 403 and refused.code in DENIED
    return refused.receipt(OWN_LIMIT.format(role=effect.role) if is_ours else "")


def _read(holder: Holder, effect: Wanted) -> Any:
    """The policy as it is now; without an etag it is not whole, and a write would overwrite what others wrote."""
    needed = f"{holder.permission}.getIamPolicy"
    try:
        with asking(WHAT, effect.resource, needed):
            read = holder.read()
            if not etag_of(read):
                raise LookFailed(WHAT, effect.resource, "Google's answer has no etag, so it is not whole")
            return read
    except NotAllowedToLook as refused:
        raise LookFailed(WHAT, effect.resource, str(refused)) from refused


def _edited(edit: Callable[[Any, Wanted], Any], read: Any, effect: Wanted) -> Any:
    try:
        return edit(read, effect)
    except ValueError as error:
        raise LookFailed(WHAT, effect.resource, str(error)) from error
