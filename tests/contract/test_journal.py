"""What every journal and every queue must do: the fakes, the embedded one, and Firestore where there is an emulator."""

from __future__ import annotations

import multiprocessing
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fakes import FakeClock
from fakes.clock import START
from fakes.journal import MemoryJournal, MemoryQueue

from sandbox.tasks import serving_tasks
from shared.adapters.cloud_tasks import CloudTasksQueue, Wakes
from shared.adapters.firestore_journal import FirestoreJournal
from shared.adapters.firestore_queue import FirestoreQueue
from shared.adapters.sqlite_journal import SqliteJournal
from shared.errors import NotFound, Overtaken, StoreUnavailable
from shared.execution.fold import fold
from shared.model.effect import AddBinding, Before, Receipt, Result
from shared.model.facts import Condition
from shared.model.journal import Claimed, Closed, Intended, Line, Moved, Opened, Outcome, Paged, Received, Seen, Tried
from shared.model.names import Role
from shared.model.work import Grant, OriginalCall
from shared.ports import Journal, Queue

QUEUE = "projects/p/locations/europe-west1/queues/fixes"
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
CONDITION = Condition(title="unforbid r-1", expression='request.time < timestamp("2026-11-21T17:00:00Z")')
GRANT = Grant(
    resource="//r", role=Role("roles/x"), member="user:ann@example.com", until=START + HOUR, condition=CONDITION
)
ADDED = AddBinding(resource="//r", role=Role("roles/x"), member="user:ann@example.com", condition=CONDITION)


@pytest.fixture(params=["memory", "sqlite", "firestore"])
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Journal]:
    if request.param == "memory":
        yield MemoryJournal()
        return
    if request.param == "firestore":
        yield FirestoreJournal(request.getfixturevalue("database"))
        return
    with closing(SqliteJournal(tmp_path / "deep" / "journal.db")) as embedded:
        yield embedded


@pytest.fixture(params=["memory", "sqlite", "firestore", "tasks"])
def queue(request: pytest.FixtureRequest, tmp_path: Path, clock: FakeClock) -> Iterator[Queue]:
    if request.param == "memory":
        yield MemoryQueue()
        return
    if request.param == "firestore":
        yield FirestoreQueue(request.getfixturevalue("database"))
        return
    if request.param == "tasks":
        with serving_tasks(clock.now) as (_, endpoint):
            yield CloudTasksQueue(MemoryQueue(), Wakes(QUEUE, "http://127.0.0.1:1", "t@p.example.com", endpoint), clock)
        return
    with closing(SqliteJournal(tmp_path / "deep" / "journal.db")) as embedded:
        yield embedded


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


def opening(fix: str = "f-1", run: str = "r-1", at: Any = START) -> Line:
    body = Opened(run=run, plan_hash="h", works=(GRANT,), approved_by=("ann@example.com",), call=OriginalCall())
    return Line(fix=fix, number=0, at=at, generation=0, body=body)


def line(number: int, body: Any = None, fix: str = "f-1") -> Line:
    told = body or Seen(step=0, what="n", value=str(number))
    return Line(fix=fix, number=number, at=START + number * MINUTE, generation=1, body=told)


# lines


def test_every_kind_of_line_comes_back_as_it_was(journal: Journal) -> None:
    bodies = (
        Claimed(worker="w", generation=1, until=START + MINUTE),
        Intended(step=0, effect=ADDED, before=Before(etag="e"), inverse=None, then="WRITTEN", wait_seconds=2.5),
        Received(step=0, receipt=Receipt(result=Result.CHANGED, etag="f"), state="WRITTEN", deadline=START, due=START),
        Moved(step=0, state="WATCHING", deadline=START, due=START, note="n"),
        Tried(step=0, why="busy", due=START),
        Seen(step=0, what="boot", value="yes: ünïcode \u2028 \x1b"),
        Paged(step=0, why="help"),
        Closed(step=0, outcome=Outcome.OK, why="done", due=START),
    )
    lines = [opening(), *(line(number, body) for number, body in enumerate(bodies, 1))]
    for one in lines:
        journal.append(one)
    assert journal.lines("f-1") == lines
    assert fold(journal.lines("f-1")).steps[0].outcome is Outcome.OK


