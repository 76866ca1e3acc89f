"""Fix, effect, Guards -> why it may not happen now: a stop that was set, an open breaker, a used-up budget.

What gives access back or brings a machine back is never held: a stop must not leave anything open or down.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct

from shared.errors import SettingsError, StoreUnavailable
from shared.execution.fold import Fix
from shared.guards.breaker import REMEMBERED, State, breaker
from shared.guards.budgets import LONGEST, charges_of, too_much
from shared.guards.switch import stopped_by
from shared.model.effect import Effect, RemoveBinding, ResetMachine, StartMachine, StopMachine
from shared.model.guards import Pause
from shared.model.names import ResourceName
from shared.model.work import Access, Disable, Enable, Grant, Recover, Revoke, Work
from shared.pipeline.workshop import Errands
from shared.policy.window import is_open, next_open
from shared.ports import Guards

NEVER_HELD = (RemoveBinding, StartMachine)
UNREADABLE = "the guards cannot be read, which counts as stopped"
NO_PLACE = "a folder is stopped, and it is not known what the target stands under"


class Held(Struct, frozen=True):
    """Which guard holds an effect back, and why. `for_good`: waiting would not help; `until`: how long, if known."""

    by: str
    why: str
    for_good: bool = False
    until: datetime | None = None


def said_no(fix: Fix, errands: Errands | None) -> str:
    """Who of those who were asked said no to a fix of which nothing is done yet, and why; "" where nobody did.

    Raises:
        SettingsError: it was approved by people, and what they said cannot be read here.
        StoreUnavailable: it cannot be read now.
    """
    if not fix.opened.approval or any(step.effects for step in fix.steps):
        return ""
    if errands is None:
        raise SettingsError(["UNFORBID_POLICY must be set where fixes are carried out that people approved"])
    return errands.denied(fix.opened.approval)


def held_back(fix: Fix, effect: Effect, guards: Guards, now: datetime) -> Held | None:
    """Whether an effect has to wait or may not be, None where nothing stands in its way. Counts what it draws on."""
    if isinstance(effect, NEVER_HELD):
        return None
    try:
        return _stopped(fix, guards, now) or _closed(fix, effect, now) or _over(fix, guards, now)
    except StoreUnavailable as error:
        return Held("unreadable", f"{UNREADABLE}: {error}")


def _stopped(fix: Fix, guards: Guards, now: datetime) -> Held | None:
    pauses = guards.pauses()
    if why := stopped_by(pauses, _places(fix), fix.opened.rules):
        return Held("stop", why)
    if fix.opened.under is None and any(_is_folder(one) for one in pauses):
        return Held("stop", NO_PLACE)
    state = breaker(guards.trips(now - REMEMBERED), now)
    if state.state is State.OPEN and fix.opened.undo_of is None:
        return Held("breaker", f"the breaker is open until {state.until:%H:%M} UTC: {state.why}")
    return None


def _closed(fix: Fix, effect: Effect, now: datetime) -> Held | None:
    """A machine is interrupted in its window only; what was begun in it goes on to its end."""
    window = fix.opened.window
    if not isinstance(effect, StopMachine | ResetMachine) or is_open(window, now):
        return None
    opens = next_open(window, now)
    if opens is None:
        return Held("window", f"the window {window} never opens", for_good=True)
    return Held("window", f"the window {window} opens at {opens:%Y-%m-%d %H:%M} UTC", until=opens)


def _over(fix: Fix, guards: Guards, now: datetime) -> Held | None:
    """Count what the step draws on, once, unless it is too much; taking something back draws on nothing."""
    if fix.opened.undo_of is not None or fix.step.step >= len(fix.opened.works):
        return None
    charges = charges_of(fix.opened.works[fix.step.step])
    key = f"{fix.id}:{fix.step.step}"
    why = guards.spend(charges, key, now, now - LONGEST, lambda before: too_much(charges, before, now))
    return Held("budget", "; ".join(why), for_good=True) if why else None


def _places(fix: Fix) -> set[str]:
    """Everything the targets are known to stand under."""
    projects = {f"projects/{project}" for work in fix.opened.works for project in _projects(work)}
    return projects | set(fix.opened.under or ())


def _projects(work: Work) -> Iterator[str]:
    if isinstance(work, Grant | Revoke):
        if project := ResourceName(work.resource).project:
            yield project
    elif isinstance(work, Enable | Disable):
        yield work.project.removeprefix("projects/")
    elif isinstance(work, Access | Recover):
        yield work.machine.project


def _is_folder(pause: Pause) -> bool:
    return pause.scope.startswith("folders/")
