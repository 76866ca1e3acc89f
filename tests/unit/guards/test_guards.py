"""The breaker, the mark of a probing caller, the switch, and age."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.guards.age import FOR_A_RULE, FOR_PEOPLE, is_fresh
from shared.guards.breaker import OPEN_FOR, State, breaker
from shared.guards.probing import BURST, MARKED_FOR, probing_until
from shared.guards.switch import UNREADABLE, is_scope, stopped_by
from shared.model.guards import Pause, Trip, Went

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
FAILED, WORKED, BROKE, PROBED, RESET = Went.FAILED, Went.WORKED, Went.BROKE, Went.PROBED, Went.RESET


def trips(*went: Went, every: timedelta = MINUTE, first: datetime = NOW) -> list[Trip]:
    return [Trip(went=one, why=f"{one} {at}", at=first + at * every) for at, one in enumerate(went)]


@pytest.mark.parametrize(
    ("went", "state"),
    [
        ((), State.CLOSED),
        ((FAILED, FAILED), State.CLOSED),
        ((FAILED, FAILED, WORKED, FAILED, FAILED), State.CLOSED),
        ((FAILED, FAILED, FAILED), State.OPEN),
        ((WORKED, BROKE), State.OPEN),
        ((BROKE, RESET), State.CLOSED),
        ((BROKE, WORKED), State.OPEN),
        ((BROKE, PROBED), State.OPEN),
    ],
)
def test_three_failures_in_a_row_or_one_that_broke_open_the_breaker(went: tuple[Went, ...], state: State) -> None:
    found = breaker(trips(*went), NOW + 10 * MINUTE)
    assert found.state is state
    assert (found.until is not None) == (state is State.OPEN)


def test_after_half_an_hour_one_dry_run_comes_first_and_closes_it() -> None:
    opened = trips(BROKE)
    assert breaker(opened, NOW + OPEN_FOR - MINUTE).state is State.OPEN
    assert breaker(opened, NOW + OPEN_FOR).state is State.PROBE
    probed = [*opened, Trip(went=PROBED, why="a dry run", at=NOW + OPEN_FOR)]
    assert breaker(probed, NOW + OPEN_FOR).state is State.CLOSED


def test_a_second_trip_leaves_it_to_people_until_one_of_them_resets_it() -> None:
    twice = [*trips(BROKE), Trip(went=PROBED, why="", at=NOW + HOUR), Trip(went=BROKE, why="again", at=NOW + 2 * HOUR)]
    assert breaker(twice, NOW + 2 * HOUR).state is State.OPEN
    later = breaker(twice, NOW + 50 * HOUR)
    assert (later.state, later.why) == (State.PEOPLE, "again")
    reset = [*twice, Trip(went=RESET, why="ann", at=NOW + 51 * HOUR)]
    assert breaker(reset, NOW + 52 * HOUR).state is State.CLOSED


@given(st.lists(st.tuples(st.sampled_from(list(Went)), st.integers(0, 500))), st.randoms())
def test_the_order_in_which_trips_are_told_does_not_matter(told: list[tuple[Went, int]], dice: object) -> None:
    made = [Trip(went=went, why="", at=NOW + at * MINUTE) for at, (went, _) in enumerate(told)]
    mixed = list(made)
    dice.shuffle(mixed)  # type: ignore[attr-defined]
    assert breaker(mixed, NOW + HOUR) == breaker(made, NOW + HOUR)


@pytest.mark.hazard("H01")
def test_a_burst_of_different_refusals_marks_a_caller_for_a_day() -> None:
    burst = [NOW + at * 10 * timedelta(seconds=1) for at in range(BURST)]
    assert probing_until(burst, burst[-1]) == burst[-1] + MARKED_FOR
    assert probing_until(burst[1:], burst[-1]) is None
    assert probing_until(burst, burst[-1] + MARKED_FOR) is None


def test_as_many_refusals_spread_over_a_day_are_no_burst() -> None:
    assert probing_until([NOW + at * HOUR for at in range(BURST)], NOW + BURST * HOUR) is None


def pause(scope: str) -> Pause:
    return Pause(scope=scope, by="ann@example.com", why="an incident", at=NOW)


@pytest.mark.parametrize("scope", ["organization", "folders/9", "projects/p", "rule:dev-logs"])
def test_a_stop_holds_for_everything_under_it(scope: str) -> None:
    why = stopped_by((pause(scope),), ("projects/p", "projects/11", "folders/9"), ("dev-logs",))
    assert why == f"ann@example.com has stopped {scope} (an incident): `unforbid resume {scope}` goes on"


def test_a_stop_elsewhere_does_not_hold_here() -> None:
    assert stopped_by((pause("projects/other"), pause("rule:another")), ("projects/p",), ("dev-logs",)) == ""


def test_a_switch_that_cannot_be_read_stops_everything() -> None:
    assert stopped_by(None, (), ()) == UNREADABLE


@pytest.mark.parametrize(
    ("scope", "is_one"),
    [
        *(("organization", True), ("folders/12", True), ("projects/my-p", True), ("projects/example.com:p", True)),
        *(("rule:dev_logs-1", True), ("folders/x", False), ("folders/", False), ("projects/", False), ("", False)),
        *(("rule:", False), ("organizations/1", False), ("projects/p\n", False), ("rule:a b", False)),
    ],
)
def test_a_scope_is_one_of_four_kinds(scope: str, is_one: bool) -> None:
    assert is_scope(scope) is is_one


@pytest.mark.hazard("H09", "H48")
@pytest.mark.parametrize(
    ("age", "for_a_rule", "for_people"),
    [(timedelta(), True, True), (HOUR, True, True), (HOUR + MINUTE, False, True), (25 * HOUR, False, False),
     (-MINUTE, True, True), (-HOUR, False, False)],
)  # fmt: skip
def test_an_entry_is_fresh_for_an_hour_for_a_rule_and_a_day_for_people(
    age: timedelta, for_a_rule: bool, for_people: bool
) -> None:
    assert is_fresh(NOW - age, NOW, FOR_A_RULE) is for_a_rule
    assert is_fresh(NOW - age, NOW, FOR_PEOPLE) is for_people


@pytest.mark.hazard("H09", "H48")
def test_an_entry_without_a_time_is_never_fresh() -> None:
    assert not is_fresh(None, NOW, FOR_PEOPLE)
