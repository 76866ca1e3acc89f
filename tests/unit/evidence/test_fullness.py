"""Whether the memory metric agrees that a machine is too small: full for long, stopped when full, or grown steadily."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from fakes.exhausted import BOOT, TWICE, killed, measured

from shared.evidence.fullness import is_too_small, recurs
from shared.evidence.memory import read_serial
from shared.model.evidence import NO, UNKNOWN, YES, Verdict
from shared.model.memory import MemoryUse, SerialOutput

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
STARTED = NOW - timedelta(days=2)


def verdict(*percent: float, until: datetime = NOW, kills: tuple[datetime | None, ...] = ()) -> Verdict:
    return is_too_small(measured(until, *percent), kills, STARTED, NOW)[0]


def test_a_memory_that_was_full_for_half_an_hour_agrees() -> None:
    agrees, said = is_too_small(measured(NOW, 40, *[95.0] * 7, 50), (), STARTED, NOW)
    assert agrees is YES
    assert said == (
        "its memory was 95 % full or more from 2026-11-21 11:25 to 2026-11-21 11:55 "
        "(agent.googleapis.com/memory/percent_used)"
    )


@pytest.mark.parametrize(
    "percent",
    [
        [40.0, *[99.0] * 6, 50.0],  # twenty-five minutes
        [99.0, 99.0, 99.0, 60.0, 99.0, 99.0, 99.0, 99.0, 60.0],  # an hour, with a pause
        [94.9] * 20,
        [60.0] * 30,
    ],
)
def test_a_memory_that_was_not_full_for_half_an_hour_does_not_agree(percent: list[float]) -> None:
    agrees, said = is_too_small(measured(NOW, *percent), (), STARTED, NOW)
    assert agrees is NO
    assert f"at most {max(percent):.0f} % full" in said


def test_a_metric_that_stops_at_the_kill_with_memory_nearly_full_agrees() -> None:
    stops = NOW - timedelta(hours=1)
    said = is_too_small(measured(stops, 60, 75, 92), [stops + timedelta(minutes=4)], STARTED, NOW)
    assert said[0] is YES
    assert "92 % full when measuring it stopped at 2026-11-21 11:00" in said[1]


@pytest.mark.parametrize(
    ("last", "kill", "until"),
    [
        (89.0, timedelta(minutes=4), NOW - timedelta(hours=1)),  # not full
        (92.0, timedelta(minutes=30), NOW - timedelta(hours=1)),  # it stopped long before
        (92.0, timedelta(minutes=-1), NOW - timedelta(minutes=5)),  # it has not stopped
    ],
)
def test_a_metric_that_goes_on_or_stops_elsewhere_is_no_gap(last: float, kill: timedelta, until: datetime) -> None:
    assert verdict(60, 75, last, until=until, kills=(until + kill, None)) is NO


def test_a_memory_that_grows_for_hours_until_it_is_all_but_full_agrees() -> None:
    agrees, said = is_too_small(measured(NOW, *[60 + at for at in range(26)]), (), STARTED, NOW)
    assert (agrees, "grew steadily from 65 to 85 %" in said) == (YES, True)


@pytest.mark.parametrize(
    "percent",
    [
        [60.0 + at for at in range(19)],  # to 78 %
        [81.0 + at / 10 for at in range(36)],  # by three points
        [40.0 + 3 * at for at in range(14)],  # within an hour
        [80.0 if at % 12 < 6 else 50.0 for at in range(48)],  # up and down
    ],
)
def test_a_growth_that_is_short_small_or_comes_back_does_not_agree(percent: list[float]) -> None:
    assert verdict(*percent) is NO


def test_a_growth_is_seen_after_what_was_before_it() -> None:
    assert verdict(*[90.0] * 6, *[50 + 1.5 * at for at in range(26)]) is YES


def test_a_memory_that_nobody_measured_could_not_be_told() -> None:
    assert is_too_small(MemoryUse(), [NOW], STARTED, NOW)[0] is UNKNOWN


def test_what_was_measured_before_the_last_start_may_have_been_another_size() -> None:
    full = measured(NOW, *[98.0] * 24)
    assert is_too_small(full, (), NOW - timedelta(hours=1), NOW)[0] is YES
    assert is_too_small(full, (), NOW - timedelta(minutes=20), NOW)[0] is NO
    assert is_too_small(full, (), NOW + timedelta(minutes=1), NOW)[0] is UNKNOWN


def test_kills_on_a_machine_that_runs_since_are_its_own() -> None:
    assert recurs(read_serial(SerialOutput(text=TWICE)), TWICE, STARTED, NOW)[0] is YES


def test_kills_of_before_the_last_start_make_no_machine_larger_once_more() -> None:
    text = TWICE + BOOT
    again, why = recurs(read_serial(SerialOutput(text=text)), text, NOW - timedelta(hours=1), NOW)
    assert again is UNKNOWN
    assert "since the machine was last started at 2026-11-21 11:00, perhaps at another size" in why


def test_one_kill_since_the_last_start_is_not_again() -> None:
    text = TWICE + BOOT + killed(600, pid=9)
    assert recurs(read_serial(SerialOutput(text=text)), text, NOW - timedelta(hours=1), NOW)[0] is UNKNOWN


def test_without_a_known_start_nothing_is_known_to_be_since() -> None:
    assert recurs(read_serial(SerialOutput(text=TWICE)), TWICE, None, NOW)[0] is UNKNOWN
