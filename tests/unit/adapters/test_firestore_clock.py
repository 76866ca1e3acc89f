"""The time by Google's clock: whatever the machine's own says, and however it is set meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.adapters.firestore_clock import FirestoreClock
from shared.errors import StoreUnavailable

GOOGLE = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Reader:
    """A database whose readings tell the time, and a machine on which time passes."""

    def __init__(self) -> None:
        self.passed, self.readings, self.fails = 0.0, 0, False
        self.machine, self.tells = GOOGLE, None
        self.told: list[str] = []

    def turn(self, **by: float) -> None:
        self.passed += timedelta(**by).total_seconds()

    def google(self) -> datetime:
        return GOOGLE + timedelta(seconds=self.passed)

    @contextmanager
    def reading(self) -> Iterator[Any]:
        self.readings += 1
        if self.fails:
            raise StoreUnavailable("away")
        yield self

    def collection(self, _: str) -> Any:
        return self

    document = collection

    def get(self, *_: Any, **__: Any) -> Any:
        return self

    @property
    def read_time(self) -> Any:
        return self.tells or self.google()

    def clock(self) -> FirestoreClock:
        machine, counter = (lambda: self.machine), (lambda: self.passed)
        return FirestoreClock(self, machine, self.told.append, counter)  # type: ignore[arg-type]


@pytest.fixture
def reader() -> Reader:
    return Reader()


@pytest.mark.invariant("I30")
@pytest.mark.parametrize(("off", "said"), [(-HOUR, "behind"), (HOUR, "ahead")])
def test_it_is_googles_time_whatever_the_machine_says(reader: Reader, off: timedelta, said: str) -> None:
    reader.machine = GOOGLE + off
    assert reader.clock().now() == GOOGLE
    assert reader.told == [f"this machine's clock is {said} by 1:00:00"]


@pytest.mark.invariant("I30")
def test_a_machine_whose_clock_is_set_meanwhile_changes_nothing(reader: Reader) -> None:
    clock = reader.clock()
    clock.now()
    reader.machine += HOUR
    reader.turn(minutes=4)
    assert clock.now() == GOOGLE + timedelta(minutes=4)
    assert reader.told == []


def test_it_is_read_every_five_minutes_and_not_more_often(reader: Reader) -> None:
    clock = reader.clock()
    for _ in range(11):
        assert clock.now() == reader.google()
        reader.turn(minutes=1)
    assert reader.readings == 3


def test_a_time_that_was_read_within_the_hour_stands_in_while_none_can_be_read(reader: Reader) -> None:
    clock = reader.clock()
    clock.now()
    reader.fails = True
    for _ in range(11):
        reader.turn(minutes=5)
        assert clock.now() == reader.google()
    reader.turn(minutes=5)
    with pytest.raises(StoreUnavailable, match="away"):
        clock.now()
    reader.fails = False
    reader.turn(seconds=5)
    assert clock.now() == reader.google()


def test_a_failure_answers_everybody_for_some_seconds(reader: Reader) -> None:
    clock = reader.clock()
    reader.fails = True
    for _ in range(3):
        with pytest.raises(StoreUnavailable, match="away"):
            clock.now()
        reader.turn(seconds=1)
    assert reader.readings == 1
    reader.fails = False
    reader.turn(seconds=5)
    assert clock.now() == reader.google()


def test_without_any_reading_there_is_no_time(reader: Reader) -> None:
    reader.fails = True
    with pytest.raises(StoreUnavailable, match="away"):
        reader.clock().now()


def test_a_time_that_the_client_made_up_is_none(reader: Reader) -> None:
    reader.tells = object()
    with pytest.raises(StoreUnavailable, match="did not tell the time"):
        reader.clock().now()
