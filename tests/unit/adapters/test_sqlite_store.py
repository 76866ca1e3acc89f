"""The embedded store reads what earlier versions wrote."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from entries import audit
from explained import explain
from fakes import FakeClock
from msgspec.structs import replace

from shared.adapters.sqlite_store import VERSION, SqliteStore
from shared.errors import NotFound
from shared.model.codec import to_json
from shared.model.run import RunState

REPORT = explain(audit(permission="storage.objects.get", resource="projects/_/buckets/b"))
VERSION_1 = """
CREATE TABLE runs (
  id TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, state TEXT NOT NULL, opened_at INTEGER NOT NULL,
  last_seen INTEGER NOT NULL, count INTEGER NOT NULL, deliveries INTEGER NOT NULL, first_key BLOB NOT NULL,
  instance TEXT, cause TEXT, report BLOB NOT NULL
) STRICT;
CREATE INDEX runs_by_fingerprint ON runs (fingerprint, opened_at);
CREATE INDEX runs_by_last_seen ON runs (last_seen);
CREATE INDEX runs_by_instance ON runs (instance, last_seen) WHERE instance IS NOT NULL;
CREATE TABLE quarantine (
  id TEXT PRIMARY KEY, at INTEGER NOT NULL, reason TEXT NOT NULL, size INTEGER NOT NULL, sha256 TEXT NOT NULL,
  data BLOB NOT NULL
) STRICT;
CREATE TABLE dropped (reason TEXT PRIMARY KEY, count INTEGER NOT NULL) STRICT;
PRAGMA user_version = 1;
"""
"""The tables as version 1 made them, before runs were looked into."""
AT = 1_795_251_600_000_000


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "store.db"
    with closing(sqlite3.connect(path)) as db:
        db.executescript(VERSION_1)
        row = ("r-1", "f", "DRY_RUN_DONE", AT, AT, 7, 9, b"key", "p/42", "gcs.iam", to_json(REPORT))
        db.execute("INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
        db.execute("INSERT INTO dropped VALUES ('no refusal', 3)")
        db.commit()
    return path


def test_a_file_of_version_1_keeps_its_runs_which_nobody_looked_into(old: Path) -> None:
    with closing(SqliteStore(old)) as store:
        (run,) = store.runs(9)
        assert (run.id, run.count, run.deliveries, run.instance, run.report) == ("r-1", 7, 9, "p/42", REPORT)
        assert run.looked_at is None
        assert [one.count for one in store.dropped()] == [3]
        with pytest.raises(NotFound, match="earlier version"):
            store.entry("r-1")


def test_a_run_of_version_1_can_be_learned_of(old: Path, clock: FakeClock) -> None:
    with closing(SqliteStore(old)) as store:
        store.learn(replace(store.run("r-1"), state=RunState.REFUSED, looked_at=clock.now()))
        run = store.run("r-1")
        assert (run.state, run.looked_at, run.count) == (RunState.REFUSED, clock.now(), 7)


def test_a_file_is_made_new_once_and_by_whoever_comes_first(old: Path) -> None:
    with closing(SqliteStore(old)) as first, closing(SqliteStore(old)) as second:
        assert first.runs(9) == second.runs(9)
    with closing(sqlite3.connect(old)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (VERSION,)
