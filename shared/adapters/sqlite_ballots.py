"""The embedded ballots: one SQLite file beside the store's, for a trial, the demo and tests.

A vote and an end are rows that only one writer can have; both are decided in one transaction, on disk before a call
returns.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from shared.adapters.sqlite_file import SqliteFile, micros, time_of
from shared.errors import NotFound
from shared.model.approval import Approval, Card, Choice, Ended, Person, SlackUser, Vote, denied_by, is_too_late
from shared.model.codec import from_json, to_json

VERSION = 1
_TABLES = """
CREATE TABLE approvals (
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, run TEXT NOT NULL, at INTEGER NOT NULL, approval BLOB NOT NULL
) STRICT;
CREATE INDEX approvals_by_run ON approvals (run, at);
CREATE TABLE votes (
  number INTEGER PRIMARY KEY, approval TEXT NOT NULL, person TEXT NOT NULL, choice TEXT NOT NULL, vote BLOB NOT NULL,
  UNIQUE (approval, person)
) STRICT;
CREATE TABLE ends (approval TEXT PRIMARY KEY, ended BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE requests (digest BLOB PRIMARY KEY, until INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX requests_by_end ON requests (until);
CREATE TABLE cards (run TEXT PRIMARY KEY, card BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE snoozes (run TEXT PRIMARY KEY, until INTEGER NOT NULL, by TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE people (
  enterprise TEXT NOT NULL, team TEXT NOT NULL, user TEXT NOT NULL, person BLOB NOT NULL,
  PRIMARY KEY (enterprise, team, user)
) STRICT, WITHOUT ROWID;
"""
KEPT_AFTERWARDS = timedelta(days=1)
"""How long after its time a request is still remembered, whatever the clocks of those who ask."""


class SqliteBallots:
    """The ballots port on one file; safe to use from several threads and processes."""

    def __init__(self, path: Path) -> None:
        self._file = SqliteFile(path, _TABLES, VERSION)

    def ask(self, approval: Approval) -> Approval:
        """Keep a question, or return the one that is kept under its id already."""
        with self._file.write() as db:
            row = approval.id, approval.run, micros(approval.asked_at), to_json(approval)
            db.execute("INSERT INTO approvals (id, run, at, approval) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", row)
            kept = db.execute("SELECT approval FROM approvals WHERE id = ?", (approval.id,)).fetchone()
        return from_json(kept[0], Approval)

    def approval(self, approval_id: str) -> Approval:
        """A question by its id or an unambiguous beginning of it."""
        query = "SELECT id, approval FROM approvals WHERE substr(id, 1, ?) = ? ORDER BY length(id) LIMIT 2"
        with self._file.read() as db:
            rows = db.execute(query, (len(approval_id), approval_id)).fetchall()
        is_clear = len(rows) == 1 or (rows and rows[0][0] == approval_id)
        if not is_clear or not approval_id:
            found = "several questions begin" if rows else "no question begins"
            raise NotFound(f"{found} with {approval_id[:80]!r}; `unforbid approvals` lists them")
        return from_json(rows[0][1], Approval)

    def open(self) -> list[Approval]:
        """The questions that have not ended, oldest first."""
        query = "SELECT approval FROM approvals WHERE id NOT IN (SELECT approval FROM ends) ORDER BY at, number"
        with self._file.read() as db:
            return [from_json(row[0], Approval) for row in db.execute(query)]

    def of_run(self, run: str) -> list[Approval]:
        """Every question about a run, newest first."""
        query = "SELECT approval FROM approvals WHERE run = ? ORDER BY at DESC, number DESC"
        with self._file.read() as db:
            return [from_json(row[0], Approval) for row in db.execute(query, (run,))]

    def vote(self, vote: Vote) -> bool:
        """Keep a vote, unless that person has voted on that question before, or it is too late for it."""
        with self._file.write() as db:
            if is_too_late(vote, _ended(db, vote.approval)):
                return False
            row = vote.approval, vote.person.id, vote.choice.value, to_json(vote)
            made = db.execute(
                "INSERT INTO votes (approval, person, choice, vote) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", row
            )
            return made.rowcount == 1

    def votes(self, approval_id: str) -> list[Vote]:
        """The votes on a question, in the order in which they were kept."""
        query = "SELECT vote FROM votes WHERE approval = ? ORDER BY number"
        with self._file.read() as db:
            return [from_json(row[0], Vote) for row in db.execute(query, (approval_id,))]

    def end(self, ended: Ended) -> Ended:
        """End a question, as denied where a deny is kept; the end that counts, which is the first one."""
        with self._file.write() as db:
            before = _ended(db, ended.approval)
            if before is not None:
                return before
            deny = db.execute(
                "SELECT vote FROM votes WHERE approval = ? AND choice = ? ORDER BY number LIMIT 1",
                (ended.approval, Choice.DENY.value),
            ).fetchone()
            counts = denied_by(from_json(deny[0], Vote), ended.at) if deny else ended
            db.execute("INSERT INTO ends VALUES (?, ?)", (ended.approval, to_json(counts)))
        return counts

    def ended(self, approval_id: str) -> Ended | None:
        """How a question ended, None while it is open, or where there is none."""
        with self._file.read() as db:
            row = db.execute("SELECT ended FROM ends WHERE approval = ?", (approval_id,)).fetchone()
        return from_json(row[0], Ended) if row else None

    def first_time(self, digest: bytes, until: datetime) -> bool:
        """Whether a request is seen for the first time; remembered until a time, and for a while after it."""
        with self._file.write() as db:
            db.execute("DELETE FROM requests WHERE until < ?", (micros(until - KEPT_AFTERWARDS),))
            made = db.execute("INSERT INTO requests VALUES (?, ?) ON CONFLICT DO NOTHING", (digest, micros(until)))
            return made.rowcount == 1

    def card(self, run: str) -> Card | None:
        """Where a run is shown."""
        with self._file.read() as db:
            row = db.execute("SELECT card FROM cards WHERE run = ?", (run,)).fetchone()
        return from_json(row[0], Card) if row else None

    def keep_card(self, card: Card) -> None:
        """Remember where a run is shown."""
        with self._file.write() as db:
            db.execute("INSERT OR REPLACE INTO cards VALUES (?, ?)", (card.run, to_json(card)))

    def snooze(self, run: str, until: datetime, by: str) -> None:
        """Do not show or remind of a run until a time."""
        with self._file.write() as db:
            db.execute("INSERT OR REPLACE INTO snoozes VALUES (?, ?, ?)", (run, micros(until), by))

    def snoozed(self, run: str) -> datetime | None:
        """Until when a run is snoozed."""
        with self._file.read() as db:
            row = db.execute("SELECT until FROM snoozes WHERE run = ?", (run,)).fetchone()
        return time_of(row[0]) if row else None

    def person_of(self, account: SlackUser) -> Person | None:
        """The person behind an account of Slack."""
        query = "SELECT person FROM people WHERE enterprise = ? AND team = ? AND user = ?"
        with self._file.read() as db:
            row = db.execute(query, msgspec.structs.astuple(account)).fetchone()
        return from_json(row[0], Person) if row else None

    def keep_person(self, account: SlackUser, person: Person) -> None:
        """Say which person is behind an account of Slack."""
        row = (*msgspec.structs.astuple(account), to_json(person))
        with self._file.write() as db:
            db.execute("INSERT OR REPLACE INTO people VALUES (?, ?, ?, ?)", row)

    def people(self) -> list[tuple[SlackUser, Person]]:
        """Every account of Slack with its person, by address."""
        with self._file.read() as db:
            rows = db.execute("SELECT enterprise, team, user, person FROM people").fetchall()
        found = [(SlackUser(enterprise=one[0], team=one[1], user=one[2]), from_json(one[3], Person)) for one in rows]
        return sorted(found, key=lambda pair: (pair[1].email, msgspec.structs.astuple(pair[0])))

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def _ended(db: sqlite3.Connection, approval: str) -> Ended | None:
    """How a question ended, None while it is open; raises `NotFound` where there is none."""
    query = "SELECT ended FROM approvals LEFT JOIN ends ON ends.approval = id WHERE id = ?"
    row = db.execute(query, (approval,)).fetchone()
    if row is None:
        raise NotFound(f"there is no question {approval[:80]!r}; `unforbid approvals` lists them")
    return from_json(row[0], Ended) if row[0] is not None else None