def test_a_number_is_taken_once_and_what_was_first_stays(journal: Journal) -> None:
    journal.append(opening())
    journal.append(line(1))
    with pytest.raises(Overtaken):
        journal.append(line(1, Paged(step=0, why="second")))
    with pytest.raises(Overtaken):
        journal.append(opening(run="r-2"))
    assert journal.lines("f-1") == [opening(), line(1)]


def test_no_number_is_left_out(journal: Journal) -> None:
    with pytest.raises(Overtaken):
        journal.append(line(1))
    journal.append(opening())
    with pytest.raises(Overtaken):
        journal.append(line(2))
    assert journal.lines("f-1") == [opening()]


def test_fixes_do_not_share_their_numbers(journal: Journal) -> None:
    for fix in ("f-1", "f-2"):
        journal.append(opening(fix))
        journal.append(line(1, fix=fix))
    assert [one.number for one in journal.lines("f-2")] == [0, 1]


@pytest.mark.parametrize("fix", ["f-none", "", "' OR 1=1 --", "f-\x00", "f" * 100_000])
def test_a_fix_nobody_knows_is_not_found(journal: Journal, fix: str) -> None:
    with pytest.raises(NotFound):
        journal.lines(fix)


def test_of_many_that_write_the_same_number_at_once_exactly_one_has_it(journal: Journal) -> None:
    journal.append(opening())
    won: list[int] = []
    ready = threading.Barrier(8)

    def write(worker: int) -> None:
        ready.wait()
        for number in range(1, 12):
            try:
                journal.append(line(number, Claimed(worker=str(worker), generation=number, until=START)))
            except Overtaken:
                continue
            won.append(number)

    threads = [threading.Thread(target=write, args=(worker,)) for worker in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(won) == [one.number for one in journal.lines("f-1")[1:]]
    assert len(set(won)) == len(won) >= 11


def _append_all(path: Path, worker: str, ready: Any, won: Any) -> None:
    with closing(SqliteJournal(path)) as journal:
        ready.wait()
        for number in range(1, 30):
            try:
                journal.append(line(number, Claimed(worker=worker, generation=number, until=START)))
            except Overtaken:
                continue
            won.put(number)


@pytest.mark.hazard("H27")
def test_of_several_processes_that_write_the_same_number_exactly_one_has_it(file: Path) -> None:
    context = multiprocessing.get_context("spawn")
    with closing(SqliteJournal(file)) as journal:
        journal.append(opening())
        ready, won = context.Barrier(3), context.Queue()
        processes = [context.Process(target=_append_all, args=(file, str(worker), ready, won)) for worker in range(3)]
        for process in processes:
            process.start()
        kept = [won.get(timeout=60) for _ in range(29)]
        for process in processes:
            process.join()
        assert {process.exitcode for process in processes} == {0}
        assert sorted(kept) == list(range(1, 30))
        assert won.empty()


# which fixes there are


def test_fixes_are_listed_newest_first_all_of_them_or_those_of_a_run(journal: Journal) -> None:
    for at, (fix, run) in enumerate([("f-1", "r-1"), ("f-2", "r-2"), ("u-1", "r-1")]):
        journal.append(opening(fix, run, START + at * MINUTE))
    assert journal.fixes() == ["u-1", "f-2", "f-1"]
    assert journal.fixes("r-1") == ["u-1", "f-1"]
    assert journal.fixes("r-none") == []


def test_a_fix_is_unfinished_from_its_opening_until_its_leases_are_freed(journal: Journal) -> None:
    assert journal.unfinished() == []
    journal.append(opening("f-1"))
    journal.append(opening("f-2"))
    journal.append(line(1, Closed(step=0, outcome=Outcome.REFUSED, why="", due=START)))
    assert sorted(journal.unfinished()) == ["f-1", "f-2"]
    journal.free_leases("f-1")
    journal.free_leases("f-1")
    assert journal.unfinished() == ["f-2"]
    assert len(journal.lines("f-1")) == 2


# leases


def test_a_target_is_held_by_one_fix_until_its_time_is_over(journal: Journal, clock: FakeClock) -> None:
    assert journal.take_lease("//vm", "f-1", clock.now() + HOUR, clock.now())
    assert not journal.take_lease("//vm", "f-2", clock.now() + HOUR, clock.now())
    clock.turn(minutes=59, seconds=59)
    assert not journal.take_lease("//vm", "f-2", clock.now() + HOUR, clock.now())
    clock.turn(seconds=1)
    assert journal.take_lease("//vm", "f-2", clock.now() + HOUR, clock.now())
    assert not journal.take_lease("//vm", "f-1", clock.now() + HOUR, clock.now())


def test_a_fix_may_take_its_own_target_again_for_longer(journal: Journal, clock: FakeClock) -> None:
    journal.take_lease("//vm", "f-1", clock.now() + MINUTE, clock.now())
    assert journal.take_lease("//vm", "f-1", clock.now() + HOUR, clock.now())
    clock.turn(minutes=30)
    assert not journal.take_lease("//vm", "f-2", clock.now() + HOUR, clock.now())


def test_freed_targets_are_everybody_s_and_those_of_others_stay_held(journal: Journal, clock: FakeClock) -> None:
    now, until = clock.now(), clock.now() + HOUR
    for target, fix in (("//a", "f-1"), ("//b", "f-1"), ("//c", "f-2")):
        journal.take_lease(target, fix, until, now)
    journal.free_leases("f-1")
    assert [journal.take_lease(target, "f-3", until, now) for target in ("//a", "//b", "//c")] == [True, True, False]


def test_of_many_that_want_a_target_at_once_one_gets_it(journal: Journal, clock: FakeClock) -> None:
    got: list[str] = []
    ready = threading.Barrier(32)

    def take(fix: str) -> None:
        ready.wait()
        if journal.take_lease("//vm", fix, clock.now() + HOUR, clock.now()):
            got.append(fix)

    threads = [threading.Thread(target=take, args=(f"f-{number}",)) for number in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 1


def test_of_many_that_want_a_target_whose_time_is_over_one_gets_it(journal: Journal, clock: FakeClock) -> None:
    journal.take_lease("//vm", "f-before", clock.now() + MINUTE, clock.now())
    clock.turn(minutes=1)
    got: list[str] = []
    ready = threading.Barrier(32)

    def take(fix: str) -> None:
        ready.wait()
        if journal.take_lease("//vm", fix, clock.now() + HOUR, clock.now()):
            got.append(fix)

    threads = [threading.Thread(target=take, args=(f"f-{number}",)) for number in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 1
    assert journal.take_lease("//vm", got[0], clock.now() + HOUR, clock.now())


def test_freeing_the_leases_of_a_fix_that_nobody_knows_changes_nothing(journal: Journal, clock: FakeClock) -> None:
    journal.append(opening())
    journal.take_lease("//vm", "f-1", clock.now() + HOUR, clock.now())
    journal.free_leases("f-none")
    assert journal.unfinished() == ["f-1"]
    assert journal.fixes() == ["f-1"]
    assert not journal.take_lease("//vm", "f-2", clock.now() + HOUR, clock.now())


# the queue


def test_what_is_due_comes_longest_due_first_and_nothing_else(queue: Queue, clock: FakeClock) -> None:
    for fix, minutes in (("f-late", 5), ("f-first", -2), ("f-now", 0), ("f-second", -1)):
        queue.put(fix, clock.now() + minutes * MINUTE)
    assert queue.due(clock.now(), 9) == ["f-first", "f-second", "f-now"]
    assert queue.due(clock.now(), 2) == ["f-first", "f-second"]
    assert queue.next_due() == clock.now() - 2 * MINUTE


def test_a_put_is_the_last_word(queue: Queue, clock: FakeClock) -> None:
    queue.put("f-1", clock.now())
    queue.put("f-1", clock.now() + HOUR)
    assert queue.due(clock.now(), 9) == []
    queue.put("f-1", clock.now() - HOUR)
    assert queue.due(clock.now(), 9) == ["f-1"]


def test_what_is_due_stays_due_until_it_is_put_again_or_dropped(queue: Queue, clock: FakeClock) -> None:
    queue.put("f-1", clock.now())
    assert queue.due(clock.now(), 9) == queue.due(clock.now(), 9) == ["f-1"]
    queue.drop("f-1")
    queue.drop("f-1")
    assert queue.due(clock.now(), 9) == []
    assert queue.next_due() is None


# the embedded one on its disk


def test_everything_is_there_after_a_restart(file: Path, clock: FakeClock) -> None:
    with closing(SqliteJournal(file)) as before:
        before.append(opening())
        before.append(line(1))
        before.take_lease("//vm", "f-1", clock.now() + HOUR, clock.now())
        before.put("f-1", clock.now() + MINUTE)
        before.put("end:f-1", clock.now() + HOUR)
    with closing(SqliteJournal(file)) as after:
        assert after.lines("f-1") == [opening(), line(1)]
        assert after.unfinished() == ["f-1"]
        assert not after.take_lease("//vm", "f-2", clock.now() + HOUR, clock.now())
        assert after.next_due() == clock.now() + MINUTE
        assert after.due(clock.now() + 25 * HOUR, 9) == ["f-1", "end:f-1"]


def test_what_one_process_writes_another_sees_at_once(file: Path) -> None:
    with closing(SqliteJournal(file)) as one, closing(SqliteJournal(file)) as other:
        one.append(opening())
        other.append(line(1))
        with pytest.raises(Overtaken):
            one.append(line(1))
        assert one.lines("f-1") == other.lines("f-1")


EVERYTHING: list[Callable[[SqliteJournal], object]] = [
    lambda journal: journal.append(opening()),
    lambda journal: journal.lines("f-1"),
    lambda journal: journal.fixes(),
    lambda journal: journal.unfinished(),
    lambda journal: journal.take_lease("//vm", "f-1", START, START),
    lambda journal: journal.free_leases("f-1"),
    lambda journal: journal.put("f-1", START),
    lambda journal: journal.due(START, 9),
    lambda journal: journal.drop("f-1"),
    lambda journal: journal.next_due(),
]


@pytest.mark.parametrize("do", EVERYTHING)
def test_a_file_that_cannot_be_used_is_a_store_that_is_unavailable(
    tmp_path: Path, do: Callable[[SqliteJournal], object]
) -> None:
    (tmp_path / "journal.db").write_bytes(b"this is no database, and long enough to be taken for one" * 99)
    with closing(SqliteJournal(tmp_path / "journal.db")) as journal, pytest.raises(StoreUnavailable):
        do(journal)


def test_a_line_that_could_not_be_written_is_not_there_and_its_number_is_free(file: Path) -> None:
    with closing(SqliteJournal(file)) as journal:
        journal.append(opening())
        with closing(sqlite3.connect(file)) as other:
            other.execute("CREATE TRIGGER full BEFORE INSERT ON lines BEGIN SELECT raise(ABORT, 'disk full'); END")
            other.commit()
            with pytest.raises(StoreUnavailable):
                journal.append(line(1))
            other.execute("DROP TRIGGER full")
            other.commit()
        assert journal.lines("f-1") == [opening()]
        journal.append(line(1))
        assert len(journal.lines("f-1")) == 2
