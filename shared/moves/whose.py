"""Whose a binding is that may be ours or somebody else's: the policy does not tell it, but the activity log does."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from shared.errors import LookFailed
from shared.execution.fold import Done, Progress
from shared.execution.next import End, Eyes, Go, Next
from shared.grants.members import as_stored, told_binding
from shared.model.effect import AddBinding, Result
from shared.model.facts import Change
from shared.model.journal import Outcome
from shared.model.work import Grant
from shared.moves.bindings import SEEN_AFTER

BEFORE = timedelta(minutes=10)
"""From how long before our first try the log is read: so far may the look that came before it have lagged behind (IAM
documentation, "Access change propagation": typically 2 minutes, sometimes more than 7)."""
SETTLED = timedelta(minutes=1)
"""So long after the answer to our last try the log is believed when it names somebody else: our line may come later."""
LOOKS = tuple(timedelta(seconds=one) for one in (10, 20, 40, 120, 300, 900, 3_600))
"""How long to wait before the log is read again; at last once an hour, for as long as it does not tell."""
ABSENT = "absent"
"""Under which name it is seen how often in a row the binding was not there: one read may lag behind."""


def in_doubt(work: Grant, step: Progress) -> Done | None:
    """The request of which nothing tells whether it gave what is there; None where a condition or its answer does."""
    done = step.last(AddBinding)
    unknown = done is not None and done.receipt is not None and done.receipt.result is Result.UNKNOWN
    return done if unknown and work.condition is None else None


def whose(work: Grant, step: Progress, done: Done, eyes: Eyes, *, is_there: bool) -> Next:
    """What follows from who has given the role: ours, somebody else's and left alone, or not told yet.

    As long as it is not told, nothing that is there is taken away; a person is called when that lasts.
    """
    if not is_there:
        return _absent(work, step)
    try:
        given = _giver(work, done, eyes)
    except LookFailed as error:
        return _not_told(work, step, eyes, str(error))
    if given is not None and _is_ours(given, work, done, eyes):
        return End(outcome=Outcome.OK, why=f"{work.role} for {work.member} is in the policy, by us as the log tells")
    if given is None or eyes.now < (done.received_at or done.at) + SETTLED:
        return _not_told(work, step, eyes, "whether it is ours is not in the activity log yet")
    said = f"{work.role} for {work.member} was given by {given.by} while the answer to our own request was lost"
    page = f"{said}: it stays, and has no end of ours"
    return End(outcome=Outcome.NOTHING, why=f"{said}, so it is not ours", page=page)


def _absent(work: Grant, step: Progress) -> Next:
    """Look again, for one read may lag behind; at last it is gone, and what comes later is nothing of ours."""
    looks = int(step.seen.get(ABSENT, "0"))
    if looks < len(SEEN_AFTER):
        return Go(state=step.state, wait=SEEN_AFTER[looks], seen={ABSENT: f"{looks + 1}"})
    why = f"{work.role} for {work.member} is not in the policy any more; whether it was ever ours was not told"
    return End(outcome=Outcome.FAILED, why=why, page=f"{why}: if it comes back, it has no end of ours")


def _not_told(work: Grant, step: Progress, eyes: Eyes, why: str) -> Next:
    """Look again, ever more seldom; once the state has taken too long a person hears what to do."""
    wait = LOOKS[min(step.moves.get(step.state, 1) - 1, len(LOOKS) - 1)]
    overdue = step.deadline is not None and eyes.now >= step.deadline
    said = f"{work.role} for {work.member} on {work.resource} may be ours or somebody else's: no log tells it"
    todo = "if nobody needs it, remove it by hand; until then it has no end, and nothing else is given there"
    page = f"{said}; {todo}" if overdue else ""
    return Go(state=step.state, wait=wait, note=why, page=page, seen={ABSENT: "0"} if _was_absent(step) else {})


def _was_absent(step: Progress) -> bool:
    return step.seen.get(ABSENT, "0") != "0"


def _giver(work: Grant, done: Done, eyes: Eyes) -> Change | None:
    """The newest change that gave the role; None where the log does not tell of one, or that it was taken since."""
    for change in eyes.sight.policy_changes(work.resource, done.at - BEFORE):
        if _is_among(change.added, work) or _is_ours(change, work, done, eyes):
            return change
        if _is_among(change.removed, work) or not (change.added or change.removed):
            return None  # it was taken since; or the log does not say what somebody has done
    return None


def _is_ours(change: Change, work: Grant, done: Done, eyes: Eyes) -> bool:
    """Whether a change was made for this fix, by this request: some services do not tell what a change changed."""
    if change.added or change.removed:
        unsaid = not change.reason and change.by in eyes.ours
        return _is_among(change.added, work) and (unsaid or change.reason == eyes.opened.reason)
    return change.reason == eyes.opened.reason and change.at >= done.at


def _is_among(bindings: Iterable[str], work: Grant) -> bool:
    """Whether the role for the member is among some, which are written as `ROLE MEMBER`."""
    return (work.role, as_stored(work.member)) in map(told_binding, bindings)
