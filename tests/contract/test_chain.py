"""Every journal chains its lines, whoever writes them at the same time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from fakes.clock import START
from fakes.journal import MemoryJournal
from firestore_bench import Bench

from shared.adapters.firestore_database import FirestoreDatabase
from shared.adapters.firestore_journal import FirestoreJournal
from shared.adapters.sqlite_journal import SqliteJournal
from shared.errors import Overtaken
from shared.model.chain import BEGINNING, broken
from shared.model.codec import to_json
from shared.model.journal import Line, Link, Opened, Paged
from shared.ports import Journal


@pytest.fixture(params=["memory", "sqlite", "firestore"])
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Journal]:
    if request.param == "memory":
        yield MemoryJournal()
        return
    if request.param == "firestore":
        yield FirestoreJournal(request.getfixturevalue("database"))
        return
    with closing(SqliteJournal(tmp_path / "journal.db")) as embedded:
        yield embedded


def line(fix: str, number: int) -> Line:
    body = Opened(run="r-1", plan_hash="h") if number == 0 else Paged(step=0, why="?")
    return Line(fix=fix, number=number, at=START, generation=0, body=body)


def wrong(journal: Journal) -> list[str]:
    return list(broken(journal.links(), [one for fix in journal.fixes() for one in journal.lines(fix)]))


def test_every_line_follows_the_one_before_it_whosever_that_is(journal: Journal) -> None:
    for number in range(2):
        for fix in ("f-1", "f-2"):
            journal.append(line(fix, number))
    links = list(journal.links())
    assert [(one.sequence, one.fix, one.number) for one in links] == [
        *((1, "f-1", 0), (2, "f-2", 0), (3, "f-1", 1), (4, "f-2", 1))
    ]
    assert [one.previous for one in links] == [BEGINNING, *(one.digest for one in links[:-1])]
    assert wrong(journal) == []


def test_a_line_that_was_too_late_is_in_no_chain(journal: Journal) -> None:
    journal.append(line("f-1", 0))
    with pytest.raises(Overtaken):
        journal.append(line("f-1", 0))
    assert len(list(journal.links())) == 1


@pytest.mark.parametrize("journal", ["memory", "sqlite"], indirect=True)
def test_a_chain_is_longer_than_what_is_read_at_once(journal: Journal) -> None:
    for number in range(1_005):
        journal.append(line("f-1", number))
    assert [one.sequence for one in journal.links()] == list(range(1, 1_006))


@pytest.mark.invariant("I28")
def test_many_that_write_at_once_make_one_chain(journal: Journal) -> None:
    def write(worker: int) -> None:
        for number in range(10):
            journal.append(line(f"f-{worker}", number))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    assert [one.sequence for one in journal.links()] == list(range(1, 81))
    assert wrong(journal) == []


def test_a_chain_in_firestore_is_read_in_parts(database: FirestoreDatabase) -> None:
    journal = FirestoreJournal(database, at_once=2)
    assert journal.head() is None
    for number in range(5):
        journal.append(line("f-1", number))
    links = list(journal.links())
    assert [one.sequence for one in links] == [1, 2, 3, 4, 5]
    assert journal.head() == links[-1]


@pytest.mark.hazard("H44")
def test_each_line_is_told_once_it_is_kept_with_its_place_in_the_chain(database: FirestoreDatabase) -> None:
    told: list[tuple[Line, Link]] = []
    journal = FirestoreJournal(database, tell=lambda *one: told.append(one))
    for fix, number in (("f-1", 0), ("f-2", 0), ("f-1", 1)):
        journal.append(line(fix, number))
    with pytest.raises(Overtaken):
        journal.append(line("f-1", 1))
    assert told == [(line(one.fix, one.number), one) for one in journal.links()]


@pytest.mark.hazard("H44")
def test_a_line_is_told_also_where_the_answer_to_its_writing_was_lost(bench: Bench) -> None:
    told: list[Link] = []
    journal = FirestoreJournal(bench.database, tell=lambda _, link: told.append(link))
    bench.network.fail("Commit", "after", "UNAVAILABLE")
    journal.append(line("f-1", 0))
    assert told == list(journal.links())
    assert len(told) == 1


@pytest.mark.hazard("H44")
@pytest.mark.invariant("I28")
def test_a_line_changed_or_removed_in_firestore_is_found(database: FirestoreDatabase) -> None:
    journal = FirestoreJournal(database)
    for number in range(3):
        journal.append(line("f-1", number))
    with database.writing() as client:
        client.document("fixes/f-1/lines/00000001").update({"line": to_json(line("f-2", 1))})
        client.document("fixes/f-1/lines/00000002").delete()
    assert wrong(journal) == [
        "line 1 of f-1 is gone: link 2 remembers it",
        "line 2 of f-1 is gone: link 3 remembers it",
        "line 1 of f-2 is in no chain: it was added from outside",
    ]


@pytest.mark.hazard("H44")
@pytest.mark.invariant("I28")
def test_a_line_changed_in_the_file_is_found(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    with closing(SqliteJournal(path)) as journal:
        for number in range(3):
            journal.append(line("f-1", number))
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE lines SET line = cast(replace(line, '?', '!') AS BLOB) WHERE number = 1")
    with closing(SqliteJournal(path)) as journal:
        assert wrong(journal) == ["line 1 of f-1 is not what was written (link 2)"]


def test_a_journal_of_the_first_format_is_taken_over_and_its_lines_are_told_as_unchained(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    with closing(SqliteJournal(path)) as journal:
        journal.append(line("f-1", 0))
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("DROP TABLE chain")
        db.execute("PRAGMA user_version = 1")
    with closing(SqliteJournal(path)) as journal:
        journal.append(line("f-1", 1))
        assert wrong(journal) == ["line 0 of f-1 is in no chain: it was added from outside"]
