"""Grant a role: look, write, read it back. That the permission arrives is for the check of the original call to say."""

from __future__ import annotations

from datetime import timedelta

from shared.execution.fold import FIRST, Progress
from shared.execution.next import Act, End, Eyes, Moves, Next
from shared.grants.proof import digest
from shared.model.effect import AddBinding, Before, RemoveBinding, Result
from shared.model.evidence import NO, YES
from shared.model.facts import AccessState, Policy
from shared.model.journal import Outcome
from shared.model.names import ResourceName
from shared.model.role import RoleDefinition
from shared.model.work import Grant, Revoke, Work
from shared.moves.accounts import made_anew
from shared.moves.bindings import gives_already, has, look_again, too_full, too_many_twins
from shared.moves.floor import beneath
from shared.moves.whose import in_doubt, whose

WRITTEN = "WRITTEN"
OURS = (Result.CHANGED, Result.UNKNOWN)
"""Results after which a binding may be ours. UNKNOWN of one without a condition leaves it open: `whose` decides."""


def advance(work: Grant, step: Progress, eyes: Eyes) -> Next:
    """Whether the binding may be added, then whether it is there."""
    if step.state == FIRST:
        return _checked(work, eyes)
    done = step.last(AddBinding)
    receipt = done.receipt if done else None
    if receipt is not None and receipt.result is Result.REFUSED:
        return End(outcome=Outcome.REFUSED, why=f"Google refused the write: {receipt.said}")
    is_there = has(eyes.sight.policy(work.resource), work.role, work.member, work.condition)
    if doubtful := in_doubt(work, step):
        return whose(work, step, doubtful, eyes, is_there=is_there)
    if is_there:
        ours = receipt is not None and receipt.result in OURS
        said = "is in the policy" if ours else "was in the policy before, so it is not ours"
        return End(outcome=Outcome.OK if ours else Outcome.NOTHING, why=f"{work.role} for {work.member} {said}")
    if again := look_again(step):
        return again
    why = f"{work.role} for {work.member} was written and is not there any more: somebody took it away"
    return End(outcome=Outcome.FAILED, why=why)


def _checked(work: Grant, eyes: Eyes) -> Next:
    """Everything that could speak against the write, read right before it."""
    if eyes.now >= work.until:
        return End(outcome=Outcome.REFUSED, why="the time for which it was approved is over")
    policy = eyes.sight.policy(work.resource)
    if has(policy, work.role, work.member, work.condition) or gives_already(policy, work.role, work.member):
        return End(outcome=Outcome.NOTHING, why=f"{work.member} has {work.role} on {work.resource} already")
    if against := _against(work, policy, eyes):
        return End(outcome=Outcome.REFUSED, why=against)
    added = AddBinding(resource=work.resource, role=work.role, member=work.member, condition=work.condition)
    removed = RemoveBinding(resource=work.resource, role=work.role, member=work.member, condition=work.condition)
    before = Before(present=False, etag=policy.etag)
    return Act(effect=added, before=before, inverse=removed, then=WRITTEN)


def _against(work: Grant, policy: Policy, eyes: Eyes) -> str:
    """Why nothing is written, "" where nothing speaks against it."""
    if full := too_full(policy) or too_many_twins(policy, work.role, work.member):
        return full
    if other := _made_anew(work, eyes):
        return other
    role = eyes.sight.role(work.role)
    return _by_iam(work, eyes) or _grown(work, role) or beneath(work, role, eyes.sight)


def _made_anew(work: Grant, eyes: Eyes) -> str:
    """That whoever would gain, or be opened to somebody, is another account than was approved."""
    member, target = work.member.removeprefix("serviceAccount:"), ResourceName(work.resource).part("serviceAccounts")
    gains = made_anew(member, work.member_id, eyes.sight)
    return gains or (made_anew(target, work.account_id, eyes.sight) if target else "")


def _by_iam(work: Grant, eyes: Eyes) -> str:
    """A deny policy that no role can override, access that is there already, or that it could not be told.

    Asked for the grant that the refused call is about: for those after it, ours would be part of the answer.
    """
    call, first = eyes.opened.call, next(one for one in eyes.opened.works if isinstance(one, Grant))
    if not (call.principal and call.permission and "@" in call.principal and call.principal in work.member):
        return ""
    if work != first:
        return ""
    access = eyes.sight.access(call.principal, call.permission, work.resource, eyes.now)
    if access.denied is YES:
        return "a deny policy forbids it; no role can override a deny policy"
    if access.state is AccessState.CAN:
        return "IAM gives the permission by now: a role would change nothing"
    if access.state is not AccessState.CANNOT or access.denied is not NO:
        return f"could not tell whether a role is what is missing by now ({access.state}): nothing is granted"
    return ""


def _grown(work: Grant, role: RoleDefinition) -> str:
    """That the role as it is now is not the one that was approved."""
    if work.role_digest is None or digest(role) == work.role_digest:
        return ""
    return f"{work.role} holds other permissions than when it was approved: plan anew"


def inverse(work: Grant, step: Progress) -> Work | None:
    """The revocation of what this run added; None where the binding was there before, or is somebody else's."""
    done = step.last(AddBinding)
    if done is None or (done.receipt is not None and done.receipt.result not in OURS):
        return None
    if in_doubt(work, step) and step.outcome not in (None, Outcome.OK):
        return None  # one without a receipt may be there, and was not before: taking away what is absent does nothing
    return Revoke(resource=work.resource, role=work.role, member=work.member, condition=work.condition)


def may_redo(work: Grant, _: Progress, eyes: Eyes) -> bool:
    """Not once it is over: its revocation may have come by already."""
    return eyes.now < work.until


MOVES = Moves(
    work=Grant,
    states={FIRST: timedelta(minutes=5), WRITTEN: timedelta(minutes=5)},
    edges=(
        (FIRST, WRITTEN, "the binding was written with the etag that was read"),
        (FIRST, "end", "it is there already, or a precondition says no"),
        (WRITTEN, WRITTEN, "it is not to be seen yet, or whose it is"),
        (WRITTEN, "end", "it was read back, is somebody else's, or Google refused it"),
    ),
    advance=advance,
    inverse=inverse,
    targets=lambda work: (work.resource,),
    may_redo=may_redo,
)
