"""Every day is compared once it is over, one after the other; what differs is a line that pages a person."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from fakes.cloud import OURS
from fakes.workshop import Bench

from shared.comparing import AGAIN, DAY, MOST_TOLD, MOST_WAITING, compare_day, see_to_a_day
from shared.errors import LookFailed, NotFound, StoreUnavailable
from shared.model.facts import Change, Policy
from shared.model.items import COMPARED
from shared.model.names import Role
from shared.model.work import Grant
from shared.pipeline.look_back import SETTLED
from shared.pipeline.turn import turn

pytestmark = pytest.mark.invariant("I28")
ACCOUNTS = frozenset({OURS})
TOPIC = "//pubsub.googleapis.com/projects/p/topics/t"
START = Bench().clock.now()
TODAY, MIDNIGHT = START.date(), datetime(START.year, START.month, START.day, tzinfo=UTC)
GRANT = Grant(resource=TOPIC, role=Role("roles/x"), member="user:ann@example.com", until=START + 99 * DAY)
ITEM = f"{COMPARED}{TODAY}"


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    bench.google.policies[TOPIC] = Policy(resource=TOPIC, etag="e", version=3)
    return bench


@pytest.fixture
def over(bench: Bench) -> Bench:
    """A fix was carried out today, and today is over."""
    bench.run(bench.open(GRANT), hours=1)
    bench.clock.at = MIDNIGHT + DAY + SETTLED
    bench.queue.waiting.clear()
    return bench


def named(day: date) -> str:
    return f"{COMPARED}{day}"


def stray(bench: Bench, at: datetime = START) -> None:
    bench.google.logged.append(Change(at=at, method="SetIamPolicy", by=OURS, resource=TOPIC))


def told(capfd: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(one) for one in capfd.readouterr().out.splitlines()]


def compared(bench: Bench, capfd: pytest.CaptureFixture[str], item: str = ITEM) -> list[dict[str, Any]]:
    compare_day(item, ACCOUNTS, bench.shop())
    return told(capfd)


def test_it_begins_with_yesterday_and_only_where_no_day_waits(bench: Bench) -> None:
    for _ in range(2):
        see_to_a_day(ACCOUNTS, bench.shop())
        assert bench.queue.waiting == {named(TODAY - DAY): MIDNIGHT + SETTLED}
    bench.queue.waiting = {ITEM: MIDNIGHT + DAY + SETTLED}
    see_to_a_day(ACCOUNTS, bench.shop())
    assert set(bench.queue.waiting) == {ITEM}


def test_nothing_is_compared_before_anybody_is_named_as_ours(bench: Bench) -> None:
    see_to_a_day(frozenset(), bench.shop())
    assert bench.queue.waiting == {}


def test_where_a_day_may_be_hidden_behind_others_none_is_put(bench: Bench) -> None:
    bench.queue.waiting = {f"f-{at}": START for at in range(MOST_WAITING)}
    see_to_a_day(ACCOUNTS, bench.shop())
    assert len(bench.queue.waiting) == MOST_WAITING


def test_a_day_on_which_both_agree_is_one_line_and_the_next_day_waits(
    over: Bench, capfd: pytest.CaptureFixture[str]
) -> None:
    (line,) = compared(over, capfd)
    assert line == {"severity": "INFO", "event": "compared", "day": str(TODAY), "projects": 1, "effects": 1, "calls": 1,
                    "differences": 0, "untold": 0}  # fmt: skip
    assert over.queue.waiting == {named(TODAY + DAY): MIDNIGHT + 2 * DAY + SETTLED}


def test_each_difference_is_a_critical_line_and_changes_nothing(over: Bench, capfd: pytest.CaptureFixture[str]) -> None:
    stray(over)
    before = (len(over.google.asked), len(over.journal.chain), over.guards.trips(MIDNIGHT))
    difference, line = compared(over, capfd)
    assert (difference["severity"], difference["event"], difference["what"]) == ("CRITICAL", "differs", "unjournaled")
    assert difference["reason"].startswith(f"{OURS} called SetIamPolicy on {TOPIC}")
    assert (line["differences"], line["calls"]) == (1, 2)
    assert (len(over.google.asked), len(over.journal.chain), over.guards.trips(MIDNIGHT)) == before
    assert over.guards.pauses() == ()


def test_what_could_not_be_read_is_an_error_and_the_next_day_has_its_turn(
    over: Bench, capfd: pytest.CaptureFixture[str]
) -> None:
    over.google.blind["own_calls"] = LookFailed("list our own calls", "projects/p", "no answer")
    error, line = compared(over, capfd)
    assert (error["severity"], error["event"]) == ("ERROR", "not_compared")
    assert "no answer" in error["reason"]
    assert (line["untold"], line["differences"]) == (1, 0)
    assert list(over.queue.waiting) == [named(TODAY + DAY)]


def test_a_flood_of_differences_is_counted(over: Bench, capfd: pytest.CaptureFixture[str]) -> None:
    for _ in range(MOST_TOLD + 5):
        stray(over)
    *lines, last = compared(over, capfd)
    assert (len(lines), last["differences"]) == (MOST_TOLD, MOST_TOLD + 5)


def test_a_day_that_is_not_over_waits(bench: Bench, capfd: pytest.CaptureFixture[str]) -> None:
    bench.clock.at = MIDNIGHT + DAY + SETTLED - timedelta(seconds=1)
    assert compared(bench, capfd) == []
    assert bench.queue.waiting == {ITEM: MIDNIGHT + DAY + SETTLED}


def test_days_that_nobody_was_there_for_are_made_up_for_one_by_one(
    over: Bench, capfd: pytest.CaptureFixture[str]
) -> None:
    stray(over, MIDNIGHT + DAY + timedelta(hours=23, minutes=59))
    over.clock.at = MIDNIGHT + 3 * DAY + SETTLED
    over.queue.put(ITEM, over.clock.now())
    days = []
    while due := [one for one in over.queue.due(over.clock.now(), 9) if one.startswith(COMPARED)]:
        days.append([(one["event"], one["day"]) for one in compared(over, capfd, due[0])])
    first, second, third = (str(TODAY + at * DAY) for at in range(3))
    assert days == [
        [("compared", first)],
        [("differs", second), ("compared", second)],
        [("compared", third)],
    ]
    assert list(over.queue.waiting) == [named(TODAY + 3 * DAY)]


@pytest.mark.parametrize("failure", [StoreUnavailable("away"), KeyboardInterrupt()])
def test_a_day_that_was_not_finished_comes_again_and_lets_others_go_first(
    over: Bench, monkeypatch: pytest.MonkeyPatch, failure: BaseException
) -> None:
    def fails(*_: Any) -> Any:
        raise failure

    monkeypatch.setattr(over.google, "own_calls", fails)
    with pytest.raises(type(failure)):
        compare_day(ITEM, ACCOUNTS, over.shop())
    assert over.queue.waiting == {ITEM: over.clock.now() + AGAIN}


def test_accounts_that_are_no_longer_named_end_it(over: Bench, capfd: pytest.CaptureFixture[str]) -> None:
    over.queue.put(ITEM, START)
    compare_day(ITEM, frozenset(), over.shop())
    assert (over.queue.waiting, told(capfd)) == ({}, [])


@pytest.mark.parametrize("name", ["", "tomorrow", "2026-13-01", "2026-11-21T00:00"])
def test_an_item_that_names_no_day_is_unknown(bench: Bench, name: str) -> None:
    with pytest.raises(NotFound, match="names no day"):
        compare_day(f"{COMPARED}{name}", ACCOUNTS, bench.shop())


def test_a_day_is_an_errand_and_no_fix(over: Bench) -> None:
    assert turn(ITEM, over.shop()) is None
