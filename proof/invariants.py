"""What must hold after every run, whatever happened: judged by the sandbox's own state and by the journal."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

from proof import order
from proof.events import HARSH, LOOK_FAILS, STARTED, STOCKOUTS
from proof.hooks import EFFECT, LINE
from proof.records import Records, tuple_of, tuples
from shared.execution.fold import Fix
from shared.fixing import inverses
from shared.model.effect import MACHINE_EFFECTS, AddBinding, StopMachine
from shared.model.journal import Intended
from shared.model.work import Grant, Work
from shared.moves import MOVES

if TYPE_CHECKING:
    from proof.life import Life

ADDED_BY_OTHERS = "roles/browser"


def broken(life: Life, fixes: list[str]) -> list[str]:
    """Every sentence about what does not hold; none is what is wanted."""
    every = [life.fix(one) for one in life.scene.journal.fixes()]
    mine = [one for one in every if one.id in fixes]
    works = tuple(work for one in every if one.opened.undo_of is None for work in one.opened.works)
    wrong = [
        *life.records.wrong,
        *_foreign(life, works),
        *_machines(life),
        *_once(life, works),
        *_ended(life, mine),
        *_grants_end(life, works),
        *_accounted(life, mine),
        *_let_go(life, every),
        *order.broken(life, every),
    ]
    return list(dict.fromkeys(wrong))


def _foreign(life: Life, works: tuple[Work, ...]) -> Iterator[str]:
    """No policy has ever lost, or got, what is not ours: compared from one to the next."""
    ours = life.records.ours(works)
    for name, history, audits in life.records.histories():
        kept = [[one for one in policy if one != ours.get(name)] for policy in history]
        for earlier, later in pairwise(kept):
            if [one for one in later if one in earlier] != earlier:
                yield f"foreign binding touched on {name}: {[one for one in earlier if one not in later]}"
            if added := [one for one in later if one not in earlier and one[0] != ADDED_BY_OTHERS]:
                yield f"a binding that nobody planned on {name}: {added}"
        if any(one != audits[0] for one in audits):
            yield f"audit configs of {name} changed"


def _machines(life: Life) -> Iterator[str]:
    """What ran runs; what stood still stands still; another machine of the same name is not touched."""
    records, kinds = life.records, {one.kind for one in life.events}
    if "TERMINATED" in records.statuses_before.values() and _asked_of(records)[:1] == ["start"]:
        yield "VM that was stopped before was started"
    for name, was in records.statuses_before.items():
        now = records.statuses_at_rest.get(name, "")
        if was == "RUNNING" and now != "RUNNING":
            yield f"VM left {now}"
        if was == "TERMINATED" and now != "TERMINATED" and not records.remade_id and STARTED not in kinds:
            yield f"VM that was stopped before is {now}"
    if records.remade_id and any(one.body["targetId"] != records.remade_id for one in records.operations()):
        yield "another machine of the same name was touched"
    asked = {one.value.request for one in life.moments.story if one.what == EFFECT and _on_machine(one.value)}
    strange = [one.body["operationType"] for one in records.operations()
               if one.body.get("clientOperationId", "") not in asked]  # fmt: skip
    if strange:
        yield f"operations under a request id that no effect has: {strange}"


def _asked_of(records: Records) -> list[str]:
    return [one.body["operationType"] for one in records.operations()]


def _on_machine(effect: object) -> bool:
    return isinstance(effect, MACHINE_EFFECTS)


def _once(life: Life, works: tuple[Work, ...]) -> Iterator[str]:
    """No effect twice: each binding comes once and goes once, each machine is stopped, set and reset once."""
    ours = life.records.ours(works)
    for name, history, _ in life.records.histories():
        there = [ours.get(name) in policy for policy in history]
        comes = sum(later and not earlier for earlier, later in pairwise(there))
        if comes > 1:
            yield f"the binding on {name} was added {comes} times"
        if ours.get(name) and any(policy.count(ours[name]) > 1 for policy in history):
            yield f"the binding on {name} is there twice"
    for service, every in life.records.switches().items():
        switches = [one for one, _ in groupby(every)]  # switching on what is coming on is answered, and changes nothing
        if switches.count(True) > 1 or switches.count(False) > 1:
            yield f"{service} was switched {switches}"
    yield from _machine_once(life)


def _machine_once(life: Life) -> Iterator[str]:
    history = life.records.machine_history()
    stops = sum(one == ("status", "STOPPING") for one in history)
    if stops > (meant := _stops_meant(life)):
        yield f"the machine was stopped {stops} times, and {meant} were meant"
    for field in ("serviceAccounts", "machineType"):
        given = [value for name, value in history if name == field]
        if any(given.count(one) > 1 for one in given):
            yield f"{field} was set {len(given)} times"
    resets = [one for one in life.records.operations() if one.body["operationType"] == "reset" and
              not one.body.get("error")]  # fmt: skip
    if len(resets) > 1:
        yield f"the machine was reset {len(resets)} times"


def _stops_meant(life: Life) -> int:
    """How often a machine may be stopped: once by each fix that meant to, and once more where that was allowed."""
    lines = [one.value for one in life.moments.counted if one.what == LINE]
    stops = [one.fix for one in lines if isinstance(one.body, Intended) and isinstance(one.body.effect, StopMachine)]
    most = 2 if life.case.may_roll_back else 1
    return sum(min(stops.count(fix), most) for fix in set(stops))


def _ended(life: Life, fixes: list[Fix]) -> Iterator[str]:
    """Every fix has ended, or a person was called; where Google refused nothing, it has ended as it should."""
    harsh = any(one.family in HARSH for one in life.events)
    for fix in fixes:
        if fix.outcome is None and not fix.pages:
            yield f"neither ended nor paged: {fix.step.state}"
        elif not harsh and fix.outcome not in (*life.case.ends, *_also(life, fix)):
            yield f"ended as {fix.outcome} in {fix.step.state}: {fix.why}"


def _also(life: Life, fix: Fix) -> tuple[str, ...]:
    """Could not tell is a no: after a look that failed a change may be refused, or a person be called.

    A size for which the zone has no room is given up, and the machine runs with its old one.
    """
    if life.case.resizes and any(one.family == STOCKOUTS for one in life.events):
        return ("failed",)
    if not any(one.kind in LOOK_FAILS for one in life.events):
        return ()
    return ("needs_human",) if any(step.effects for step in fix.steps) and fix.pages else ("refused",)


def _grants_end(life: Life, works: tuple[Work, ...]) -> Iterator[str]:
    """No grant of ours is there past its time, and what was there before us still is."""
    for grant in (one for one in works if isinstance(one, Grant)):
        there = tuple_of(grant) in _now(life, grant.resource)
        before = tuple_of(grant) in life.records.before[grant.resource]
        if there and not before:
            yield f"{grant.role} is there past its end"
        if before and not there:
            yield f"{grant.role} was there before us, and is gone"
    adds = [one.value for one in life.moments.story if one.what == EFFECT and isinstance(one.value, AddBinding)]
    if wrong := [one.resource for one in adds if one.condition is None and not _ends_queued(works, one)]:
        yield f"a grant without an end on {wrong}"


def _ends_queued(works: tuple[Work, ...], effect: AddBinding) -> bool:
    """Whether the work itself has no condition: then its end is queued, which is looked at when it is written."""
    return any(isinstance(one, Grant) and one.resource == effect.resource and one.condition is None for one in works)


def _let_go(life: Life, fixes: list[Fix]) -> Iterator[str]:
    """Nobody who has ended keeps others from a target."""
    if any(one.outcome is None for one in fixes):
        return
    now, journal = life.world.now(), life.scene.journal
    targets = {target for fix in fixes for work in fix.opened.works for target in MOVES[type(work)].targets(work)}
    for target in sorted(targets):
        if not journal.take_lease(target, "nobody", now, now):
            yield f"others are kept from {target} although every fix has ended"


def _now(life: Life, resource: str) -> list[tuple[str, str, str]]:
    return tuples(life.world.resources[resource].policy())


def _accounted(life: Life, fixes: list[Fix]) -> Iterator[str]:
    """What was undone is as it was; and a fix of which nothing could be taken back has changed nothing."""
    records = life.records
    settled = all(one.outcome is not None for one in fixes)
    undone = (life.case.undoes or life.case.expires) and all(one.outcome == "undone" for one in fixes)
    nothing_ours = not undone and not life.case.undoes and not any(inverses(one) for one in fixes)
    if not settled or records.remade_id or not (undone or nothing_ours):
        return
    attached = [records.attached(one) for one in life.world.of_kind("instances")]
    if attached != records.attached_before:
        yield f"the machine is not as it was: {attached}, was {records.attached_before}"
    if now := {one: on for one, on in records.apis().items() if on != records.apis_before.get(one, True)}:
        yield f"APIs are not as they were: {now}"
