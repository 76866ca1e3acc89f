"""The embedded guards: switches, budgets and breakers in a SQLite file of their own."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from shared.adapters.sqlite_file import SqliteFile, micros, time_of
from shared.errors import StoreUnavailable
from shared.model.guards import Budget, Charge, Pause, Spent, Trip, Went
from shared.ports import Fits

VERSION = 1
_TABLES = """
CREATE TABLE switch (one INTEGER PRIMARY KEY CHECK (one = 1), said TEXT NOT NULL) STRICT;
INSERT INTO switch VALUES (1, 'may run');
CREATE TABLE pauses (
  scope TEXT PRIMARY KEY, by TEXT NOT NULL, why TEXT NOT NULL, at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE spent (
  key TEXT NOT NULL, budget TEXT NOT NULL, whose TEXT NOT NULL, what TEXT NOT NULL, at INTEGER NOT NULL,
  PRIMARY KEY (budget, whose, at, key, what)
) STRICT, WITHOUT ROWID;
CREATE INDEX spent_by_key ON spent (key);
CREATE TABLE trips (at INTEGER NOT NULL, went TEXT NOT NULL, why TEXT NOT NULL) STRICT;
CREATE INDEX trips_by_time ON trips (at);
CREATE TABLE denials (
  principal TEXT NOT NULL, fingerprint TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (principal, fingerprint)
) STRICT, WITHOUT ROWID;
"""
MOST_REMEMBERED = 1_000
"""Refusals of one principal: far more than make it probing."""


class SqliteGuards:
    """The guards port on one file; safe to use from several threads and processes."""

    def __init__(self, path: Path) -> None:
        self._path, self._file = path, SqliteFile(path, _TABLES, VERSION)

    def pauses(self) -> tuple[Pause, ...]:
        """Every stop that is set now; a file whose switch is gone counts as one that cannot be read."""
        with self._file.read() as db:
            if db.execute("SELECT count(*) FROM switch").fetchone()[0] != 1:
                raise StoreUnavailable(f"the switch is missing from {self._path}: nothing may change")
            rows = db.execute("SELECT scope, by, why, at FROM pauses ORDER BY scope").fetchall()
        return tuple(Pause(scope=row[0], by=row[1], why=row[2], at=time_of(row[3])) for row in rows)

    def pause(self, pause: Pause) -> None:
        """Set a stop; setting it again keeps the first."""
        with self._file.write() as db:
            row = (pause.scope, pause.by, pause.why, micros(pause.at))
            db.execute("INSERT INTO pauses VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", row)

    def resume(self, scope: str) -> bool:
        """Lift a stop; False where none was set there."""
        with self._file.write() as db:
            return db.execute("DELETE FROM pauses WHERE scope = ?", (scope,)).rowcount == 1

    def spent(self, charges: Sequence[Charge], since: datetime) -> list[Spent]:
        """What was counted since a time against the budgets of these charges."""
        with self._file.read() as db:
            return _spent(db, charges, since)

    def spend(self, charges: Sequence[Charge], key: str, now: datetime, since: datetime, fits: Fits) -> tuple[str, ...]:
        """Count all of these or none, in one transaction: the reasons why not, () where they were counted."""
        with self._file.write() as db:
            if db.execute("SELECT 1 FROM spent WHERE key = ? LIMIT 1", (key,)).fetchone():
                return ()
            if why := fits(_spent(db, charges, since)):
                return why
            db.executemany(
                "INSERT INTO spent VALUES (?, ?, ?, ?, ?)",
                [(key, one.budget, one.whose, one.what, micros(now)) for one in charges],
            )
            return ()

    def tripped(self, trip: Trip) -> None:
        """Remember how an effect went."""
        with self._file.write() as db:
            db.execute("INSERT INTO trips VALUES (?, ?, ?)", (micros(trip.at), trip.went, trip.why))

    def trips(self, since: datetime) -> list[Trip]:
        """How effects went since a time, oldest first."""
        with self._file.read() as db:
            rows = db.execute(
                "SELECT at, went, why FROM trips WHERE at >= ? ORDER BY rowid", (micros(since),)
            ).fetchall()
        return [Trip(went=Went(row[1]), why=row[2], at=time_of(row[0])) for row in rows]

    def denied(self, principal: str, fingerprint: str, at: datetime) -> None:
        """Remember that a principal was refused something; the first time of each counts."""
        with self._file.write() as db:
            row = (principal, fingerprint, micros(at))
            db.execute("INSERT INTO denials VALUES (?, ?, ?) ON CONFLICT DO NOTHING", row)

    def denials(self, principal: str, since: datetime) -> list[datetime]:
        """When a principal met each of its different refusals since a time, oldest first."""
        query = "SELECT at FROM denials WHERE principal = ? AND at >= ? ORDER BY at DESC LIMIT ?"
        with self._file.read() as db:
            rows = db.execute(query, (principal, micros(since), MOST_REMEMBERED)).fetchall()
        return [time_of(row[0]) for row in reversed(rows)]

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def _spent(db: sqlite3.Connection, charges: Sequence[Charge], since: datetime) -> list[Spent]:
    query = "SELECT key, what, at FROM spent WHERE budget = ? AND whose = ? AND at >= ? ORDER BY at"
    return [
        Spent(charge=Charge(budget=Budget(one.budget), whose=one.whose, what=what), key=key, at=time_of(at))
        for one in dict.fromkeys(charges)
        for key, what, at in db.execute(query, (one.budget, one.whose, micros(since)))
    ]
