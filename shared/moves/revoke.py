"""Take one member out of exactly one binding: how a grant of ours ends, or is undone. Absent is done."""

from __future__ import annotations

from datetime import timedelta

from shared.errors import NotFound
from shared.execution.fold import FIRST, Progress
from shared.execution.next import Act, End, Eyes, Moves, Next
from shared.model.effect import AddBinding, Before, RemoveBinding, Result
from shared.model.facts import Policy
from shared.model.journal import Outcome
from shared.model.work import Revoke, Work
from shared.moves.bindings import has, look_again

REMOVED = "REMOVED"


def advance(work: Revoke, step: Progress, eyes: Eyes) -> Next:
    """Whether the binding is still there, then whether it is gone."""
    policy = _policy(work, eyes)
    there = policy is not None and has(policy, work.role, work.member, work.condition)
    if step.state == FIRST:
        if policy is not None and not there and (again := look_again(step)):
            return again
        if policy is None or not there:
            why = f"{work.role} for {work.member} is not there any more, or was changed by somebody: nothing is removed"
            return End(outcome=Outcome.NOTHING, why=why)
        added = AddBinding(resource=work.resource, role=work.role, member=work.member, condition=work.condition)
        removed = RemoveBinding(resource=work.resource, role=work.role, member=work.member, condition=work.condition)
        before = Before(present=True, etag=policy.etag)
        return Act(effect=removed, before=before, inverse=added, then=REMOVED)
    done = step.last(RemoveBinding)
    receipt = done.receipt if done else None
    if receipt is not None and receipt.result is Result.REFUSED:
        return End(outcome=Outcome.NEEDS_HUMAN, why=f"Google refused to remove it: {receipt.said}")
    if there:
        return look_again(step) or End(
            outcome=Outcome.NEEDS_HUMAN, why=f"{work.role} for {work.member} was removed and is there again"
        )
    return End(outcome=Outcome.OK, why=f"{work.role} for {work.member} is gone; others' bindings are untouched")


def _policy(work: Revoke, eyes: Eyes) -> Policy | None:
    try:
        return eyes.sight.policy(work.resource)
    except NotFound:
        return None


def inverse(_: Revoke, __: Progress) -> Work | None:
    """Nothing: what was taken back is not given again by an undo."""
    return None


MOVES = Moves(
    work=Revoke,
    states={FIRST: timedelta(minutes=5), REMOVED: timedelta(minutes=5)},
    edges=(
        (FIRST, REMOVED, "the member was taken out with the etag that was read"),
        (FIRST, FIRST, "it is not there: one look may lag behind"),
        (FIRST, "end", "it is not there, look after look: nothing is removed"),
        (REMOVED, REMOVED, "it is still to be seen"),
        (REMOVED, "end", "it was read back"),
    ),
    advance=advance,
    inverse=inverse,
    targets=lambda work: (work.resource,),
    patient=False,  # access ends on time, whoever is at the policy: the etag guards the write, which takes one tuple
)
