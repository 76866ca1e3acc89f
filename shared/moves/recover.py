"""Bring a machine back whose agent was killed for lack of memory: reset it, or give it another size, and watch it.

A reset loses what is in the guest's memory and cannot be undone; a restart alone never mends a refusal. What came back
is told sign by sign: the boot, the agents, the flow logs, the refused call.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from shared.execution.fold import FIRST, Progress
from shared.execution.next import Act, End, Eyes, Go, Moves, Next, Page
from shared.machines.question import STOPPED
from shared.model.effect import Effect, ResetMachine, Result, SetSize
from shared.model.evidence import NO, UNKNOWN, YES
from shared.model.journal import Outcome
from shared.model.machine import Intervention, Machine
from shared.model.work import Recover, Work
from shared.moves.alive import QUIET_FOR, agent, boot, booted, call, flows
from shared.moves.exhausted import EVIDENCE, Reason, reason
from shared.moves.machine import (
    IN_THE_WAY,
    ONE_AT_A_TIME,
    SNAPSHOT,
    WAITS_FOR,
    Fate,
    before,
    drift,
    fate,
    gone,
    in_the_way,
    kept,
    machine_now,
    may_redo,
    objection,
    poll,
    serial_next,
    snapshot,
    snapshot_of,
)
from shared.moves.means import lacking
from shared.moves.restart import EDGES, SNAPSHOT_HOLDS, TIMES, restarted
from shared.moves.scene import BOOTING, CHECKED, OURS, SET, Change
from shared.moves.sizes import unfit
from shared.moves.starting import BOOT, LOOK_AGAIN, MARK, NO_SIGN_FOR, STARTED, UNTOLD

RESETTING, WATCHING = "RESETTING", "WATCHING"
LOOK_SECONDS = (30, 60, 120, 300)
AGENT, FLOWS, CALL = "agent", "flow_logs", "call"
"""With BOOT what is seen of the signs, as verdict and reason."""


def advance(work: Recover, step: Progress, eyes: Eyes) -> Next:
    """Whether there is a reason and nothing against it; then the reset or the resize; then what came back."""
    if step.state == FIRST:
        return _checked(work, step, eyes)
    if step.state == WATCHING:
        return _watching(work, step, eyes)
    if work.machine_type is not None:
        return restarted(_change(work, work.machine_type, step, eyes), step, eyes)
    machine = machine_now(work.machine, eyes)
    if machine is None:
        return gone(work.machine, touched=bool(step.effects))
    return RESET[step.state](work, step, machine, eyes)


def _checked(work: Recover, step: Progress, eyes: Eyes) -> Next:
    """The preconditions, and whether the console and the agents still give the reason; an undo needs none."""
    machine = machine_now(work.machine, eyes)
    if machine is None:
        return gone(work.machine, touched=False)
    if machine.machine_type == work.machine_type:
        return End(outcome=Outcome.NOTHING, why=f"{machine.name} is a {work.machine_type} already")
    if work.was is not None and machine.machine_type != work.was:
        why = f"{machine.name} was a {work.was} when that was planned, and is a {machine.machine_type} now: plan anew"
        return End(outcome=Outcome.REFUSED, why=why)
    if against := objection(machine, _intervention(work), work.machine, step, eyes):
        return against
    undoes = eyes.opened.undo_of is not None
    found = Reason() if undoes else reason(machine, eyes, larger=work.machine_type is not None)
    why = found.against
    if work.machine_type is not None:
        why = why or unfit(machine, work.machine_type, eyes, larger=not undoes)
    if why := why or lacking(work, eyes.sight):
        return End(outcome=Outcome.REFUSED, why=why)
    seen = kept(snapshot_of(machine, serial_next(work.machine, eyes)))
    return Go(state=SNAPSHOT, seen=seen | ({EVIDENCE: found.evidence} if found.evidence else {}))


def _intervention(work: Recover) -> Intervention:
    return Intervention.RESET if work.machine_type is None else Intervention.RESIZE


def _change(work: Recover, wanted: str, step: Progress, eyes: Eyes) -> Change:
    was = snapshot(step)

    def sets(machine_type: str, request: str) -> Effect:
        return SetSize(machine=work.machine, machine_type=machine_type, request=request)

    return Change(
        name=work.machine,
        what="machine type",
        intervention=Intervention.RESIZE,
        is_planned=lambda machine: machine.machine_type == wanted,
        is_old=lambda machine: machine.machine_type == was.machine_type,
        plan=lambda request: sets(wanted, request),
        put_back=lambda request: sets(was.machine_type, request),
        waits_for_room=False,
        after=None if eyes.opened.undo_of else WATCHING,
    )


def _looked_at(work: Recover, step: Progress, machine: Machine, eyes: Eyes) -> Next:
    """All preconditions once more, right before the reset."""
    if changed := drift(machine, snapshot(step)):
        return End(outcome=Outcome.REFUSED, why=f"it has changed since it was looked at ({changed}): plan anew")
    if eyes.now - step.entered > SNAPSHOT_HOLDS:
        return End(outcome=Outcome.REFUSED, why="too much time has passed since it was looked at: plan anew")
    leads, said = in_the_way(machine, Intervention.RESET, work.machine, eyes)
    if leads in IN_THE_WAY:
        return End(outcome=Outcome.REFUSED, why=said)
    effect = ResetMachine(machine=work.machine, request=eyes.request(step, "reset"))
    return Act(effect=effect, before=before(machine), inverse=None, then=RESETTING)


def _resetting(work: Recover, step: Progress, _: Machine, eyes: Eyes) -> Next:
    done = step.last(ResetMachine)
    told = fate(done, work.machine, eyes)
    if done is None or told.fate is Fate.UNDERWAY:
        return Go(state=RESETTING, wait=poll(step, RESETTING))
    if told.fate is Fate.FAILED:
        refused = done.receipt is not None and done.receipt.result is Result.REFUSED
        outcome = Outcome.REFUSED if refused else Outcome.FAILED
        return End(outcome=outcome, why=f"Google did not reset it: {told.words}; nothing was changed")
    is_lost = told.fate is Fate.LOST  # then nothing but a boot shows that it was reset: a growing console does not
    since = done.at if is_lost else done.received_at or done.at
    seen = {STARTED: since.isoformat(), MARK: UNTOLD if is_lost else ""}
    return Go(state=BOOTING, wait=timedelta(seconds=10), seen=seen)


def _booting(work: Recover, step: Progress, machine: Machine, eyes: Eyes) -> Next:
    """Whether it has come up after the reset; where somebody stops it then, it stays stopped."""
    name, mark = work.machine, step.seen.get(MARK, "")
    if machine.status in (*STOPPED, "SUSPENDED"):
        why = f"{name.name} is {machine.status}: somebody else did that after the reset, and it is left so"
        return End(outcome=Outcome.NEEDS_HUMAN, why=why)
    first = int(mark) if mark.isdigit() else None
    since = datetime.fromisoformat(step.seen[STARTED])
    sign, position = booted(name, since, snapshot(step).serial_next, first, eyes)
    if sign.verdict is YES:
        return Go(state=WATCHING, wait=timedelta(seconds=LOOK_SECONDS[0]), seen={BOOT: sign.said})
    if not mark:
        return Go(state=BOOTING, wait=LOOK_AGAIN, seen={MARK: UNTOLD if position is None else str(position)})
    if step.deadline is None or eyes.now < step.deadline:
        return Go(state=BOOTING, wait=LOOK_AGAIN)
    why = f"{name.name} was reset and has shown no sign of life for ten minutes: {sign.why}"
    if eyes.now - step.entered >= NO_SIGN_FOR:
        return End(outcome=Outcome.NEEDS_HUMAN, why=why)
    return Page(why=why, wait=timedelta(minutes=1))


def _watching(work: Recover, step: Progress, eyes: Eyes) -> Next:
    """The four signs, each by itself, for half an hour."""
    machine = machine_now(work.machine, eyes)
    if machine is None:
        return gone(work.machine, touched=True)
    since = datetime.fromisoformat(step.seen[STARTED])
    signs = {
        BOOT: boot(work.machine, snapshot(step).serial_next, since, eyes),
        AGENT: agent(work.machine, since, eyes),
        FLOWS: flows(machine, since, eyes),
        CALL: call(since, eyes),
    }
    seen = {what: sign.said for what, sign in signs.items() if step.seen.get(what) != sign.said}
    if eyes.now - since < QUIET_FOR and signs[BOOT].verdict is not NO:
        visit = step.moves.get(WATCHING, 1) - 1
        wait = timedelta(seconds=LOOK_SECONDS[min(visit, len(LOOK_SECONDS) - 1)])
        return Go(state=WATCHING, wait=min(wait, max(since + QUIET_FOR - eyes.now, timedelta())), seen=seen)
    why = "; ".join(f"{what} {sign.said}" for what, sign in signs.items())
    if signs[BOOT].verdict is NO:
        return End(outcome=Outcome.FAILED, why=why, seen=seen)
    return End(outcome=BY_AGENT[signs[AGENT].verdict], why=why, seen=seen)


def inverse(work: Recover, step: Progress) -> Work | None:
    """The change back to the old machine type, another interruption; nothing takes back a reset."""
    if step.seen.get(SET) != OURS or work.machine_type is None:
        return None
    return Recover(machine=work.machine, machine_type=snapshot(step).machine_type, was=work.machine_type)


RESET = {SNAPSHOT: _looked_at, RESETTING: _resetting, BOOTING: _booting}
BY_AGENT = {YES: Outcome.OK, NO: Outcome.FAILED, UNKNOWN: Outcome.COULD_NOT_TELL}
MOVES = Moves(
    work=Recover,
    states={
        FIRST: WAITS_FOR + timedelta(minutes=5),
        **TIMES,
        RESETTING: timedelta(minutes=5),
        WATCHING: QUIET_FOR + timedelta(minutes=10),
    },
    edges=(
        (FIRST, FIRST, "it is between two states, or its schedule is about to act"),
        (FIRST, SNAPSHOT, "its memory ran out, its agents are silent, and nothing speaks against it"),
        (FIRST, "end", "there is no reason for it, or a precondition says no"),
        *EDGES,
        (CHECKED, WATCHING, "it has its new machine type"),
        (SNAPSHOT, RESETTING, "it was reset"),
        (RESETTING, RESETTING, "the operation is not over"),
        (RESETTING, BOOTING, "it was reset, or nobody knows"),
        (RESETTING, "end", "Google did not reset it; or it is gone"),
        (BOOTING, WATCHING, "it has booted after the reset"),
        (WATCHING, WATCHING, "half an hour is not over"),
        (WATCHING, "end", "half an hour is over, or its memory ran out again; or it is gone"),
    ),
    advance=advance,
    inverse=inverse,
    targets=lambda work: (work.machine.full_name, ONE_AT_A_TIME),
    may_redo=lambda work, step, eyes: may_redo(work.machine, step, eyes),
)
