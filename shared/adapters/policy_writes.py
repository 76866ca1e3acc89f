"""Adding and removing one member of one binding, for every type of resource alike: read, edit, write with the etag.

If somebody else has written in between, all of it is done again, on what is there then. Whether a binding that is
there is ours follows from what was journaled before: absent then and present now is ours, because a reply to an earlier
try may have been lost. Our grants carry the run's id in their condition, which makes that certain. Where the type of
resource takes no condition, somebody else who adds the very same binding within the same second is not told apart.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from shared.adapters.asking import asking
from shared.adapters.policy_edit import Wanted, etag_of
from shared.adapters.policy_holders import Holder, holder_of
from shared.adapters.writing import ForGood, changing, persistently
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
    """Add a member to a binding. CHANGED also where an earlier try has added it; ALREADY where it was there before.

    Raises:
        LookFailed: whether it was added is not known, or others keep changing the policy.
    """
    there = Result.ALREADY if before.present else Result.CHANGED
    holder = holder_of(clients, effect.resource, reason)
    try:
        return _until_written(holder, effect, holder.edit.add, lambda is_there: there if is_there else None)
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
        return _until_written(holder, effect, holder.edit.remove, lambda is_there: None if is_there else Result.ALREADY)
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
    done: Callable[[bool], Result | None],
) -> Receipt:
    """The receipt of an edit of the policy, made on what is there now until Google takes it.

    Args:
        holder: where the policy is.
        effect: what the edit is about.
        edit: makes the policy that is written of the one that was read.
        done: from whether the binding is there, the result if nothing has to be written.

    Raises:
        ForGood: Google refused the write. That it refused us the reading is `LookFailed`: who may not read cannot know
            what an earlier try has done.
    """

    def attempt() -> Receipt:
        read = _read(holder, effect)
        with asking(WHAT, effect.resource, holder.permission):
            result = done(holder.edit.has(read, effect))
        if result is not None:
            return Receipt(result=result, etag=etag_of(read))
        edited = _edited(edit, read, effect)
        with changing(WHAT, effect.resource, f"{holder.permission}.setIamPolicy"):
            return Receipt(result=Result.CHANGED, etag=etag_of(holder.write(edited)))

    return persistently(attempt, WHAT, effect.resource)


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
