"""Defects of the classic kind, planted one after the other: the proof has to find each, or it proves nothing.

Each is the product with one function replaced while it runs, and the slice of the proof that has to find it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from msgspec import Struct

from proof import broken_engine, broken_moves, broken_writes
from proof.cases import CASES, START
from proof.events import DOWN, FOREIGN, KILL, OVERTAKEN, REMADE, RIVAL, STORE, Event
from proof.life import live
from proof.plan import singles
from proof.planting import Planted, planted
from proof.stage import Stage, opened
from proof.table import Row, again

TOPIC, VM = "grant on a topic", "VM access"


class Defect(Struct, frozen=True, kw_only=True):
    """What is replaced by what, in which case it shows, and by which kind of event; "" is the undisturbed run.

    `then` is the kind of a second event, where one alone does not show it.
    """

    planted: Callable[[], tuple[Planted, ...]]
    case: str
    kind: str = ""
    then: str = ""


DEFECTS: dict[str, Defect] = {
    "no etag is sent": Defect(planted=broken_writes.no_etag, case=TOPIC, kind=FOREIGN),
    "audit configs are dropped": Defect(planted=broken_writes.no_audit_configs, case="grant on a project"),
    "the condition is dropped": Defect(planted=broken_writes.no_condition, case="grant on a bucket"),
    "the whole old policy is written back": Defect(planted=broken_writes.old_policy, case=f"undo: {TOPIC}"),
    "every retry has a new request id": Defect(planted=broken_writes.new_request_ids, case=VM, kind="lost_reply"),
    "a machine is called by its name": Defect(planted=broken_writes.by_name, case=VM, kind=REMADE),
    "the account is left out with the scopes": Defect(planted=broken_writes.no_account, case=VM),
    "the receipt is journaled before the effect": Defect(planted=broken_engine.receipt_first, case=TOPIC),
    "the intent is journaled after the effect": Defect(planted=broken_engine.intent_last, case=TOPIC),
    "no before-image is kept": Defect(planted=broken_engine.no_before, case=VM),
    "no inverse is kept": Defect(planted=broken_engine.no_inverse, case=TOPIC),
    "an effect of unknown outcome is taken for done": Defect(planted=broken_engine.not_repeated, case=TOPIC, kind=KILL),
    "there is no fence": Defect(planted=broken_engine.no_fence, case=TOPIC, kind=OVERTAKEN),
    "claims are ignored": Defect(planted=broken_engine.no_claim, case=TOPIC, kind=RIVAL),
    "leases are ignored": Defect(planted=broken_engine.no_lease, case="VM access, twice at once", kind=RIVAL),
    "leases are never let go": Defect(planted=broken_engine.leases_kept, case=TOPIC),
    "targets are taken again after the end": Defect(
        planted=broken_engine.leases_taken_again, case=TOPIC, kind=OVERTAKEN
    ),
    "the end of a grant is not queued": Defect(planted=broken_engine.no_end, case=TOPIC),
    "the end of a grant is forgotten": Defect(planted=broken_moves.end_forgotten, case=TOPIC),
    "what was there before is taken for ours": Defect(
        planted=broken_moves.all_given, case="grant that was there", kind="stale"
    ),
    "what others did meanwhile is taken for ours": Defect(
        planted=broken_writes.all_ours, case="grant that was there", kind="stale"
    ),
    "what may be somebody else's is taken for ours": Defect(
        planted=broken_moves.doubt_is_ours, case="grant that was there", kind="stale", then=STORE
    ),
    "one read is believed": Defect(planted=broken_moves.one_read, case=TOPIC, kind="stale"),
    "a machine is stopped again on a doubt": Defect(
        planted=broken_moves.stopped_on_doubt, case=f"undo: {VM}", kind="forbidden"
    ),
    "a start is not tried again": Defect(planted=broken_moves.one_start, case=VM, kind="stockouts:3"),
    "what was set is not looked at": Defect(
        planted=broken_moves.not_read_back, case=VM, kind="fails:setServiceAccount"
    ),
    "the watchdog is off": Defect(planted=broken_moves.no_watchdog, case=VM, kind=DOWN),
}


def found_all(write: Callable[[str], object], only: str = "") -> int:
    """Plant every defect and say whether and how it was found; 0 where all were. `only` is a case."""
    missed = 0
    with opened(START) as stage:
        for name, defect in DEFECTS.items():
            if only not in ("", defect.case):
                continue
            found = first_found(stage, defect)
            missed += found is None
            write(f"{'FOUND ' if found else 'MISSED'}  {name}\n")
            if found:
                write(f"        {found.wrong[0][:150]}\n        {again(found).partition('-m ')[2]}\n")
    write(f"{missed} of {len(DEFECTS)} planted defects were missed\n")
    return int(missed > 0)


def first_found(stage: Stage, defect: Defect) -> Row | None:
    """The first run of its slice in which a defect shows; None where it is not found."""
    return next(_runs(stage, defect), None)


def _runs(stage: Stage, defect: Defect) -> Iterator[Row]:
    case = CASES[defect.case]
    slice_: list[tuple[Event, ...]] = [()]
    if defect.kind:
        calm = live(stage, case)
        slice_ = singles(case, calm, defect.kind).every
        if defect.then:
            slice_ = [(*one, *other) for one in slice_ for other in singles(case, calm, defect.then).every]
    for events in slice_:
        with _in_place(defect):
            ended = live(stage, case, events)
        if ended.wrong:
            yield Row(case=case.name, events=events, seed=0, wrong=ended.wrong, outcomes=ended.outcomes,
                      sizes=(0, 0, 0))  # fmt: skip


@contextmanager
def _in_place(defect: Defect) -> Iterator[None]:
    with planted(*defect.planted()):
        yield
