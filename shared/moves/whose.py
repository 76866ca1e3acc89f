"""Whose a binding is that may be ours or somebody else's: the policy does not tell it, but the activity log does."""

from __future__ import annotations

from datetime import timedelta

from shared.execution.fold import Done, Progress
from shared.execution.next import End, Eyes, Go, Next
from shared.model.journal import Outcome
from shared.model.work import Grant

BEFORE = timedelta(minutes=10)
"""From how long before our first try the log is read: so far may the look that came before it have lagged behind (IAM
documentation, "Access change propagation": typically 2 minutes, sometimes more than 7)."""
SETTLED = timedelta(minutes=1)
"""So long after our last try the log is believed when it names somebody else: before, our own line may be missing."""
LOOKS, AT_LAST = (timedelta(seconds=10), timedelta(seconds=20), timedelta(seconds=40)), timedelta(minutes=5)
"""When the log is read again that does not tell it yet."""


def whose(work: Grant, step: Progress, done: Done, eyes: Eyes) -> Next:
    """What follows from who has given the role: ours, somebody else's and left alone, or not told yet.

    As long as it is not told, nothing that is there is taken away; a person is called when that lasts.
    """
    given = eyes.sight.given_by(work.resource, work.role, work.member, done.at - BEFORE)
    if given is not None and given.reason == eyes.opened.reason:
        return End(outcome=Outcome.OK, why=f"{work.role} for {work.member} is in the policy, by us as the log tells")
    looks = step.moves.get(step.state, 1) - 1
    if given is None or eyes.now < (done.received_at or done.at) + SETTLED:
        wait = LOOKS[looks] if looks < len(LOOKS) else AT_LAST
        return Go(state=step.state, wait=wait, note="whether it is ours is not in the activity log yet")
    said = f"{work.role} for {work.member} was given by {given.by} while the answer to our own request was lost"
    return End(
        outcome=Outcome.NOTHING, why=f"{said}, so it is not ours", page=f"{said}: it stays, and has no end of ours"
    )
