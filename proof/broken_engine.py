"""Defects of the engine and of the journal: what is written when, and who may."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from msgspec.structs import replace

from proof.planting import Planted
from shared.adapters.sqlite_journal import SqliteJournal
from shared.errors import Overtaken
from shared.model.effect import AddBinding, Before, Receipt, RemoveBinding, Result
from shared.model.journal import Intended
from shared.model.journal import Line as Journaled

ENGINE = import_module("shared.pipeline.execute")
HAND = ENGINE._Hand  # noqa: SLF001 - a defect is inside of what it breaks
REAL_ACT, REAL_FOLD = HAND._act, ENGINE.fold  # noqa: SLF001
REAL_APPEND, REAL_PUT, REAL_FREE = SqliteJournal.append, SqliteJournal.put, SqliteJournal.free_leases


def receipt_first() -> tuple[Planted, ...]:
    """The receipt is on disk before the effect has happened."""

    def perform(self: Any, step: Any, moves: Any, **_: Any) -> Any:
        pending = step.pending
        fix = self._received(step, moves, _made_up(pending.effect))
        self._shop.cloud.perform(pending.effect, pending.before)
        return fix

    return (Planted(HAND, "_perform", perform),)


def intent_last() -> tuple[Planted, ...]:
    """The effect happens, and its intent is written when it is over."""

    def act(self: Any, step: Any, moves: Any, wanted: Any) -> Any:
        if isinstance(wanted.effect, AddBinding):
            self._shop.queue.put(f"{ENGINE.ENDS}{self._fix.id}", self._ends_at(step))
        receipt = self._shop.cloud.perform(wanted.effect, wanted.before)
        self._write(Intended(step=step.step, effect=wanted.effect, before=wanted.before, inverse=wanted.inverse,
                             then=wanted.then))  # fmt: skip
        return self._received(self._fix.step, moves, receipt)

    return (Planted(HAND, "_act", act),)


def no_before() -> tuple[Planted, ...]:
    """What was there before an effect is not kept."""
    return (Planted(HAND, "_act", lambda self, step, moves, act: REAL_ACT(self, step, moves,
                                                                         replace(act, before=Before()))),)  # fmt: skip


def no_inverse() -> tuple[Planted, ...]:
    """What would take an effect back is not kept."""
    return (Planted(HAND, "_act", lambda self, step, moves, act: REAL_ACT(self, step, moves,
                                                                         replace(act, inverse=None))),)  # fmt: skip


def not_repeated() -> tuple[Planted, ...]:
    """After a crash the effect that was intended is taken for done."""

    def repeat(self: Any, step: Any, _: Any, moves: Any) -> Any:
        return self._received(step, moves, _made_up(step.pending.effect))

    return (Planted(HAND, "_repeat", repeat),)


def no_fence() -> tuple[Planted, ...]:
    """A worker that was overtaken writes on, under the next number that is free."""

    def append(self: SqliteJournal, line: Journaled) -> None:
        while True:
            try:
                return REAL_APPEND(self, line)
            except Overtaken:
                line = replace(line, number=line.number + 1)

    return (Planted(SqliteJournal, "append", append),)


def no_claim() -> tuple[Planted, ...]:
    """A worker does not care whether another one holds the fix."""
    return (Planted(ENGINE, "fold", lambda lines: replace(REAL_FOLD(lines), held_until=None)),)


def no_lease() -> tuple[Planted, ...]:
    """A fix does not care whether another one is at its target."""
    return (Planted(SqliteJournal, "take_lease", lambda *_: True),)


def leases_kept() -> tuple[Planted, ...]:
    """A fix that is over keeps its targets."""

    def free(self: SqliteJournal, fix: str) -> None:
        with self._file.write() as db:
            db.execute("DELETE FROM open_fixes WHERE fix = ?", (fix,))

    return (Planted(SqliteJournal, "free_leases", free),)


def leases_taken_again() -> tuple[Planted, ...]:
    """Who was overtaken by the end of a fix does not let go of the targets that it has taken since."""
    freed: set[str] = set()

    def free(self: SqliteJournal, fix: str) -> None:
        if fix not in freed:
            REAL_FREE(self, fix)
        freed.add(fix)

    return (Planted(SqliteJournal, "free_leases", free),)


def no_end() -> tuple[Planted, ...]:
    """Nothing is queued that would end a grant."""

    def put(self: SqliteJournal, fix: str, due: Any) -> None:
        if not fix.startswith(ENGINE.ENDS):
            REAL_PUT(self, fix, due)

    return (Planted(SqliteJournal, "put", put),)


def _made_up(effect: Any) -> Receipt:
    is_binding = isinstance(effect, AddBinding | RemoveBinding)
    return Receipt(result=Result.CHANGED if is_binding else Result.STARTED)
