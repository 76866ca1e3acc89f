"""Start a machine that we have stopped until it runs, see it boot, and decide when the old value has to come back."""

from __future__ import annotations

from datetime import datetime, timedelta

from shared.execution.next import End, Go, Next, Page
from shared.model.effect import StartMachine
from shared.model.evidence import NO, YES
from shared.model.journal import Outcome
from shared.moves.alive import Sign, booted
from shared.moves.machine import Fate, Told, fate, is_full, passes
from shared.moves.scene import (
    ALSO,
    BOOTING,
    CHECKED,
    FAILED,
    OURS,
    ROLLBACK_STOP,
    SET,
    STARTING,
    Scene,
)

RETRY_SECONDS = (30, 60, 120, 300)
TRIED_FOR, SELDOM = timedelta(hours=6), timedelta(minutes=30)
"""For so long a start is tried again every few minutes; afterwards seldom, but never not at all."""
LOST_AFTER = timedelta(minutes=30)
"""An operation that has not begun to start the machine by then is taken for lost."""
COUNTED, STOPPED_AGAIN, MARK, STARTED, BOOT = "starts that failed", "stopped again", "console", "started", "boot"
UNTOLD = "could not tell"
MOST_AGAIN = 2
"""How often a machine is started again that somebody stops while it comes up."""
NO_SIGN_FOR, LOOK_AGAIN = timedelta(minutes=30), timedelta(seconds=15)


def starting(scene: Scene) -> Next:
    """Whether the machine runs; if not, start it again after a while, or put the old value back."""
    if scene.runs:
        started = scene.machine.last_start or scene.eyes.now
        seen = {**scene.running, STARTED: started.isoformat(), MARK: ""}
        return Go(state=BOOTING, wait=timedelta(seconds=10), seen=seen)
    return _not_up(scene)


def rollback_started(scene: Scene) -> Next:
    """Whether the machine runs again as it was."""
    if not scene.runs:
        return _not_up(scene)
    change = scene.change
    if change.is_old(scene.machine):
        why = f"{scene.failed}; it has its old {change.what} again, and runs"
        return End(outcome=Outcome.FAILED, why=why, seen=scene.running, page=f"{change.name.name}: {why}")
    why = f"{scene.failed}; it runs, but not with its old {change.what}"
    return End(outcome=Outcome.NEEDS_HUMAN, why=why, seen=scene.running)


def _not_up(scene: Scene) -> Next:
    if scene.machine.status == "SUSPENDED":
        return _suspended(scene)
    if not scene.is_stopped:
        return scene.wait()
    done = scene.step.last(StartMachine)
    told = fate(done, scene.change.name, scene.eyes)
    if told.fate is Fate.UNDERWAY and done is not None and scene.eyes.now - done.at < LOST_AFTER:
        return scene.wait()
    if told.fate is Fate.THROUGH:
        return _stopped_again(scene, scene.step.state)
    bad = told.fate is Fate.FAILED and not passes(told.code)
    ours = scene.step.seen.get(SET) == OURS and scene.change.is_planned(scene.machine)
    if bad and ours and scene.step.state == STARTING and not (is_full(told.code) and scene.change.waits_for_room):
        why = f"it does not start with its planned {scene.change.what}: {told.words}"
        return scene.put_back({FAILED: why}, page=f"{scene.change.name.name}: {why}; what it had before is put back")
    return _again(scene, told, bad=bad)


def _again(scene: Scene, told: Told, *, bad: bool) -> Next:
    """Wait, then start it again: a little later each time, and without an end."""
    starts = sum(1 for one in scene.step.effects if isinstance(one.effect, StartMachine))
    if int(scene.step.seen.get(COUNTED, "-1")) >= starts:
        return scene.start(scene.step.state)
    long = scene.eyes.now - scene.step.entered >= TRIED_FOR
    wait = SELDOM if long else timedelta(seconds=RETRY_SECONDS[min(starts, len(RETRY_SECONDS)) - 1])
    name, code = scene.change.name, told.code or "no answer"
    page = f"{name.name} is stopped and could not be started in {name.zone} ({code}); it is tried again and again"
    if long:
        page = f"{name.name} has been stopped for more than six hours, and cannot be started in {name.zone} ({code})"
    pages = bad or long or starts >= len(RETRY_SECONDS)
    seen = {COUNTED: str(starts)}
    return Go(state=scene.step.state, wait=wait, seen=seen, page=page if pages else "", note=told.words)


def _stopped_again(scene: Scene, then: str) -> Next:
    """Somebody, or a schedule, stopped the machine that we have brought up: it is brought up again, a few times."""
    times, name = int(scene.step.seen.get(STOPPED_AGAIN, "0")), scene.change.name.name
    if times >= MOST_AGAIN:
        why = f"{name} was started {times + 1} times and stopped by somebody else each time: it is left stopped"
        return End(outcome=Outcome.NEEDS_HUMAN, why=why, seen=scene.running)
    also = "somebody else stopped it while it came up, and it was started again"
    seen = {STOPPED_AGAIN: str(times + 1), ALSO: also}
    return scene.start(then, seen, page=f"{name}: {also}")


def _suspended(scene: Scene) -> End:
    why = f"{scene.change.name.name} was suspended by somebody while it came up: it is left so"
    return End(outcome=Outcome.NEEDS_HUMAN, why=why, seen=scene.running)


def booting(scene: Scene) -> Next:
    """Whether the machine shows a sign of life; if it certainly has none, it is stopped again where approved."""
    if scene.is_stopped:
        return _stopped_again(scene, STARTING)
    if not scene.runs:
        return _suspended(scene) if scene.machine.status == "SUSPENDED" else scene.wait()
    name, mark = scene.change.name, scene.step.seen.get(MARK, "")
    first = int(mark) if mark.isdigit() else None
    since = datetime.fromisoformat(scene.step.seen[STARTED])
    sign, position = booted(name, since, scene.was.serial_next, first, scene.eyes)
    if sign.verdict is YES:
        return Go(state=CHECKED, seen={BOOT: sign.said})
    if not mark:
        return Go(state=BOOTING, wait=LOOK_AGAIN, seen={MARK: UNTOLD if position is None else str(position)})
    return _silent(scene, sign) if scene.overdue else Go(state=BOOTING, wait=LOOK_AGAIN)


def _silent(scene: Scene, sign: Sign) -> Next:
    why = f"{scene.change.name.name} runs and has shown no sign of life for ten minutes: {sign.why}"
    if sign.verdict is NO and scene.step.seen.get(SET) == OURS and scene.eyes.opened.may_roll_back:
        return scene.stop(ROLLBACK_STOP, {FAILED: why})
    if scene.eyes.now - scene.step.entered >= NO_SIGN_FOR:
        return End(outcome=Outcome.NEEDS_HUMAN, why=why)
    return Page(why=why, wait=timedelta(minutes=1))
