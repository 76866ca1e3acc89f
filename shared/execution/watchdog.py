"""Fixes -> the machines that we have stopped and nobody has seen running again: what starts them without the executor.

The journal alone tells them, whatever else of ours is down: an intent to stop a machine, without the observation that
it runs in a later line. A machine that was stopped before the run has no such intent. Whoever starts a machine that is
told here looks at it first, and keeps in the journal that it runs.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import uuid5

from msgspec import Struct

from shared.execution.fold import Done, Fix, Progress
from shared.execution.next import NAMESPACE
from shared.model.effect import Result, StartMachine, StopMachine
from shared.model.work import MachineName

RUNNING = "running"
"""Under which name it is seen that a machine runs, or is gone: there is nothing left to start."""
WATCHDOG = "watchdog"
"""Under which name it is seen that a machine was started from here."""
ANSWERS_WITHIN = timedelta(minutes=15)
"""How long after the intent a stop without any answer may be, before its machine is started for safety."""
EVERY = timedelta(minutes=5)
"""How often the watchdog looks: as often it may ask Google anew."""


class LeftStopped(Struct, frozen=True, kw_only=True):
    """A machine that we stopped at a time and that should run by now, with an effect that starts it."""

    fix: str
    step: int
    machine: MachineName
    since: datetime
    effect: StartMachine


def left_stopped(fixes: Iterable[Fix], now: datetime) -> tuple[LeftStopped, ...]:
    """Every machine we stopped that is past the deadline of its step and was not seen running since.

    The request id changes with every round, for one that has failed is never carried out again.
    """
    found = [(fix, step, stop) for fix in fixes for step in fix.steps if (stop := _stop_not_taken_back(step))]
    return tuple(_left(fix, step, stop, now) for fix, step, stop in found if _deadline(fix, step, stop) < now)


def _stop_not_taken_back(step: Progress) -> Done | None:
    """The last stop of a step after which the machine was not seen running; one that Google refused is none."""
    stop = step.last(StopMachine)
    if stop is None or (stop.receipt is not None and stop.receipt.result is Result.REFUSED):
        return None
    return stop if step.seen_at.get(RUNNING, -1) < stop.number else None


def _deadline(fix: Fix, step: Progress, stop: Done) -> datetime:
    """When the step should have been through with its state; at once where nobody will go on with it."""
    if fix.outcome is not None or step.outcome is not None:
        return stop.at
    if stop.receipt is None:
        return stop.at + max(stop.within or timedelta(), ANSWERS_WITHIN)
    return step.deadline or step.entered


def _left(fix: Fix, step: Progress, stop: Done, now: datetime) -> LeftStopped:
    if not isinstance(stop.effect, StopMachine):
        raise TypeError(f"{type(stop.effect).__name__} stops no machine")
    turn = int(now.timestamp() // EVERY.total_seconds())
    request = str(uuid5(NAMESPACE, f"{fix.id}/{step.step}/watchdog/{turn}"))
    return LeftStopped(
        fix=fix.id,
        step=step.step,
        machine=stop.effect.machine,
        since=stop.at,
        effect=StartMachine(machine=stop.effect.machine, request=request),
    )
