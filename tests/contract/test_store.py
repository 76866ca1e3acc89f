"""What every store must do: the fake, the embedded one, and Firestore where there is an emulator."""

from __future__ import annotations

import random
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from entries import audit
from explained import explain
from fakes import FakeClock, MemoryStore
from msgspec.structs import replace

from shared.adapters.firestore_database import FirestoreDatabase
from shared.adapters.firestore_store import FirestoreStore
from shared.adapters.sqlite_store import SqliteStore
from shared.errors import NotFound, StoreUnavailable
from shared.model.run import Dropped, Quarantined, Repeats, Run, RunState
from shared.ports import Store

REPORT = explain(audit(permission="storage.objects.get", resource="projects/_/buckets/b"))
EVER = timedelta(days=1)
ENTRY = b'{"textPayload":"refused"}'


@pytest.fixture(params=["memory", "sqlite", "firestore"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "memory":
        yield MemoryStore()
        return
    if request.param == "firestore":
        yield FirestoreStore(request.getfixturevalue("database"))
        return
    embedded = SqliteStore(tmp_path / "deep" / "store.db")
    yield embedded
    embedded.close()


@pytest.fixture
def run(clock: FakeClock) -> Callable[..., Run]:
    def make(run_id: str = "r-1", fingerprint: str = "f", instance: str | None = None) -> Run:
        return Run(
            id=run_id,
            fingerprint=fingerprint,
            state=RunState.DRY_RUN_DONE,
            opened_at=clock.now(),
            last_seen=clock.now(),
            first_key=b"key",
            instance=instance,
            report=REPORT,
        )

    return make


def test_a_new_run_is_kept_whole(store: Store, run: Callable[..., Run], clock: FakeClock) -> None:
    opened = run()
    assert store.open_run(opened, clock.now() - EVER, ENTRY) is opened
    assert store.run("r-1") == opened


def test_a_second_run_of_the_same_fingerprint_is_the_first_one(
    store: Store, run: Callable[..., Run], clock: FakeClock
) -> None:
    store.open_run(run(), clock.now() - EVER, ENTRY)
    assert store.open_run(run("r-2"), clock.now() - EVER, ENTRY).id == "r-1"
    assert [kept.id for kept in store.runs(9)] == ["r-1"]


def test_a_run_opened_too_long_ago_does_not_take_new_repeats(
    store: Store, run: Callable[..., Run], clock: FakeClock
) -> None:
    store.open_run(run(), clock.now() - EVER, ENTRY)
    clock.turn(hours=24)
    assert store.open_run(run("r-2"), clock.now() - EVER, ENTRY).id == "r-2"


def test_repeats_add_up_and_time_only_moves_forward(store: Store, run: Callable[..., Run], clock: FakeClock) -> None:
    opened = store.open_run(run(), clock.now() - EVER, ENTRY)
    later = clock.now() + timedelta(minutes=5)
    store.add_repeats([Repeats("r-1", 3, 4, later), Repeats("r-1", 1, 1, clock.now())], [])
    kept = store.run("r-1")
    assert (kept.count, kept.deliveries, kept.last_seen) == (5, 6, later)
    assert kept.report == opened.report


def test_what_was_learned_of_a_run_replaces_its_report_and_state_and_leaves_its_counts(
    store: Store, run: Callable[..., Run], clock: FakeClock
) -> None:
    store.open_run(run(), clock.now() - EVER, ENTRY)
    store.open_run(run("r-2", "other"), clock.now() - EVER, ENTRY)
    store.add_repeats([Repeats("r-1", 3, 4, clock.now() + timedelta(minutes=1))], [])
    clock.turn(minutes=2)
    told = replace(REPORT, cause="iam.deny", proven="yes")
    store.learn(replace(run(), report=told, state=RunState.REFUSED, looked_at=clock.now(), count=99, deliveries=99))
    kept = store.run("r-1")
    assert (kept.report, kept.state, kept.looked_at) == (told, RunState.REFUSED, clock.now())
    assert (kept.count, kept.deliveries, kept.last_seen) == (4, 5, clock.now() - timedelta(minutes=1))
    other = store.run("r-2")
    assert (other.report, other.looked_at) == (REPORT, None)


def test_of_a_run_that_is_not_there_nothing_is_learned_or_counted_and_nothing_fails(
    store: Store, run: Callable[..., Run], clock: FakeClock
) -> None:
    store.open_run(run(), clock.now() - EVER, ENTRY)
    store.learn(run("r-gone", "other"))
    store.add_repeats([Repeats("r-gone", 1, 1, clock.now()), Repeats("r-1", 1, 1, clock.now())], [])
    assert [(one.id, one.count) for one in store.runs(9)] == [("r-1", 2)]


def test_what_was_learned_is_found_by_its_cause(store: Store, run: Callable[..., Run], clock: FakeClock) -> None:
    store.open_run(run(instance="p/42"), clock.now() - EVER, ENTRY)
    told = replace(REPORT, cause="cred.lost_token")
    store.learn(replace(run(instance="p/42"), report=told, looked_at=clock.now()))
    found = store.recent_on("p/42", "cred.lost_token", clock.now())
    assert found is not None
    assert found.looked_at == clock.now()
    assert store.recent_on("p/42", "gcs.iam", clock.now()) is None


def test_a_run_that_was_looked_into_still_takes_its_repeats(
    store: Store, run: Callable[..., Run], clock: FakeClock
) -> None:
    store.open_run(run(), clock.now() - EVER, ENTRY)
    store.learn(replace(run(), looked_at=clock.now()))
    again = store.open_run(run("r-2"), clock.now() - EVER, ENTRY)
    assert (again.id, again.looked_at) == ("r-1", clock.now())


def test_drops_are_counted_by_reason(store: Store) -> None:
    store.add_repeats([], [Dropped("a", 2), Dropped("b", 1)])
    store.add_repeats([], [Dropped("b", 4)])
    assert store.dropped() == [Dropped("b", 5), Dropped("a", 2)]


def test_runs_are_listed_newest_first_and_at_most_so_many(
    store: Store, run: Callable[..., Run], clock: FakeClock
) -> None:
    for number in range(5):
        store.open_run(run(f"r-{number}", f"f{number}"), clock.now() - EVER, ENTRY)
        clock.turn(seconds=1)
    assert [kept.id for kept in store.runs(3)] == ["r-4", "r-3", "r-2"]


def test_a_run_is_found_by_the_beginning_of_its_id_if_that_is_unambiguous(
    store: Store, run: Callable[..., Run], clock: FakeClock
) -> None:
    store.open_run(run("r-abc", "f1"), clock.now() - EVER, ENTRY)
    store.open_run(run("r-abd", "f2"), clock.now() - EVER, ENTRY)
    assert store.run("r-abc").id == "r-abc"
    for unclear in ("r-ab", "r-x", "", "%", "r-ab_"):
        with pytest.raises(NotFound):
            store.run(unclear)


def test_what_happened_on_a_machine_is_found_while_it_is_recent(
    store: Store, run: Callable[..., Run], clock: FakeClock
) -> None:
    store.open_run(run(instance="p/42"), clock.now() - EVER, ENTRY)
    found = store.recent_on("p/42", "gcs.iam", clock.now())
    assert found is not None
    assert store.recent_on("p/42", "gcs.iam", clock.now() + timedelta(seconds=1)) is None
    assert store.recent_on("p/43", "gcs.iam", clock.now()) is None
    assert store.recent_on("p/42", "other", clock.now()) is None


def test_a_quarantined_message_is_kept_whole_and_once(store: Store, clock: FakeClock) -> None:
    item = Quarantined(id="q-1", at=clock.now(), reason="not JSON", size=3, sha256="00", data=b"\x00\xff{")
    store.quarantine(item)
    store.quarantine(item)
    assert store.quarantined(9) == [item]
    assert store.quarantined_item("q-1") == item
    with pytest.raises(NotFound):
        store.quarantined_item("q-2")


def test_of_many_that_open_the_same_run_exactly_one_wins(
    tmp_path: Path, run: Callable[..., Run], clock: FakeClock
) -> None:
    path, won = tmp_path / "store.db", []
    with closing(SqliteStore(path)) as first:
        first.runs(1)

    def race(number: int) -> None:
        mine = SqliteStore(path)
        won.append(mine.open_run(run(f"r-{number}"), clock.now() - EVER, ENTRY).id)
        mine.close()

    racers = [threading.Thread(target=race, args=(number,)) for number in range(12)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert len(won) == 12
    assert len(set(won)) == 1


@pytest.mark.parametrize("before", [False, True], ids=["never opened", "opened too long ago"])
def test_of_many_processes_that_open_the_same_run_in_firestore_exactly_one_wins(
    database: FirestoreDatabase, run: Callable[..., Run], clock: FakeClock, before: bool
) -> None:
    if before:
        FirestoreStore(database).open_run(run("r-before"), clock.now() - EVER, ENTRY)
        clock.turn(hours=24)
    won: list[tuple[str, bool]] = []
    ready = threading.Barrier(32)

    def race(number: int) -> None:
        mine = run(f"r-{number}")
        ready.wait()
        opened = FirestoreStore(database).open_run(mine, clock.now() - EVER, ENTRY + str(number).encode())
        won.append((opened.id, opened is mine))

    racers = [threading.Thread(target=race, args=(number,)) for number in range(32)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert len(won) == 32
    assert len({run_id for run_id, _ in won}) == sum(mine for _, mine in won) == 1
    store = FirestoreStore(database)
    assert [one.id for one in store.runs(99)] == [won[0][0], *(["r-before"] if before else [])]
    assert store.entry(won[0][0]) == ENTRY + won[0][0].removeprefix("r-").encode()


def test_what_was_written_is_there_for_the_next_process(
    tmp_path: Path, run: Callable[..., Run], clock: FakeClock
) -> None:
    with closing(SqliteStore(tmp_path / "s.db")) as killed, closing(SqliteStore(tmp_path / "s.db")) as next_one:
        killed.open_run(run(), clock.now() - EVER, ENTRY)
        assert next_one.run("r-1").id == "r-1"  # the first never closed before


def test_the_embedded_store_keeps_a_write_ahead_log_and_waits_for_the_disk(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "s.db")
    store.runs(1)
    with sqlite3.connect(tmp_path / "s.db") as other:
        assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    other.close()
    store.close()


def test_a_store_that_cannot_be_reached_says_so(tmp_path: Path, run: Callable[..., Run], clock: FakeClock) -> None:
    (tmp_path / "file").write_text("not a folder")
    for path in (tmp_path / "file" / "store.db", tmp_path):
        with pytest.raises(StoreUnavailable, match="cannot be written"):
            SqliteStore(path).open_run(run(), clock.now(), ENTRY)
        with pytest.raises(StoreUnavailable, match="cannot be read"):
            SqliteStore(path).runs(1)


def test_a_file_that_is_no_store_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "s.db").write_bytes(b"something else entirely, long enough to be a page" * 99)
    with pytest.raises(StoreUnavailable):
        SqliteStore(tmp_path / "s.db").runs(1)
    assert (tmp_path / "s.db").read_bytes().startswith(b"something else")


def test_a_store_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "s.db") as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(StoreUnavailable, match="newer unforbid"):
        SqliteStore(tmp_path / "s.db").runs(1)


def test_the_entry_that_opened_a_run_is_kept_as_it_was_delivered(
    store: Store, run: Callable[..., Run], clock: FakeClock
) -> None:
    store.open_run(run(), clock.now() - EVER, b'{"insertId": "1"}')
    store.open_run(run("r-2"), clock.now() - EVER, b'{"insertId": "2"}')
    assert store.entry("r-1") == b'{"insertId": "1"}'


def test_what_is_large_is_kept_whole(store: Store, run: Callable[..., Run], clock: FakeClock) -> None:
    large = random.Random(1).randbytes(3_000_000)
    store.open_run(run(), clock.now() - EVER, large)
    item = Quarantined(id="q-1", at=clock.now(), reason="too deep", size=len(large), sha256="00", data=large[::-1])
    store.quarantine(item)
    store.quarantine(item)
    assert store.entry("r-1") == large
    assert store.quarantined(9) == [item]


def test_repeats_of_a_run_that_is_gone_keep_nobody_from_their_counts(
    database: FirestoreDatabase, run: Callable[..., Run], clock: FakeClock
) -> None:
    store = FirestoreStore(database)
    store.open_run(run(), clock.now() - EVER, ENTRY)
    store.add_repeats([Repeats("r-gone", 1, 1, clock.now()), Repeats("r-1", 1, 1, clock.now())], [Dropped("a", 1)])
    store.learn(run("r-gone"))
    assert [(one.id, one.count) for one in store.runs(9)] == [("r-1", 2)]
    assert store.dropped() == [Dropped("a", 1)]


def test_many_counts_are_one_write(store: Store, run: Callable[..., Run], clock: FakeClock) -> None:
    runs = [run(f"r-{number:04d}", f"f{number}") for number in range(600)]
    store.open_run(runs[0], clock.now() - EVER, ENTRY)
    store.open_run(runs[599], clock.now() - EVER, ENTRY)
    drops = [Dropped(f"reason {number}", 1) for number in range(600)]
    store.add_repeats([Repeats(one, 1, 1, clock.now()) for one in ("r-0000", "r-0599")], drops)
    assert [one.count for one in store.runs(9)] == [2, 2]
    assert len(store.dropped()) == 600


def test_counts_of_several_processes_add_up(
    database: FirestoreDatabase, run: Callable[..., Run], clock: FakeClock
) -> None:
    stores = [FirestoreStore(database) for _ in range(4)]
    stores[0].open_run(run(), clock.now() - EVER, ENTRY)
    threads = [
        threading.Thread(target=store.add_repeats, args=([Repeats("r-1", 2, 3, clock.now())], [Dropped("a", 5)]))
        for store in stores
        for _ in range(5)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = stores[0].run("r-1")
    assert (kept.count, kept.deliveries) == (1 + 40, 1 + 60)
    assert stores[0].dropped() == [Dropped("a", 100)]
