"""Every run that is asked for, in as many processes as are given; each process serves a sandbox of its own."""

from __future__ import annotations

import atexit
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import ExitStack
from multiprocessing import get_context

from msgspec import Struct

from proof.cases import CASES, START
from proof.events import Event
from proof.life import live
from proof.plan import Chosen, pairs, singles
from proof.stage import Stage, opened
from proof.table import Row

BATCH = 20
_STAGES: list[Stage] = []
Told = Callable[[int, int], object]
"""Is told how many runs of how many are through."""


class Wanted(Struct, frozen=True, kw_only=True):
    """Which runs are asked for: "" is every case, and every kind of event."""

    case: str = ""
    seed: int = 1
    pairs: bool = False
    kind: str = ""


class Batch(Struct, frozen=True, kw_only=True):
    """Some runs of a case, for one process."""

    case: str
    every: list[tuple[Event, ...]]
    seed: int


class Planned(Struct, frozen=True, kw_only=True):
    """The undisturbed run of a case, and what is to follow it."""

    calm: Row
    chosen: Chosen


class Result(Struct, frozen=True, kw_only=True):
    """What came of every run, case by case; and how many events of each kind were folded into others."""

    rows: list[Row]
    folded: dict[str, int]


def every_run(jobs: int, wanted: Wanted, told: Told) -> Result:
    """Plan the runs of every case, and run them."""
    names = [one for one in CASES if wanted.case in ("", one)]
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=_begin) as pool:
        planned = list(pool.map(_planned, names, [wanted] * len(names)))
        batches = [batch for one in planned for batch in _batches(one, wanted.seed)]
        total = sum(len(one.every) for one in batches) + len(planned)
        waiting = {pool.submit(_rows, one): number for number, one in enumerate(batches)}
        rows: dict[int, list[Row]] = {}
        through = len(planned)
        for one in as_completed(waiting):
            rows[waiting[one]] = one.result()
            through += len(one.result())
            told(through, total)
    found = [one.calm for one in planned] + [row for number in sorted(rows) for row in rows[number]]
    return Result(rows=sorted(found, key=lambda row: names.index(row.case)), folded=_folded(planned))


def _begin() -> None:
    """Open the stage of a process, which it keeps until its end."""
    kept = ExitStack()
    _STAGES.append(kept.enter_context(opened(START)))
    atexit.register(kept.close)


def _planned(name: str, wanted: Wanted) -> Planned:
    """The undisturbed run of a case and those that follow; none where it is wrong already."""
    case, chosen = CASES[name], Chosen(every=[], folded={})
    calm = live(_STAGES[0], case)
    if not calm.wrong:
        like = live(_STAGES[0], CASES[case.begins_as]) if case.begins_as else None
        chosen = pairs(case, calm, wanted.seed) if wanted.pairs else singles(case, calm, wanted.kind, like)
    sizes = (len(calm.moments), len(calm.calls), calm.lines)
    row = Row(case=name, events=(), seed=wanted.seed, wrong=calm.wrong, outcomes=calm.outcomes, sizes=sizes)
    return Planned(calm=row, chosen=chosen)


def _batches(planned: Planned, seed: int) -> Iterator[Batch]:
    every = planned.chosen.every
    for at in range(0, len(every), BATCH):
        yield Batch(case=planned.calm.case, every=every[at : at + BATCH], seed=seed)


def _folded(planned: list[Planned]) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in planned:
        for kind, many in one.chosen.folded.items():
            found[kind] = found.get(kind, 0) + many
    return found


def _rows(batch: Batch) -> list[Row]:
    return [row_of(_STAGES[0], batch.case, events, batch.seed) for events in batch.every]


def row_of(stage: Stage, name: str, events: tuple[Event, ...], seed: int) -> Row:
    """What came of one run that was disturbed."""
    ended = live(stage, CASES[name], events, seed)
    return Row(case=name, events=events, seed=seed, wrong=ended.wrong, outcomes=ended.outcomes)
