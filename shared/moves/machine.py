"""What every change of a machine needs: how it is and was, whether it may be touched, and what became of a call.

An operation may be lost, time out or never be known after a crash: the machine itself is the truth, and is read again.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from shared.errors import LookFailed, NotAllowedToLook, NotFound
from shared.execution.fold import Done, Progress
from shared.execution.next import End, Eyes, Go
from shared.execution.watchdog import RUNNING
from shared.machines.conditions import LATELY, refusals, strictest
from shared.machines.interruption import stop_deadline
from shared.machines.question import STOPPED, Question
from shared.model.codec import from_json, to_json
from shared.model.effect import Before, ResetMachine, Result, StopMachine
from shared.model.facts import Change
from shared.model.journal import Outcome
from shared.model.machine import Intervention, Machine
from shared.model.machine import Outcome as LeadsTo
from shared.model.work import MachineName

SNAPSHOT = "SNAPSHOT"
ONE_AT_A_TIME = "a machine (one at a time)"
"""What every fix of a machine takes beside the machine itself, so that no two machines are ever down for us at once."""
KEPT = "snapshot"
"""Under which name the state of the machine before anything was done is seen."""
WAITS_FOR = timedelta(minutes=15)
"""How long a machine that is between two states, or about to be scheduled, is waited for before it is refused."""
POLL_SECONDS = (5, 10, 15, 30)
SELDOM_AFTER, SELDOM = 20, timedelta(minutes=1)
REDO_WITHIN = timedelta(minutes=30)
"""A stop whose outcome is not known is asked for again only so soon: later, the look before it is too old."""
REDO_RESET_WITHIN = timedelta(minutes=10)
"""Nothing on the machine tells that it was reset, so only its request id keeps a repetition from resetting it twice."""
NO_ROOM = ("ZONERESOURCEPOOLEXHAUSTED", "STOCKOUT")
PASSING = (
    *("INTERNALERROR", "BACKENDERROR", "UNAVAILABLE", "SERVICEUNAVAILABLE", "TIMEOUT", "DEADLINEEXCEEDED", "HTTP 5"),
    *("RATELIMITEXCEEDED", "RESOURCENOTREADY", "RESOURCEINUSE", "RESOURCEOPERATION"),
)
"""Codes of operations and calls, without the underscores that only some of them have."""
IN_THE_WAY = (LeadsTo.REFUSE, LeadsTo.POSTPONE, LeadsTo.WAIT)


class Snapshot(Struct, frozen=True, kw_only=True):
    """A machine before anything was done; `serial_next` is how far its console had come, None where it was not told."""

    id: str
    status: str
    account: str | None
    scopes: tuple[str, ...]
    machine_type: str
    addresses: tuple[str, ...]
    fingerprint: str
    last_start: datetime | None
    serial_next: int | None
    stop_seconds: float

    @property
    def was_stopped(self) -> bool:
        """Whether it stood still already, and is left so."""
        return self.status in STOPPED


class Fate(StrEnum):
    """What became of an effect: its operation goes on, is through, failed, or is not known any more."""

    UNDERWAY = "underway"
    THROUGH = "through"
    FAILED = "failed"
    LOST = "lost"


class Told(Struct, frozen=True):
    """The fate of an effect, with Google's code and words where it failed."""

    fate: Fate
    code: str = ""
    said: str = ""

    @property
    def words(self) -> str:
        """Code and words in one."""
        return " ".join(part for part in (self.code, self.said) if part)


def machine_now(name: MachineName, eyes: Eyes) -> Machine | None:
    """The machine that was planned for, None where it is gone or another one has its name."""
    try:
        machine = eyes.sight.machine(name.project, name.zone, name.name)
    except NotFound:
        return None
    return machine if machine.id == name.id else None


def gone(name: MachineName, *, touched: bool) -> End:
    """The machine is not there any more: whatever has its name now is not touched."""
    why = f"machine {name.name} with the number {name.id} is gone, or was made anew under its name: plan anew"
    if not touched:
        return End(outcome=Outcome.REFUSED, why=why)
    said = f"{why}; nothing more is done to it"
    return End(outcome=Outcome.FAILED, why=said, page=f"{name.full_name}: {said}", seen={RUNNING: "gone"})


def in_the_way(machine: Machine, intervention: Intervention, name: MachineName, eyes: Eyes) -> tuple[LeadsTo, str]:
    """What all preconditions come to, and the sentences of those that decide it."""
    around = eyes.sight.surroundings(machine)
    question = Question(
        machine=machine,
        around=around,
        intervention=intervention,
        planned_id=name.id,
        now=eyes.now,
        touched=_touched(machine, eyes),
        requesters=frozenset(one for one in [eyes.opened.call.principal or machine.account] if one),
    )
    found = refusals(question)
    leads = strictest(found)
    return leads, " ".join(one.said for one in found if one.outcome is leads)


