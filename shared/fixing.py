"""From an approved plan to its end, and back: prepare, approve, carry out, take back, sweep. Loaded only to change."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256

import msgspec
from msgspec import Struct

from shared.errors import NotFound, Overtaken, Refused, Unreadable
from shared.execution.fold import Fix, fold
from shared.execution.watchdog import RUNNING, LeftStopped, left_stopped
from shared.live import Live
from shared.machines.question import STOPPED
from shared.model.codec import from_json, to_json
from shared.model.decision import REFUSE
from shared.model.effect import Before
from shared.model.evidence import YES
from shared.model.journal import Line, Opened, Seen
from shared.model.report import Report
from shared.model.work import OriginalCall, Revoke, Work
from shared.moves import MOVES
from shared.pipeline.execute import ENDS, Workshop, execute, open_fix
from shared.pipeline.read import read
from shared.pipeline.works import Proposal, longest
from shared.pipeline.works import proposal as proposal_of

EXPIRY = "the end of the grant"
MOST_AT_ONCE = 100


class Task(Struct, frozen=True):
    """What a wake-up carries: which fix to go on with. Whether it is due, its own journal says."""

    fix: str


class Prepared(Struct, frozen=True, kw_only=True):
    """A run looked at once more, and what would be done about it: what an approver is shown."""

    run: str
    report: Report
    proposal: Proposal


def prepare(run: str, entry: bytes, live: Live, now: datetime, lasts: timedelta) -> Prepared:
    """Look again, plan again, and fix what would be done; nothing is changed by it.

    Raises:
        Refused: the plan may not be carried out, with every reason.
    """
    looked = live.look_again(read(entry), now)
    if looked is None:
        raise Refused("there is nothing that looking could prove, so nothing may be changed")
    report = looked.report
    if report.decision.mode is REFUSE:
        raise Refused("; ".join(report.decision.reasons))
    if report.proven != YES.value:
        raise Refused(f"the cause is not proven ({report.proven}): what is not proven is never carried out")
    proposal = proposal_of(run, looked.denial, looked.plan, looked.known, now + lasts)
    if not proposal.works:
        raise Refused("the plan is advice for a person: there is nothing in it that a machine may change")
    if lasts > longest(proposal.tier):
        raise Refused(f"a grant of tier {proposal.tier} lasts at most {longest(proposal.tier)}")
    return Prepared(run=run, report=report, proposal=proposal)


def approve(prepared: Prepared, by: tuple[str, ...], shop: Workshop, *, may_roll_back: bool = True) -> str:
    """Begin the fix that was shown; the approval is bound to its hash. The fix's id.

    Raises:
        Refused: there are too few approvers for the tier, or one of them is the one who was refused.
    """
    needed = 1 if prepared.proposal.tier == "T1" else 2
    people = tuple(dict.fromkeys(by))
    if len(people) < needed:
        raise Refused(f"tier {prepared.proposal.tier} takes {needed} different people, not {len(people)}")
    if prepared.report.principal in people:
        raise Refused(f"{prepared.report.principal} was refused, and nobody approves for themselves")
    opened = Opened(
        run=prepared.run,
        plan_hash=prepared.proposal.hash,
        works=prepared.proposal.works,
        approved_by=people,
        call=prepared.proposal.call,
        may_roll_back=may_roll_back,
    )
    return open_fix(opened, shop.journal, shop.queue, shop.clock.now())


def undo(fix_id: str, by: tuple[str, ...], shop: Workshop) -> str:
    """Begin the taking back of exactly what a fix changed, last first. The id of that fix.

    Raises:
        Refused: the fix still runs, or nothing of it is ours to take back.
    """
    fix = fold(shop.journal.lines(fix_id))
    if fix.outcome is None:
        raise Refused(f"{fix_id} still runs: wait until it has ended")
    works = inverses(fix)
    if not works:
        raise Refused(f"{fix_id} changed nothing that can be taken back")
    return _open_undo(fix, works, by, shop)


def inverses(fix: Fix) -> tuple[Work, ...]:
    """The works that take back what a fix changed, in reverse order; what was so before is left alone."""
    steps = zip(reversed(fix.opened.works), reversed(fix.steps[:-1]), strict=True)
    taken = (MOVES[type(work)].inverse(work, step) for work, step in steps)
    return tuple(work for work in taken if work is not None)


def _open_undo(fix: Fix, works: tuple[Work, ...], by: tuple[str, ...], shop: Workshop) -> str:
    opened = Opened(
        run=fix.opened.run,
        plan_hash=sha256(to_json((fix.id, works))).hexdigest(),
        works=works,
        approved_by=by,
        call=OriginalCall(),
        undo_of=fix.id,
        may_roll_back=True,
    )
    return open_fix(opened, shop.journal, shop.queue, shop.clock.now())


def work_off(
    fix_id: str, shops: Callable[[], Workshop], wait: Callable[[timedelta], None], told: Callable[[Fix], None]
) -> Fix:
    """Carry a fix out to its end, step by step, waiting as its states ask; what it ended as.

    `shops` gives each invocation a worker of its own, `told` hears of every step.
    """
    while True:
        shop = shops()
        fix = execute(fix_id, shop)
        told(fix)
        if fix.outcome is not None:
            return fix
        until = max(fix.due, fix.held_until or fix.due)
        wait(max(until - shop.clock.now(), timedelta()))


def sweep(shop: Workshop, now: datetime) -> dict[str, int]:
    """What a schedule does: go on with what is due, end grants whose time is over, bring back what we left stopped."""
    counts = {"stepped": 0, "ended": 0, "started": 0, "requeued": 0}
    for item in shop.queue.due(now, MOST_AT_ONCE):
        if item.startswith(ENDS):
            counts["ended"] += _end_grants(item, shop)
        else:
            execute(item, shop)
            counts["stepped"] += 1
    open_fixes = [fold(shop.journal.lines(one)) for one in shop.journal.unfinished()]
    for fix in open_fixes:
        if fix.due <= now:
            shop.queue.put(fix.id, fix.due)
            counts["requeued"] += 1
    every = [fold(shop.journal.lines(one)) for one in shop.journal.fixes()]
    for left in left_stopped(every, now):
        counts["started"] += _bring_back(left, shop, now)
    return counts


def _bring_back(left: LeftStopped, shop: Workshop, now: datetime) -> int:
    """Start a machine that we stopped and that should run by now; the journal says so before it happens."""
    machine = left.machine
    try:
        found = shop.sight.machine(machine.project, machine.zone, machine.name)
        gone = found.id != machine.id
        status = found.status
    except NotFound:
        gone, status = True, ""
    if gone or status == "RUNNING":
        _note(left, RUNNING, "gone" if gone else "yes", shop, now)
        return 0
    if status not in STOPPED or not _note(left, "watchdog", f"starts {machine.name}", shop, now):
        return 0
    shop.cloud.perform(left.effect, Before(status=status))
    return 1


def _note(left: LeftStopped, what: str, value: str, shop: Workshop, now: datetime) -> bool:
    """Add an observation to a fix's journal; False where somebody else has just written, and is at it."""
    fix = fold(shop.journal.lines(left.fix))
    body = Seen(step=left.step, what=what, value=value)
    try:
        shop.journal.append(Line(fix=fix.id, number=fix.lines, at=now, generation=fix.generation, body=body))
    except Overtaken:
        return False
    return True


def step(body: bytes, shop: Workshop) -> dict[str, object]:
    """Take the fix that a task names (`{"fix": ID}`) one step further; the facts for the log line."""
    try:
        task = from_json(body, Task)
    except msgspec.ValidationError as error:
        raise Unreadable(f"the task cannot be read: {error}") from error
    fix = execute(task.fix, shop)
    return {"fix": fix.id, "run": fix.opened.run, "state": fix.step.state, "outcome": fix.outcome or "goes on"}


def swept(shop: Workshop) -> dict[str, object]:
    """Do all that is due; the facts for the log line."""
    return {"outcome": "swept", **sweep(shop, shop.clock.now())}


def _end_grants(item: str, shop: Workshop) -> int:
    """Begin the revocation of a fix's grants, whose time is over; nothing is to be done if they were taken back."""
    fix = fold(shop.journal.lines(item.removeprefix(ENDS)))
    works = tuple(work for work in inverses(fix) if isinstance(work, Revoke))
    if works:
        _open_undo(fix, works, (EXPIRY,), shop)
    shop.queue.drop(item)
    return len(works)
