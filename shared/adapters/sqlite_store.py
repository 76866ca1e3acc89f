"""The embedded store: one SQLite file in WAL mode, for a trial, the demo and tests. Survives a killed process.

Writes are fully synchronous, so that a message is acknowledged only once it is on disk.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from shared.adapters.packing import packed, unpacked
from shared.adapters.sqlite_file import SqliteFile, micros, time_of
from shared.errors import NotFound
from shared.model.codec import from_json, to_json
from shared.model.report import Report
from shared.model.run import Dropped, Quarantined, Repeats, Run, RunState

VERSION = 3
_TABLES = """
CREATE TABLE runs (
  id TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, state TEXT NOT NULL, opened_at INTEGER NOT NULL,
  last_seen INTEGER NOT NULL, count INTEGER NOT NULL, deliveries INTEGER NOT NULL, first_key BLOB NOT NULL,
  instance TEXT, looked_at INTEGER, cause TEXT, report BLOB NOT NULL, entry BLOB
) STRICT;
CREATE INDEX runs_by_fingerprint ON runs (fingerprint, opened_at);
CREATE INDEX runs_by_last_seen ON runs (last_seen);
CREATE INDEX runs_by_instance ON runs (instance, last_seen) WHERE instance IS NOT NULL;
CREATE TABLE quarantine (
  id TEXT PRIMARY KEY, at INTEGER NOT NULL, reason TEXT NOT NULL, size INTEGER NOT NULL, sha256 TEXT NOT NULL,
  data BLOB NOT NULL
) STRICT;
CREATE TABLE dropped (reason TEXT PRIMARY KEY, count INTEGER NOT NULL) STRICT;
"""
UPGRADES = {1: "ALTER TABLE runs ADD COLUMN looked_at INTEGER", 2: "ALTER TABLE runs ADD COLUMN entry BLOB"}
_COLUMNS = "id, fingerprint, state, opened_at, last_seen, count, deliveries, first_key, instance, looked_at, report"


class SqliteStore:
    """The store port on one file; safe to use from several threads and processes."""

    def __init__(self, path: Path) -> None:
        self._file = SqliteFile(path, _TABLES, VERSION, UPGRADES)

    def open_run(self, run: Run, opened_after: datetime, entry: bytes) -> Run:
        """Keep a new run, or return the open one of the same fingerprint."""
        with self._file.write() as db:
            query = (
                f"SELECT {_COLUMNS} FROM runs WHERE fingerprint = ? AND opened_at > ? ORDER BY opened_at DESC LIMIT 1"
            )
            row = db.execute(query, (run.fingerprint, micros(opened_after))).fetchone()
            if row is not None:
                return _run(row)
            times = micros(run.opened_at), micros(run.last_seen)
            counts = run.count, run.deliveries, run.first_key
            seen = run.instance, _micros_or_none(run.looked_at), to_json(run.report)
            values = (run.id, run.fingerprint, run.state, *times, *counts, *seen)
            marks = ", ".join("?" * len(values))
            rest = run.report.cause, packed(entry)
            db.execute(f"INSERT INTO runs ({_COLUMNS}, cause, entry) VALUES ({marks}, ?, ?)", (*values, *rest))
        return run

    def entry(self, run_id: str) -> bytes:
        """The entry that opened a run, as it was delivered."""
        found = self.run(run_id)
        with self._file.read() as db:
            row = db.execute("SELECT entry FROM runs WHERE id = ?", (found.id,)).fetchone()
        if row is None or row[0] is None:
            raise NotFound(f"the entry of {found.id} was not kept: it was opened by an earlier version")
        return unpacked(row[0])

    def add_repeats(self, repeats: Sequence[Repeats], dropped: Sequence[Dropped]) -> None:
        """Add counts to runs and drop reasons in one transaction."""
        with self._file.write() as db:
            db.executemany(
                "UPDATE runs SET count = count + ?, deliveries = deliveries + ?, last_seen = max(last_seen, ?)"
                " WHERE id = ?",
                [(one.count, one.deliveries, micros(one.last_seen), one.run_id) for one in repeats],
            )
            db.executemany(
                "INSERT INTO dropped VALUES (?, ?) ON CONFLICT (reason) DO UPDATE SET count = count + excluded.count",
                [(one.reason, one.count) for one in dropped],
            )

    def learn(self, run: Run) -> None:
        """Keep what looking told of a run; its counts stay as they are."""
        with self._file.write() as db:
            told = run.state, _micros_or_none(run.looked_at), run.report.cause, to_json(run.report)
            db.execute("UPDATE runs SET state = ?, looked_at = ?, cause = ?, report = ? WHERE id = ?", (*told, run.id))

    def quarantine(self, item: Quarantined) -> None:
        """Keep a message that could not be read, compressed."""
        with self._file.write() as db:
            values = (item.id, micros(item.at), item.reason, item.size, item.sha256, packed(item.data))
            db.execute("INSERT OR IGNORE INTO quarantine VALUES (?, ?, ?, ?, ?, ?)", values)

    def runs(self, limit: int) -> list[Run]:
        """The runs seen last, newest first."""
        with self._file.read() as db:
            rows = db.execute(f"SELECT {_COLUMNS} FROM runs ORDER BY last_seen DESC, id LIMIT ?", (limit,)).fetchall()
        return [_run(row) for row in rows]

    def run(self, run_id: str) -> Run:
        """One run by its id or an unambiguous beginning of it."""
        with self._file.read() as db:
            rows = db.execute(
                f"SELECT {_COLUMNS} FROM runs WHERE substr(id, 1, ?) = ? LIMIT 2", (len(run_id), run_id)
            ).fetchall()
        if len(rows) != 1 or not run_id:
            found = "several runs begin" if rows else "no run begins"
            raise NotFound(f"{found} with {run_id!r}; `unforbid runs` lists them")
        return _run(rows[0])

    def recent_on(self, instance: str, cause: str, seen_after: datetime) -> Run | None:
        """The latest run of a cause on a virtual machine, seen after a time."""
        wanted = "instance = ? AND cause = ? AND last_seen >= ?"
        query = f"SELECT {_COLUMNS} FROM runs WHERE {wanted} ORDER BY last_seen DESC LIMIT 1"
        with self._file.read() as db:
            row = db.execute(query, (instance, cause, micros(seen_after))).fetchone()
        return _run(row) if row else None

    def quarantined(self, limit: int) -> list[Quarantined]:
        """The messages kept last, newest first."""
        return self._kept("ORDER BY at DESC, id LIMIT ?", (limit,))

    def quarantined_item(self, item_id: str) -> Quarantined:
        """One quarantined message by its id or an unambiguous beginning of it."""
        found = self._kept("WHERE substr(id, 1, ?) = ? LIMIT 2", (len(item_id), item_id))
        if len(found) != 1:
            what = "several messages are" if found else "nothing is"
            raise NotFound(f"{what} in quarantine under {item_id!r}; `unforbid runs` lists what is")
        return found[0]

    def _kept(self, clause: str, values: tuple[object, ...]) -> list[Quarantined]:
        with self._file.read() as db:
            rows = db.execute(f"SELECT id, at, reason, size, sha256, data FROM quarantine {clause}", values).fetchall()
        return [
            Quarantined(id=row[0], at=time_of(row[1]), reason=row[2], size=row[3], sha256=row[4], data=unpacked(row[5]))
            for row in rows
        ]

    def dropped(self) -> list[Dropped]:
        """How many messages were no denials, by reason."""
        with self._file.read() as db:
            rows = db.execute("SELECT reason, count FROM dropped ORDER BY count DESC, reason").fetchall()
        return [Dropped(*row) for row in rows]

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def _run(row: tuple[str, str, str, int, int, int, int, bytes, str | None, int | None, bytes]) -> Run:
    return Run(
        id=row[0],
        fingerprint=row[1],
        state=RunState(row[2]),
        opened_at=time_of(row[3]),
        last_seen=time_of(row[4]),
        count=row[5],
        deliveries=row[6],
        first_key=row[7],
        instance=row[8],
        looked_at=time_of(row[9]) if row[9] is not None else None,
        report=from_json(row[10], Report),
    )


def _micros_or_none(time: datetime | None) -> int | None:
    return None if time is None else micros(time)
