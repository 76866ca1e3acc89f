"""Every run that is asked for, in as many processes as are given; each process serves a sandbox of its own."""

from __future__ import annotations

import atexit
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from multiprocessing import get_context

from msgspec import Struct

from proof.cases import CASES, START
from proof.life import Event, live
from proof.plan import pairs, singles
from proof.stage import Stage, opened
from proof.table import Row

BATCH = 40
_STAGES: list[Stage] = []


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


def all_rows(jobs: int, wanted: Wanted) -> list[Row]:
    """What came of every run, case by case."""
    names = [one for one in CASES if wanted.case in ("", one)]
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=_begin) as pool:
        batches = [batch for found in pool.map(_batches, names, [wanted] * len(names)) for batch in found]
        return [row for part in pool.map(_rows, batches) for row in part]


def _begin() -> None:
    """Open the stage of a process, which it keeps until its end."""
    kept = ExitStack()
    _STAGES.append(kept.enter_context(opened(START)))
    atexit.register(kept.close)


def _batches(name: str, wanted: Wanted) -> list[Batch]:
    """The runs of a case, the undisturbed one first; where that is wrong already, no other."""
    case = CASES[name]
    calm = live(_STAGES[0], case)
    every = [] if calm.wrong else pairs(case, calm, wanted.seed) if wanted.pairs else singles(case, calm, wanted.kind)
    parts = [[()], *(every[at : at + BATCH] for at in range(0, len(every), BATCH))]
    return [Batch(case=name, every=part, seed=wanted.seed) for part in parts]


def _rows(batch: Batch) -> list[Row]:
    return [row_of(_STAGES[0], batch.case, events, batch.seed) for events in batch.every]


def row_of(stage: Stage, name: str, events: tuple[Event, ...], seed: int) -> Row:
    """What came of one run."""
    ended = live(stage, CASES[name], events, seed)
    sizes = (len(ended.moments), len(ended.calls), ended.lines) if not events else (0, 0, 0)
    return Row(case=name, events=events, seed=seed, wrong=ended.wrong, outcomes=ended.outcomes, sizes=sizes)
