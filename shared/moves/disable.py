"""Switch off what an enabling of ours switched on: within a day, one after the other, and only if nothing used it."""

from __future__ import annotations

from datetime import timedelta

from shared.execution.fold import FIRST, Progress
from shared.execution.next import Act, End, Eyes, Go, Moves, Next
from shared.model.effect import Before, DisableApi, EnableApi, Result
from shared.model.journal import Outcome
from shared.model.work import Disable, Work

DISABLING = "DISABLING"
WITHIN = timedelta(hours=24)
"""For how long an enabling is undone: later, somebody may build on it."""
GIVES_UP_AFTER = timedelta(minutes=10)


def advance(work: Disable, step: Progress, eyes: Eyes) -> Next:
    """The next API that is still on and ours, then whether it is off."""
    done = step.last(DisableApi)
    receipt = done.receipt if done else None
    if receipt is not None and receipt.result is Result.REFUSED:
        why = f"Google refused to switch it off, so it is in use or something depends on it: {receipt.said}"
        return End(outcome=Outcome.REFUSED, why=why)
    if step.state == FIRST and eyes.now - work.enabled_at > WITHIN:
        return End(outcome=Outcome.REFUSED, why="it was switched on more than a day ago: others may rely on it by now")
    on = eyes.sight.enabled_services(work.project)
    left = [service for service in work.services if service in on]
    if not left:
        said = "are off again" if done else "were off already"
        outcome = Outcome.OK if done else Outcome.NOTHING
        return End(outcome=outcome, why=f"{', '.join(work.services)} {said} in {work.project}")
    if done is not None and isinstance(done.effect, DisableApi) and done.effect.service == left[0]:
        if eyes.now - step.entered >= GIVES_UP_AFTER:
            return End(outcome=Outcome.FAILED, why=f"{left[0]} was still on ten minutes after it was switched off")
        return Go(state=DISABLING, wait=timedelta(seconds=10))
    return Act(
        effect=DisableApi(project=work.project, service=left[0]),
        before=Before(present=True, services=tuple(sorted(on))),
        inverse=EnableApi(project=work.project, service=left[0]),
        then=DISABLING,
    )


def inverse(_: Disable, __: Progress) -> Work | None:
    """Nothing: what was taken back is not given again by an undo."""
    return None


MOVES = Moves(
    work=Disable,
    states={FIRST: timedelta(minutes=5), DISABLING: timedelta(minutes=12)},
    edges=(
        (FIRST, DISABLING, "the first API was switched off"),
        (FIRST, "end", "all are off, or it is too late"),
        (DISABLING, DISABLING, "it is not off yet, or the next one follows"),
        (DISABLING, "end", "all are off, or Google refused"),
    ),
    advance=advance,
    inverse=inverse,
    targets=lambda work: (f"//serviceusage.googleapis.com/{work.project}/services/{work.services[0]}",),
)
