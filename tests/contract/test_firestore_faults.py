"""What a bad network and a refusing database do to the adapters of Firestore: an answer, or `StoreUnavailable`."""

from __future__ import annotations

import pytest
from fakes.clock import START
from firestore_bench import CHARGE, ENDED, HOUR, LOOKUPS, OPENING, QUERIES, QUESTION, RUN, WRITES, YES, Bench, Do, line
from msgspec.structs import replace

from shared.errors import NotFound, Overtaken, StoreUnavailable
from shared.model.run import Dropped

CALLS = [
    *(("Commit", do) for do in WRITES.values()),
    *(("BatchGetDocuments", do) for do in LOOKUPS.values()),
    *(("RunQuery", do) for do in QUERIES.values()),
]
NAMES = [*(f"Commit {name}" for name in WRITES), *(f"Get {name}" for name in LOOKUPS), *(f"Query {name}" for name in QUERIES)]  # fmt: skip


@pytest.mark.parametrize(("method", "do"), CALLS, ids=NAMES)
def test_whatever_refuses_a_call_is_a_store_that_is_unavailable(bench: Bench, method: str, do: Do) -> None:
    bench.fill()
    for status in ("PERMISSION_DENIED", "UNAUTHENTICATED", "INVALID_ARGUMENT", "CANCELLED", "UNIMPLEMENTED"):
        bench.network.fail(method, "before", status)
        with pytest.raises(StoreUnavailable, match="the database"):
            do(bench)
        assert bench.network.faults == []


@pytest.mark.parametrize("do", QUERIES.values(), ids=QUERIES)
def test_a_query_that_lacks_its_index_is_a_store_that_is_unavailable(bench: Bench, do: Do) -> None:
    bench.fill()
    bench.network.fail("RunQuery", "before", "FAILED_PRECONDITION")
    with pytest.raises(StoreUnavailable, match="FailedPrecondition"):
        do(bench)


@pytest.mark.parametrize(("method", "do"), CALLS, ids=NAMES)
def test_a_call_that_met_contention_is_made_again(bench: Bench, method: str, do: Do) -> None:
    bench.fill()
    bench.network.fail(method, "before", "ABORTED")
    do(bench)
    assert bench.network.faults == []


@pytest.mark.parametrize("status", ["UNAVAILABLE", "INTERNAL", "DEADLINE_EXCEEDED", "UNKNOWN"])
def test_a_run_whose_answer_was_lost_is_still_the_one_that_was_opened(bench: Bench, status: str) -> None:
    bench.network.fail("Commit", "after", status)
    assert bench.store.open_run(RUN, START - HOUR, b"entry") is RUN
    assert bench.store.runs(9) == [RUN]
    assert bench.store.open_run(replace(RUN, id="r-2"), START - HOUR, b"entry").id == "r-1"


@pytest.mark.parametrize("number", [0, 1])
def test_a_line_whose_answer_was_lost_is_ours_and_there_once(bench: Bench, number: int) -> None:
    lines = [OPENING, line(1)]
    for one in lines[:number]:
        bench.journal.append(one)
    bench.network.fail("Commit", "after", "UNAVAILABLE")
    bench.journal.append(lines[number])
    assert bench.journal.lines("f-1") == lines[: number + 1]
    with pytest.raises(Overtaken):
        bench.journal.append(lines[number])


def test_a_line_that_another_wrote_while_our_call_was_lost_is_the_other_s(bench: Bench) -> None:
    bench.journal.append(OPENING)
    bench.journal.append(line(1))
    bench.network.fail("Commit", "before", "UNAVAILABLE")
    with pytest.raises(Overtaken):
        bench.journal.append(replace(line(1), generation=2))
    assert bench.journal.lines("f-1") == [OPENING, line(1)]


@pytest.mark.parametrize("held", [False, True])
def test_a_lease_whose_answer_was_lost_is_held(bench: Bench, held: bool) -> None:
    if held:
        bench.journal.take_lease("//vm", "f-1", START, START)
    bench.network.fail("Commit", "after", "UNAVAILABLE")
    assert bench.journal.take_lease("//vm", "f-1", START + HOUR, START)
    assert not bench.journal.take_lease("//vm", "f-2", START + HOUR, START)


@pytest.mark.parametrize(
    "name", ["learn", "quarantine", "free_leases", "put", "drop", "pause", "resume", "spend", "tripped", "denied"]
)
def test_a_write_whose_answer_was_lost_is_made_again_and_changes_nothing_more(bench: Bench, name: str) -> None:
    bench.fill()
    bench.network.fail("Commit", "after", "UNAVAILABLE")
    WRITES[name](bench)
    assert bench.network.faults == []
    assert len(bench.store.quarantined(9)) == 1 + (name == "quarantine")
    assert bench.store.run("r-1") == RUN
    assert len(bench.guards.trips(START)) == 1 + (name == "tripped")
    assert len(bench.guards.denials("user:ann@example.com", START)) == 1 + (name == "denied")
    assert len(bench.guards.spent((CHARGE,), START - HOUR)) == 1 + (name == "spend")
    assert bench.journal.unfinished() == ([] if name == "free_leases" else ["f-1"])


def test_what_a_person_said_counts_although_the_answer_was_lost(bench: Bench) -> None:
    bench.fill()
    lost: list[tuple[str, object]] = [("ask", replace(QUESTION, id="a-2")), ("vote", True), ("end", ENDED)]
    for name, told in [*lost, ("first_time", True)]:
        bench.network.fail("Commit", "after", "UNAVAILABLE")
        assert WRITES[name](bench) == told
    assert (bench.ballots.votes("a-1"), bench.ballots.ended("a-1")) == ([YES], ENDED)
    assert not bench.ballots.first_time(b"click", START)


def test_a_charge_whose_answer_was_lost_is_counted_once(bench: Bench) -> None:
    bench.network.fail("Commit", "after", "UNAVAILABLE")
    assert bench.guards.spend((CHARGE,), "f-1:0", START, START - HOUR, lambda _: ()) == ()
    assert [one.key for one in bench.guards.spent((CHARGE,), START - HOUR)] == ["f-1:0"]


def test_counts_whose_answer_was_lost_are_not_added_again_by_themselves(bench: Bench) -> None:
    bench.fill()
    bench.network.fail("Commit", "after", "UNAVAILABLE")
    with pytest.raises(StoreUnavailable):
        WRITES["add_repeats"](bench)
    assert (bench.store.run("r-1").count, bench.store.dropped()) == (2, [Dropped("a", 1)])


def test_a_run_whose_document_somebody_removed_is_opened_anew(bench: Bench) -> None:
    bench.fill()
    with bench.database.writing() as client:
        client.collection("runs").document("r-1").delete()
    later = replace(RUN, id="r-2")
    assert bench.store.open_run(later, START - HOUR, b"entry") is later


def test_an_entry_that_was_cleaned_up_is_not_found(bench: Bench) -> None:
    bench.fill()
    with bench.database.writing() as client:
        client.document("runs/r-1/parts/000").delete()
    with pytest.raises(NotFound, match="not there any more"):
        bench.store.entry("r-1")
