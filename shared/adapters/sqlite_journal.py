"""The embedded journal and queue: one SQLite file beside the store's tables, for a trial, the demo and tests.

A line's number is part of its key, so exactly one writer can have it. Everything is on disk before a call returns.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from shared.adapters.sqlite_file import SqliteFile, micros, time_of
from shared.errors import NotFound, Overtaken
from shared.model.chain import linked
from shared.model.codec import from_json, to_json
from shared.model.journal import Line, Link, Opened

VERSION = 2
_CHAIN = """CREATE TABLE chain (
  sequence INTEGER PRIMARY KEY, previous TEXT NOT NULL, digest TEXT NOT NULL, fix TEXT NOT NULL, number INTEGER NOT NULL
) STRICT"""
_TABLES = (
    """
CREATE TABLE lines (
  fix TEXT NOT NULL, number INTEGER NOT NULL, run TEXT, at INTEGER NOT NULL, line BLOB NOT NULL,
  PRIMARY KEY (fix, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX openings ON lines (run, at) WHERE number = 0;
CREATE TABLE open_fixes (fix TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
CREATE TABLE leases (target TEXT PRIMARY KEY, fix TEXT NOT NULL, until INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE queue (fix TEXT PRIMARY KEY, due INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX queue_by_due ON queue (due);
"""
    + _CHAIN
)
AT_ONCE = 1_000


class SqliteJournal:
    """The journal port and the queue port on one file; safe to use from several threads and processes."""

    def __init__(self, path: Path) -> None:
        self._file = SqliteFile(path, _TABLES, VERSION, {1: _CHAIN})

    def append(self, line: Line) -> None:
        """Keep a line under its number, which is that of the next one; whoever is second finds it taken."""
        run = line.body.run if isinstance(line.body, Opened) else None
        with self._file.write() as db:
            (count,) = db.execute(
                "SELECT coalesce(max(number), -1) + 1 FROM lines WHERE fix = ?", (line.fix,)
            ).fetchone()
            if line.number != count:
                raise Overtaken(f"line {line.number} of {line.fix} is written already, or not the next one")
            db.execute(
                "INSERT INTO lines VALUES (?, ?, ?, ?, ?)", (line.fix, line.number, run, micros(line.at), to_json(line))
            )
            if line.number == 0:
                db.execute("INSERT INTO open_fixes VALUES (?)", (line.fix,))
            _chain(db, line)

    def free_leases(self, fix: str) -> None:
        """Let go of every target that a fix holds: the fix is over, and `unfinished` need not look at it again."""
        with self._file.write() as db:
            db.execute("DELETE FROM open_fixes WHERE fix = ?", (fix,))
            db.execute("DELETE FROM leases WHERE fix = ?", (fix,))

    def lines(self, fix: str) -> list[Line]:
        """Every line of a fix in order."""
        with self._file.read() as db:
            rows = db.execute("SELECT line FROM lines WHERE fix = ? ORDER BY number", (fix,)).fetchall()
        if not rows:
            raise NotFound(f"there is no fix {fix!r}; `unforbid runs` lists what there is")
        return [from_json(row[0], Line) for row in rows]

    def links(self) -> Iterator[Link]:
        """The chain of all lines that were ever kept, from the first on."""
        after = 0
        while found := self._links_after(after):
            yield from found
            after = found[-1].sequence

    def head(self) -> Link | None:
        """The end of that chain, None where nothing was ever written."""
        with self._file.read() as db:
            return _last(db)

    def _links_after(self, sequence: int) -> list[Link]:
        query = "SELECT sequence, previous, digest, fix, number FROM chain WHERE sequence > ? ORDER BY sequence LIMIT ?"
        with self._file.read() as db:
            return [_link(row) for row in db.execute(query, (sequence, AT_ONCE))]

    def fixes(self, run: str | None = None) -> list[str]:
        """The ids of all fixes, or those of one run, newest first."""
        query = "SELECT fix FROM lines WHERE number = 0 AND (? IS NULL OR run = ?) ORDER BY at DESC, fix"
        with self._file.read() as db:
            rows = db.execute(query, (run, run)).fetchall()
        return [row[0] for row in rows]

    def unfinished(self) -> list[str]:
        """The ids of the fixes that have not ended."""
        with self._file.read() as db:
            return [row[0] for row in db.execute("SELECT fix FROM open_fixes ORDER BY fix")]

    def take_lease(self, target: str, fix: str, until: datetime, now: datetime) -> bool:
        """Hold a target for a fix until a time, unless another fix holds it."""
        with self._file.write() as db:
            taken = db.execute(
                "INSERT INTO leases VALUES (?, ?, ?) ON CONFLICT (target) DO UPDATE SET fix = excluded.fix,"
                " until = excluded.until WHERE leases.fix = excluded.fix OR leases.until <= ?",
                (target, fix, micros(until), micros(now)),
            )
            return taken.rowcount == 1

    def put(self, fix: str, due: datetime) -> None:
        """Look after a fix at a time."""
        with self._file.write() as db:
            db.execute(
                "INSERT INTO queue VALUES (?, ?) ON CONFLICT (fix) DO UPDATE SET due = excluded.due", (fix, micros(due))
            )

    def due(self, now: datetime, limit: int) -> list[str]:
        """The fixes that are due, longest due first."""
        with self._file.read() as db:
            query = "SELECT fix FROM queue WHERE due <= ? ORDER BY due, fix LIMIT ?"
            return [row[0] for row in db.execute(query, (micros(now), limit))]

    def drop(self, fix: str) -> None:
        """Look after a fix no more."""
        with self._file.write() as db:
            db.execute("DELETE FROM queue WHERE fix = ?", (fix,))

    def next_due(self) -> datetime | None:
        """When the next fix is due."""
        with self._file.read() as db:
            row = db.execute("SELECT min(due) FROM queue").fetchone()
        return time_of(row[0]) if row[0] is not None else None

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def _chain(db: sqlite3.Connection, line: Line) -> None:
    """Chain a line to the one before it, in the transaction that keeps it."""
    link = linked(line, _last(db))
    values = (link.sequence, link.previous, link.digest, link.fix, link.number)
    db.execute("INSERT INTO chain VALUES (?, ?, ?, ?, ?)", values)


def _last(db: sqlite3.Connection) -> Link | None:
    query = "SELECT sequence, previous, digest, fix, number FROM chain ORDER BY sequence DESC LIMIT 1"
    row = db.execute(query).fetchone()
    return _link(row) if row else None


def _link(row: tuple[int, str, str, str, int]) -> Link:
    sequence, previous, digest, fix, number = row
    return Link(sequence=sequence, previous=previous, digest=digest, fix=fix, number=number)
