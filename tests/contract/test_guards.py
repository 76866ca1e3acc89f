"""What everything that keeps switches, budgets and breakers has in common."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from fakes.guards import MemoryGuards

from shared.adapters.firestore_database import FirestoreDatabase
from shared.adapters.firestore_guards import FirestoreGuards
from shared.adapters.sqlite_guards import SqliteGuards
from shared.errors import StoreUnavailable
from shared.guards.budgets import LONGEST, charges_of, too_much
from shared.model.guards import EVERYTHING, Budget, Charge, Pause, Trip, Went
from shared.model.names import Role
from shared.model.work import Grant
from shared.ports import Guards

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
GRANT = Grant(
    resource="//pubsub.googleapis.com/projects/p/topics/t", role=Role("roles/pubsub.publisher"),
    member="user:ann@example.com", until=NOW + HOUR,
)  # fmt: skip
CHARGES = charges_of(GRANT)


@pytest.fixture(params=["memory", "sqlite", "firestore"])
def guards(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Guards]:
    if request.param == "memory":
        yield MemoryGuards()
        return
    if request.param == "firestore":
        kept = FirestoreGuards(request.getfixturevalue("database"))
        assert kept.resume(EVERYTHING)
        yield kept
        return
    made = SqliteGuards(tmp_path / "guards.db")
    yield made
    made.close()


def spend(guards: Guards, key: str, charges: tuple[Charge, ...] = CHARGES, at: datetime = NOW) -> tuple[str, ...]:
    return guards.spend(charges, key, at, at - LONGEST, lambda before: too_much(charges, before, at))


def test_a_stop_holds_until_it_is_lifted_and_the_first_word_stays(guards: Guards) -> None:
    guards.pause(Pause(scope="projects/p", by="ann@example.com", why="an incident", at=NOW))
    guards.pause(Pause(scope="projects/p", by="bob@example.com", why="another", at=NOW + HOUR))
    assert [(one.scope, one.by, one.at) for one in guards.pauses()] == [("projects/p", "ann@example.com", NOW)]
    assert guards.resume("projects/p")
    assert not guards.resume("projects/p")
    assert guards.pauses() == ()


def test_the_same_key_is_counted_once(guards: Guards) -> None:
    assert spend(guards, "f-1:0") == ()
    assert spend(guards, "f-1:0") == ()
    assert len(guards.spent(CHARGES, NOW - LONGEST)) == len(CHARGES)


@pytest.mark.invariant("I19")
def test_what_does_not_fit_is_not_counted_at_all(guards: Guards) -> None:
    assert spend(guards, "f-1:0") == ()
    why = spend(guards, "f-2:0")
    whose = "user:ann@example.com roles/pubsub.publisher //pubsub.googleapis.com/projects/p/topics/t"
    assert why == (f"the budget of the same grant again is used up: 1 in 24 h for {whose}",)
    assert {one.key for one in guards.spent(CHARGES, NOW - LONGEST)} == {"f-1:0"}


@pytest.mark.invariant("I19")
def test_a_budget_holds_whatever_happens_at_the_same_time(guards: Guards) -> None:
    charges = (Charge(budget=Budget.API, whose="organization"),)
    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(lambda number: spend(guards, f"f-{number}:0", charges), range(32)))
    assert sum(1 for why in told if why == ()) == 3


def test_how_effects_went_comes_back_in_order(guards: Guards) -> None:
    for number, went in enumerate((Went.FAILED, Went.WORKED, Went.BROKE)):
        guards.tripped(Trip(went=went, why=f"{number}", at=NOW + number * HOUR))
    assert [one.went for one in guards.trips(NOW + HOUR)] == [Went.WORKED, Went.BROKE]


@pytest.mark.hazard("H01", "H29")
def test_a_refusal_that_repeats_is_one_refusal(guards: Guards) -> None:
    for at, fingerprint in ((NOW, "a"), (NOW + HOUR, "a"), (NOW + 2 * HOUR, "b")):
        guards.denied("user:ann@example.com", fingerprint, at)
    assert guards.denials("user:ann@example.com", NOW) == [NOW, NOW + 2 * HOUR]
    assert guards.denials("user:bob@example.com", NOW) == []


@pytest.mark.hazard("H46")
@pytest.mark.invariant("I18")
def test_a_switch_that_is_gone_counts_as_unreadable(tmp_path: Path) -> None:
    made = SqliteGuards(tmp_path / "guards.db")
    assert made.pauses() == ()
    with made._file.write() as db:
        db.execute("DELETE FROM switch")
    with pytest.raises(StoreUnavailable, match="nothing may change"):
        made.pauses()
    made.close()


@pytest.mark.parametrize(
    "ask",
    [
        SqliteGuards.pauses,
        partial(SqliteGuards.spent, charges=CHARGES, since=NOW),
        partial(SqliteGuards.trips, since=NOW),
        partial(SqliteGuards.denials, principal="user:a@b.c", since=NOW),
    ],
)
def test_a_file_that_is_none_of_ours_is_unavailable_and_never_empty(tmp_path: Path, ask: partial[object]) -> None:
    path = tmp_path / "guards.db"
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(StoreUnavailable):
        ask(SqliteGuards(path))


@pytest.mark.hazard("H46")
@pytest.mark.invariant("I18")
def test_a_new_database_is_stopped_until_somebody_says_that_it_may_run(database: FirestoreDatabase) -> None:
    made = FirestoreGuards(database)
    assert not made.resume("projects/p")
    with pytest.raises(StoreUnavailable, match="nothing may change"):
        made.pauses()
    assert made.resume(EVERYTHING)
    assert not made.resume(EVERYTHING)
    assert made.pauses() == ()


def test_what_is_too_old_to_matter_is_forgotten_with_the_next_count(database: FirestoreDatabase) -> None:
    made = FirestoreGuards(database)
    charges = (Charge(budget=Budget.PROJECT, whose="projects/p"),)
    assert spend(made, "f-1:0", charges) == ()
    assert spend(made, "f-2:0", charges, NOW + LONGEST + HOUR) == ()
    assert [one.key for one in made.spent(charges, NOW - LONGEST)] == ["f-2:0"]
