"""The last step of every fix: does the original call succeed now? Our own write proves nothing.

"Fixed" needs the same principal, permission and resource to succeed, or nothing to recur for long after the change
should have arrived, while that principal is seen calling. Otherwise it could not be told.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from shared.execution.fold import FIRST, Progress
from shared.execution.next import End, Eyes, Go, Moves, Next
from shared.model.journal import Outcome
from shared.model.outcomes import Outcomes
from shared.model.work import OriginalCall, Work

WATCHING = "WATCHING"
WAITS = (30, 60, 120, 240, 240)
"""Seconds before each look."""
WATCHES_FOR = timedelta(minutes=15)
ARRIVED_AFTER = timedelta(minutes=7)
"""After this a change of access should have arrived (IAM documentation, "Access change propagation")."""


def advance(_: object, step: Progress, eyes: Eyes) -> Next:
    """Watch the logs for the call, until they tell or the time is over."""
    if eyes.opened.undo_of is not None:
        return End(outcome=Outcome.UNDONE, why="what this run had changed is as it was")
    if not any(one.effects for one in eyes.fix.steps):
        return End(outcome=Outcome.NOTHING, why="everything was so already: nothing was changed")
    if step.state == FIRST:
        return Go(state=WATCHING, note="watching for the call that was refused")
    since = max(one.received_at or one.at for each in eyes.fix.steps for one in each.effects)
    return _watched(step, eyes, since)


def _watched(step: Progress, eyes: Eyes, since: datetime) -> Next:
    call = eyes.opened.call
    if call.principal is None or call.project is None:
        return End(
            outcome=Outcome.COULD_NOT_TELL, why=f"{_look_at(call)}; the entry does not say enough to look for it"
        )
    seen = eyes.sight.outcomes(call, since, eyes.now)
    if seen.succeeded:
        return End(outcome=Outcome.FIXED, why=f"the same call succeeded at {seen.succeeded[0]:%Y-%m-%d %H:%M:%S}")
    if eyes.now - since < WATCHES_FOR:
        visit = step.moves.get(WATCHING, 1) - 1
        return Go(state=WATCHING, wait=timedelta(seconds=WAITS[min(visit, len(WAITS) - 1)]))
    return _at_the_end(call, eyes.sight.outcomes(call, since + ARRIVED_AFTER, eyes.now))


def _at_the_end(call: OriginalCall, late: Outcomes) -> End:
    """What the calls say that came after the change should have arrived; earlier ones prove nothing."""
    if late.refused:
        why = f"it was refused again at {late.refused[-1]:%Y-%m-%d %H:%M:%S}, long after the change should have arrived"
        return End(outcome=Outcome.NOT_EFFECTIVE, why=f"{why}: the cause is another one")
    if late.traffic:
        why = "nothing was refused again in 15 minutes, while the same caller was seen calling the service"
        return End(outcome=Outcome.FIXED, why=why)
    return End(outcome=Outcome.COULD_NOT_TELL, why=f"the call was not seen again; {_look_at(call)}")


def _look_at(call: OriginalCall) -> str:
    what = f"{call.permission or 'the call'} on {call.resource or 'its resource'}"
    return f"try it again, or look for {what} by {call.principal or 'the caller'} in the audit log"


def inverse(_: object, __: Progress) -> Work | None:
    """Nothing: looking changes nothing."""
    return None


MOVES = Moves(
    work=OriginalCall,
    states={FIRST: timedelta(minutes=5), WATCHING: timedelta(minutes=20)},
    edges=(
        (FIRST, WATCHING, "something was changed"),
        (FIRST, "end", "nothing was changed, or it was an undo"),
        (WATCHING, WATCHING, "the call was not seen yet"),
        (WATCHING, "end", "the call succeeded, was refused again, or was not seen"),
    ),
    advance=advance,
    inverse=inverse,
    targets=lambda _: (),
)
