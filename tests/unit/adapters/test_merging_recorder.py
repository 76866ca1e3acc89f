"""A storm of one denial is one run, counted exactly, with at most one write a second."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from entries import audit
from explained import explain
from fakes import FakeClock, MemoryStore

from shared.adapters import merging_recorder
from shared.adapters.merging_recorder import MergingRecorder
from shared.errors import StoreUnavailable
from shared.model.run import OpenRun, Run, RunState

REPORT = explain(audit(permission="storage.objects.get"))


class Process:
    """One process's recorder and the calls flows makes of it."""

    def __init__(self, store: MemoryStore, clock: FakeClock, recorder: MergingRecorder | None = None) -> None:
        self.clock = clock
        self.recorder = recorder or MergingRecorder(store, clock, timedelta(hours=24))
        self.made = 0

    def sees(self, key: bytes, fingerprint: str = "f") -> OpenRun:
        known = self.recorder.repeat(fingerprint, key, self.clock.now())
        if known is not None:
            return known
        self.made += 1
        now = self.clock.now()
        run = Run(
            id=f"r-{id(self)}-{self.made}", fingerprint=fingerprint, state=RunState.DRY_RUN_DONE,
            opened_at=now, last_seen=now, first_key=key, report=REPORT,
        )  # fmt: skip
        return self.recorder.open(run, key, b"{}")[0]


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def process(store: MemoryStore, clock: FakeClock) -> Process:
    return Process(store, clock)


@pytest.mark.invariant("I27")
def test_repeats_are_one_run_with_an_exact_count_and_at_most_one_write_a_second(
    process: Process, store: MemoryStore, clock: FakeClock
) -> None:
    seconds, each = 20, 500
    for number in range(seconds * each):
        process.sees(number.to_bytes(4))
        if number % each == each - 1:
            clock.turn(seconds=1)
    process.recorder.flush()
    (run,) = store.kept.values()
    assert (run.count, run.deliveries) == (seconds * each, seconds * each)
    assert store.writes <= seconds + 2


@pytest.mark.hazard("H48")
def test_a_redelivered_entry_is_not_counted_twice(process: Process, store: MemoryStore) -> None:
    for key in (b"a", b"b", b"a", b"b", b"b"):
        process.sees(key)
    process.recorder.flush()
    (run,) = store.kept.values()
    assert (run.count, run.deliveries) == (2, 5)


def test_the_first_entry_delivered_again_to_another_process_is_not_counted_twice(
    process: Process, store: MemoryStore, clock: FakeClock
) -> None:
    process.sees(b"a")
    other = Process(store, clock)
    other.sees(b"a")
    other.sees(b"b")
    other.recorder.flush()
    (run,) = store.kept.values()
    assert (run.count, run.deliveries) == (2, 3)


def test_after_the_window_a_denial_is_a_new_run(process: Process, store: MemoryStore, clock: FakeClock) -> None:
    process.sees(b"a")
    clock.turn(hours=23, minutes=59)
    process.sees(b"b")
    clock.turn(minutes=1)
    process.sees(b"c")
    process.recorder.flush()
    assert sorted(run.count for run in store.kept.values()) == [1, 2]


def test_what_was_counted_before_the_window_ended_is_written(
    process: Process, store: MemoryStore, clock: FakeClock
) -> None:
    process.sees(b"a")
    clock.turn(hours=23, minutes=59)
    for key in (b"b", b"c"):
        process.sees(key)
    clock.turn(minutes=1)
    process.sees(b"d")
    process.recorder.flush()
    assert sorted(run.count for run in store.kept.values()) == [1, 3]


def test_threads_that_meet_a_denial_at_once_lose_no_count(store: MemoryStore, clock: FakeClock) -> None:
    recorder = MergingRecorder(store, clock, timedelta(hours=24))
    together = threading.Barrier(8)

    def deliver(thread: int) -> None:
        process = Process(store, clock, recorder)
        for denial in range(40):
            together.wait()
            for entry in range(3):
                process.sees(b"%d %d %d" % (thread, denial, entry), f"f{denial}")

    threads = [threading.Thread(target=deliver, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    recorder.flush()
    assert [run.count for run in store.kept.values()] == [24] * 40


def test_a_message_that_has_to_come_again_was_not_counted(
    process: Process, store: MemoryStore, clock: FakeClock
) -> None:
    process.recorder.drop("succeeded")
    store.fails = True
    clock.turn(seconds=1)
    for _ in range(5):
        with pytest.raises(StoreUnavailable):
            process.recorder.drop("succeeded")
    store.fails = False
    process.recorder.drop("succeeded")
    process.recorder.flush()
    assert store.drops == {"succeeded": 2}


def test_nothing_to_write_writes_nothing(process: Process, store: MemoryStore) -> None:
    process.recorder.flush()
    process.recorder.flush()
    assert store.writes == 0


def test_drops_are_counted_and_written_with_the_rest(process: Process, store: MemoryStore, clock: FakeClock) -> None:
    for _ in range(1000):
        process.recorder.drop("succeeded")
    assert store.writes == 0
    clock.turn(seconds=1)
    process.recorder.drop("succeeded")
    assert store.drops == {"succeeded": 1000}
    assert store.writes == 1
    process.recorder.flush()
    assert store.drops == {"succeeded": 1001}


def test_counts_that_could_not_be_written_are_kept_for_the_next_time(process: Process, store: MemoryStore) -> None:
    process.sees(b"a")
    process.sees(b"b")
    process.recorder.drop("succeeded")
    store.fails = True
    with pytest.raises(StoreUnavailable):
        process.recorder.flush()
    store.fails = False
    process.recorder.flush()
    (run,) = store.kept.values()
    assert (run.count, store.drops) == (2, {"succeeded": 1})


def test_a_run_that_could_not_be_stored_is_not_remembered(process: Process, store: MemoryStore) -> None:
    store.fails = True
    with pytest.raises(StoreUnavailable):
        process.sees(b"a")
    store.fails = False
    process.sees(b"a")
    (run,) = store.kept.values()
    assert (run.count, run.deliveries) == (1, 1)


@pytest.mark.hazard("H29")
@pytest.mark.invariant("I27")
def test_what_one_process_remembers_is_bounded_and_forgetting_loses_no_count(
    process: Process, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merging_recorder, "MOST_OPEN", 10)
    for number in range(30):
        process.sees(b"first of %d" % number, f"f{number}")
        process.sees(b"second of %d" % number, f"f{number}")
    process.sees(b"third of 0", "f0")
    process.recorder.flush()
    assert len(store.kept) == 30
    assert sum(run.count for run in store.kept.values()) == 61