def _touched(machine: Machine, eyes: Eyes) -> tuple[Change, ...] | None:
    """Who has changed the machine lately, None where that could not be told."""
    try:
        return eyes.sight.touched(machine.project, machine.id, eyes.now - LATELY, eyes.now)
    except (LookFailed, NotAllowedToLook, NotFound):
        return None


def objection(
    machine: Machine, intervention: Intervention, name: MachineName, step: Progress, eyes: Eyes
) -> End | Go | None:
    """Why the machine may not be touched now: wait a little where that helps, then refuse; None where it may."""
    leads, said = in_the_way(machine, intervention, name, eyes)
    if leads not in IN_THE_WAY:
        return None
    if leads is LeadsTo.REFUSE or eyes.now - step.entered >= WAITS_FOR:
        return End(outcome=Outcome.REFUSED, why=said)
    return Go(state=step.state, wait=timedelta(seconds=30), note=said)


def snapshot_of(machine: Machine, serial_next: int | None) -> Snapshot:
    """What later states, a rollback and the undo need to know of a machine as it was."""
    return Snapshot(
        id=machine.id,
        status=machine.status,
        account=machine.account,
        scopes=machine.scopes,
        machine_type=machine.machine_type,
        addresses=machine.external_addresses,
        fingerprint=machine.fingerprint,
        last_start=machine.last_start,
        serial_next=serial_next,
        stop_seconds=stop_deadline(machine).total_seconds(),
    )


def serial_next(name: MachineName, eyes: Eyes) -> int | None:
    """How far the console has come, None where that could not be told: it is evidence, and no precondition."""
    try:
        return eyes.sight.serial(name.project, name.zone, name.name).next
    except (LookFailed, NotAllowedToLook, NotFound):
        return None


def kept(snapshot: Snapshot) -> dict[str, str]:
    """A snapshot as an observation of the step."""
    return {KEPT: to_json(snapshot).decode()}


def snapshot(step: Progress) -> Snapshot:
    """The snapshot that was kept."""
    return from_json(step.seen[KEPT], Snapshot)


def drift(machine: Machine, then: Snapshot) -> str:
    """What has changed on a machine since its snapshot, "" where nothing did."""
    now = snapshot_of(machine, then.serial_next)
    changed = [name for name in Snapshot.__struct_fields__ if getattr(now, name) != getattr(then, name)]
    return ", ".join(changed)


def before(machine: Machine) -> Before:
    """What was there, for the intent of an effect on a machine."""
    return Before(
        account=machine.account,
        scopes=machine.scopes,
        machine_type=machine.machine_type,
        status=machine.status,
        addresses=machine.external_addresses,
    )


def passes(code: str) -> bool:
    """Whether an error says nothing about what was asked for, and may be gone the next time."""
    return code.replace("_", "").upper().startswith(PASSING)


def is_full(code: str) -> bool:
    """Whether an error says that the zone has no room for the machine now."""
    plain = code.replace("_", "").upper()
    return any(word in plain for word in NO_ROOM)


def fate(done: Done | None, name: MachineName, eyes: Eyes) -> Told:
    """What became of an effect by its receipt and its operation."""
    receipt = done.receipt if done else None
    if receipt is None or receipt.result is Result.UNKNOWN:
        return Told(Fate.LOST)
    if receipt.result is Result.REFUSED:
        return Told(Fate.FAILED, receipt.code, receipt.said)
    if not receipt.operation:
        return Told(Fate.THROUGH)
    try:
        operation = eyes.sight.operation(name, receipt.operation)
    except (NotFound, NotAllowedToLook):
        return Told(Fate.LOST)
    if not operation.done:
        return Told(Fate.UNDERWAY)
    failed = bool(operation.code or operation.said)
    return Told(Fate.FAILED if failed else Fate.THROUGH, operation.code, operation.said)


def poll(step: Progress, state: str) -> timedelta:
    """How long to wait before the next look at an operation: seldom in the end."""
    visit = step.moves.get(state, 0) if state == step.state else 0
    if visit > SELDOM_AFTER:
        return SELDOM
    return timedelta(seconds=POLL_SECONDS[min(max(visit - 1, 0), len(POLL_SECONDS) - 1)])


def may_redo(name: MachineName, step: Progress, eyes: Eyes) -> bool:
    """Whether an effect of unknown outcome may be done again: never what would interrupt the machine once more."""
    machine, pending = machine_now(name, eyes), step.pending
    if machine is None or pending is None:
        return False
    age = eyes.now - pending.at
    if isinstance(pending.effect, StopMachine):
        started_since = machine.last_start is not None and machine.last_start > pending.at
        return machine.status == "RUNNING" and not started_since and age <= REDO_WITHIN
    if isinstance(pending.effect, ResetMachine):
        return machine.status == "RUNNING" and age <= REDO_RESET_WITHIN
    return machine.status in STOPPED
