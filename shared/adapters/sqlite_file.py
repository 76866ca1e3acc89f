"""One SQLite file in WAL mode with fully synchronous writes: what is written is on disk, also for a killed process."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from shared.errors import StoreUnavailable

WAIT_SECONDS = 5.0
CACHE_KIB = 256
"""What a connection keeps of the file in memory; the machine keeps it as well, and SQLite's own choice is 2 MiB."""


class SqliteFile:
    """A file with its tables, made on first use; safe to use from several threads and processes.

    Args:
        path: the file.
        tables: the statements that make the tables of the current version, each ended with a semicolon.
        version: the current version; a file of a newer one is refused.
        upgrades: for an older version, the statement that makes it the next one.
    """

    def __init__(self, path: Path, tables: str, version: int, upgrades: dict[int, str] | None = None) -> None:
        self._path, self._tables, self._version, self._upgrades = path, tables, version, upgrades or {}
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """The connection, for reading; raises `StoreUnavailable` when it cannot be read."""
        with self._lock:
            try:
                yield self._open()
            except (sqlite3.Error, OSError) as error:
                raise StoreUnavailable(f"the store {self._path} cannot be read: {error}") from error

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """The connection in one transaction; raises `StoreUnavailable` when it cannot be written."""
        with self._lock:
            try:
                db = self._open()
                db.execute("BEGIN IMMEDIATE")
            except (sqlite3.Error, OSError) as error:
                raise StoreUnavailable(f"the store {self._path} cannot be written: {error}") from error
            try:
                yield db
                db.execute("COMMIT")
            except (sqlite3.Error, OSError) as error:
                self._roll_back(db)
                raise StoreUnavailable(f"the store {self._path} cannot be written: {error}") from error
            except BaseException:
                self._roll_back(db)
                raise

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    @staticmethod
    def _roll_back(db: sqlite3.Connection) -> None:
        if db.in_transaction:
            db.execute("ROLLBACK")

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            db = sqlite3.connect(self._path, timeout=WAIT_SECONDS, isolation_level=None, check_same_thread=False)
            try:
                db.execute("PRAGMA journal_mode = WAL")
                db.execute("PRAGMA synchronous = FULL")
                db.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
                self._prepare(db)
            except BaseException:
                db.close()
                raise
            self._connection = db
        return self._connection

    def _prepare(self, db: sqlite3.Connection) -> None:
        if db.execute("PRAGMA user_version").fetchone()[0] == self._version:
            return
        db.execute("BEGIN IMMEDIATE")
        found = db.execute("PRAGMA user_version").fetchone()[0]
        if found == 0:
            for statement in self._tables.split(";"):
                db.execute(statement)
        for version in range(found or self._version, self._version):
            db.execute(self._upgrades[version])
        if found < self._version:
            db.execute(f"PRAGMA user_version = {self._version}")
        db.execute("COMMIT")
        if found > self._version:
            raise StoreUnavailable(
                f"the store was written by a newer unforbid (format {found}); this one knows {self._version}"
            )


def micros(time: datetime) -> int:
    """A time as whole microseconds since 1970, as the tables keep it."""
    return int(time.timestamp() * 1_000_000)


def time_of(value: int) -> datetime:
    """The time behind its microseconds."""
    return datetime.fromtimestamp(value / 1_000_000, UTC)
