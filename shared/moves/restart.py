"""Stop a machine, set something on it, start it again, and see it come up: what a change of access and of size share.

Once we have stopped it, every way leads to a start: with what was planned, or with what was there before. What somebody
else does meanwhile is left as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from shared.execution.fold import Progress
from shared.execution.next import End, Eyes, Go, Next, Page
from shared.model.effect import StopMachine
from shared.model.journal import Outcome
from shared.moves.machine import (
    IN_THE_WAY,
    SNAPSHOT,
    Fate,
    drift,
    fate,
    gone,
    in_the_way,
    machine_now,
    passes,
    snapshot,
)
from shared.moves.scene import (
    ALSO,
    BOOTING,
    CHECKED,
    FAILED,
    OURS,
    PUT_BACK,
    ROLLBACK_SET,
    ROLLBACK_START,
    ROLLBACK_STOP,
    SET,
    SETTING,
    STARTING,
    STOPPING,
    Change,
    Scene,
)
from shared.moves.starting import booting, rollback_started, starting

SNAPSHOT_HOLDS, SET_WITHIN = timedelta(minutes=5), timedelta(minutes=5)
SEEN_AFTER = timedelta(minutes=1)
"""After this, what was set is on the machine, or the request for it was lost."""
MOST_SETS = 3
SLOWLY = timedelta(minutes=1)


def restarted(change: Change, step: Progress, eyes: Eyes) -> Next:
    """What is next of a change whose snapshot was kept."""
    machine = machine_now(change.name, eyes)
    if machine is None:
        return gone(change.name, touched=bool(step.effects))
    scene = Scene(change=change, machine=machine, was=snapshot(step), step=step, eyes=eyes)
    return STATES[step.state](scene)


def _looked_at(scene: Scene) -> Next:
    """All preconditions once more, right before the first effect."""
    change = scene.change
    if scene.eyes.now - scene.step.entered > SNAPSHOT_HOLDS:
        return End(outcome=Outcome.REFUSED, why="too much time has passed since it was looked at: plan anew")
    leads, said = in_the_way(scene.machine, change.intervention, change.name, scene.eyes)
    if leads in IN_THE_WAY:
        return End(outcome=Outcome.REFUSED, why=said)
    last = machine_now(change.name, scene.eyes)  # what stands around it took a while to read
    if last is None:
        return gone(change.name, touched=False)
    if changed := drift(last, scene.was):
        return End(outcome=Outcome.REFUSED, why=f"it has changed since it was looked at ({changed}): plan anew")
    return scene.set() if scene.was.was_stopped else scene.stop(STOPPING)


def _stopping(scene: Scene) -> Next:
    change = scene.change
    if not scene.is_stopped:
        return _not_stopped(scene, Outcome.FAILED, "nothing was changed")
    if change.is_planned(scene.machine):
        return scene.start(STARTING, {SET: "by somebody else"})
    if not change.is_old(scene.machine):
        why = f"somebody changed its {change.what} while it stopped, and that was left as it is"
        return scene.start(STARTING, {FAILED: why})
    return scene.set()


def _not_stopped(scene: Scene, outcome: Outcome, so: str) -> Next:
    """Keep waiting, and never force it; or give up where it certainly runs on."""
    name, status = scene.change.name.name, scene.machine.status
    if not scene.runs:
        if not scene.overdue:
            return scene.wait()
        if status == "SUSPENDED":
            why = f"{name} was suspended by somebody before it had stopped; {so}"
            return End(outcome=Outcome.NEEDS_HUMAN, why=why, seen=scene.running)
        return Page(why=f"{name} is {status} for too long; it is waited for, and not forced", wait=SLOWLY)
    stop = scene.step.last(StopMachine)
    told = fate(stop, scene.change.name, scene.eyes)
    started = scene.machine.last_start
    if told.fate is Fate.FAILED:
        why = f"Google did not stop it: {told.words}"
    elif told.fate is Fate.UNDERWAY:
        why = f"{name} was asked to stop, still runs, and the operation is not over"
        return Page(why=why, wait=SLOWLY) if scene.overdue else scene.wait()
    elif stop is not None and started is not None and started > stop.at:
        why = f"{scene.starter} started it again right after it had stopped"
    elif scene.overdue:
        why = "it did not stop in time"
    else:
        return scene.wait()
    return End(outcome=outcome, why=f"{why}; {so}", seen=scene.running)


def _setting(scene: Scene) -> Next:
    """Whether what was planned is set; where it cannot be, the machine is started as it was."""
    if scene.change.is_planned(scene.machine):
        return _set(scene)
    if not scene.is_stopped:
        return _started_by_somebody(scene)
    unset = _unset(scene) if scene.change.is_old(scene.machine) else "somebody has changed it meanwhile"
    if isinstance(unset, Go):
        return unset
    if not unset:
        return scene.set()
    if scene.was.was_stopped:
        return End(outcome=Outcome.REFUSED, why=f"{unset}; nothing of ours is set, and it is left stopped")
    return scene.start(STARTING, {FAILED: f"{unset}; nothing of ours is set"})


def _set(scene: Scene) -> Next:
    if scene.was.was_stopped:
        return Go(state=CHECKED, seen={SET: OURS})
    if scene.is_stopped:
        return scene.start(STARTING, {SET: OURS})
    return Go(state=STARTING, seen={SET: OURS, ALSO: "somebody else started it"})


def _started_by_somebody(scene: Scene) -> Next:
    """A person or a schedule was faster: it is not stopped once more."""
    why = f"{scene.starter} started it before it was changed; nothing was changed"
    if scene.was.was_stopped:
        return End(outcome=Outcome.REFUSED, why=why)
    return End(outcome=Outcome.FAILED, why=why, seen=scene.running) if scene.runs else scene.wait()


def _unset(scene: Scene) -> Go | str:
    """Why a value cannot be set; a wait while that may still come about; "" where it should be asked for again."""
    asked, what, now = scene.step.effects[-1], scene.change.what, scene.eyes.now
    told = fate(asked, scene.change.name, scene.eyes)
    if told.fate is Fate.FAILED and not passes(told.code):
        return f"Google did not set its {what}: {told.words}"
    if told.fate is Fate.UNDERWAY:
        return scene.wait() if now - scene.step.entered < 2 * SET_WITHIN else f"its {what} could not be set in time"
    if now - (asked.received_at or asked.at) < SEEN_AFTER:
        return scene.wait()
    tried = scene.count(scene.step.state, type(asked.effect))
    return "" if tried < MOST_SETS else f"its {what} could not be set, and nobody said why"


def _checked(scene: Scene) -> Next:
    """Whether the machine has what was planned, now that it is up."""
    change, also = scene.change, scene.step.seen.get(ALSO, "")
    said = f"; {also}" if also else ""
    if scene.failed:
        return End(outcome=Outcome.FAILED, why=f"{scene.failed}; the machine is {scene.machine.status}{said}")
    if not change.is_planned(scene.machine):
        why = f"it had its planned {change.what}, and somebody has changed that since{said}"
        return End(outcome=Outcome.FAILED, why=why)
    if change.after is not None and not scene.was.was_stopped:
        return Go(state=change.after)
    left = ", and it is left stopped" if scene.was.was_stopped else ""
    return End(outcome=Outcome.OK, why=f"it has its planned {change.what}{left}{said}")


def _rollback_stopping(scene: Scene) -> Next:
    if not scene.is_stopped:
        so = f"what was planned is set, and could not be taken back ({scene.failed})"
        return _not_stopped(scene, Outcome.NEEDS_HUMAN, so)
    if scene.change.is_planned(scene.machine):
        return scene.put_back()
    return scene.start(ROLLBACK_START, {SET: PUT_BACK if scene.change.is_old(scene.machine) else "somebody else's"})


def _rollback_setting(scene: Scene) -> Next:
    """Whether the old value is back; where it cannot be set, the machine is started with what it has."""
    if scene.change.is_old(scene.machine):
        seen = {SET: PUT_BACK}
        return scene.start(ROLLBACK_START, seen) if scene.is_stopped else Go(state=ROLLBACK_START, seen=seen)
    if not scene.is_stopped:
        return Go(state=ROLLBACK_START)
    unset = _unset(scene) if scene.change.is_planned(scene.machine) else "somebody has changed it meanwhile"
    if isinstance(unset, Go):
        return unset
    if not unset:
        return scene.put_back()
    why = f"the old {scene.change.what} could not be put back: {unset}; it is started with what it has"
    return scene.start(ROLLBACK_START, {FAILED: f"{scene.failed}; {why}"}, page=why)


STATES: dict[str, Callable[[Scene], Next]] = {
    SNAPSHOT: _looked_at,
    STOPPING: _stopping,
    SETTING: _setting,
    STARTING: starting,
    BOOTING: booting,
    CHECKED: _checked,
    ROLLBACK_STOP: _rollback_stopping,
    ROLLBACK_SET: _rollback_setting,
    ROLLBACK_START: rollback_started,
}
TIMES = {
    SNAPSHOT: SNAPSHOT_HOLDS,
    STOPPING: timedelta(minutes=10),
    SETTING: SET_WITHIN,
    STARTING: timedelta(minutes=15),
    BOOTING: timedelta(minutes=10),
    CHECKED: timedelta(minutes=5),
    ROLLBACK_STOP: timedelta(minutes=10),
    ROLLBACK_SET: SET_WITHIN,
    ROLLBACK_START: timedelta(minutes=15),
}
"""How long each state may take; a stop as long as the machine's own shutdown may."""
EDGES = (
    (SNAPSHOT, STOPPING, "it was asked to stop"),
    (SNAPSHOT, SETTING, "it is stopped already, and stays so"),
    (SNAPSHOT, "end", "it has changed since, or a precondition says no by now"),
    (STOPPING, STOPPING, "it has not stopped yet; it is never forced"),
    (STOPPING, SETTING, "it has stopped"),
    (STOPPING, STARTING, "it has stopped, and somebody has changed it meanwhile"),
    (STOPPING, "end", "it runs on, so nothing was changed; or it is gone"),
    (SETTING, SETTING, "it is not set yet, or the request was lost"),
    (SETTING, STARTING, "it is set; or it cannot be, and is started as it was"),
    (SETTING, CHECKED, "it is set, and was stopped before"),
    (SETTING, "end", "somebody started it, or it was stopped before and cannot be set; or it is gone"),
    (STARTING, STARTING, "it is not up yet, or could not be started: again, with longer waits"),
    (STARTING, BOOTING, "it runs"),
    (STARTING, ROLLBACK_SET, "it does not start with what was set"),
    (STARTING, "end", "it is gone, or somebody keeps it from running"),
    (BOOTING, BOOTING, "it has shown no sign of life yet"),
    (BOOTING, STARTING, "somebody stopped it while it came up"),
    (BOOTING, CHECKED, "it has booted"),
    (BOOTING, ROLLBACK_STOP, "certainly no sign of life, and a second stop was approved"),
    (BOOTING, "end", "no sign of life, and no second stop was approved; or it is gone, or kept from running"),
    (CHECKED, "end", "it has what was planned, or what was there before"),
    (ROLLBACK_STOP, ROLLBACK_STOP, "it has not stopped yet"),
    (ROLLBACK_STOP, ROLLBACK_SET, "it has stopped"),
    (ROLLBACK_STOP, ROLLBACK_START, "it has stopped, and what was planned is not there any more"),
    (ROLLBACK_STOP, "end", "it runs on with what was planned; or it is gone"),
    (ROLLBACK_SET, ROLLBACK_SET, "the old value is not back yet"),
    (ROLLBACK_SET, ROLLBACK_START, "the old value is back, or cannot be put back"),
    (ROLLBACK_SET, "end", "it is gone"),
    (ROLLBACK_START, ROLLBACK_START, "it is not up yet, or could not be started: again, with longer waits"),
    (ROLLBACK_START, "end", "it runs; or it is gone, or somebody keeps it from running"),
)
