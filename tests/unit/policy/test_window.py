"""A window is days, times and a place, on the clocks that hang there."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from shared.policy.window import is_open, joined, next_open, parse_window

ROME = "Mon-Thu 09:00-16:00 Europe/Rome"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Mon-Thu 09:00-16:00",
        "Mon-Thu  09:00-16:00 UTC",
        "Mo 09:00-16:00 UTC",
        "Mon- 09:00-16:00 UTC",
        "Mon 16:00-09:00 UTC",
        "Mon 09:00-09:00 UTC",
        "Mon 9:00-16:00 UTC",
        "Mon 09:00-25:00 UTC",
        "Mon 09:60-16:00 UTC",
        "Mon 24:00-24:00 UTC",
        "Mon 09:00 UTC",
        "Mon 09:00-16:00 Rome",
        "Mon 09:00-16:00 ../etc",
        "Mon 09:00-16:00 /etc/passwd",
    ],
)
def test_what_is_no_window_is_told_with_what_to_write(text: str) -> None:
    said = parse_window(text)
    assert isinstance(said, str)
    assert "write" in said


@pytest.mark.parametrize(
    ("moment", "open_"),
    [
        ("2026-11-23T07:59", False),
        ("2026-11-23T08:00", True),
        ("2026-11-23T14:59", True),
        ("2026-11-23T15:00", False),
        ("2026-11-27T10:00", False),
        ("2026-07-20T07:00", True),
    ],
)
def test_a_window_is_open_by_the_clocks_of_its_place(moment: str, open_: bool) -> None:
    assert is_open(ROME, at(moment)) is open_


def test_no_window_is_always_open() -> None:
    assert is_open("", at("2026-11-22T03:00"))
    assert next_open("", at("2026-11-22T03:00")) == at("2026-11-22T03:00")


def test_days_may_be_listed_run_over_the_weekend_and_end_at_midnight() -> None:
    assert is_open("Sat,Sun 00:00-24:00 UTC", at("2026-11-22T23:59"))
    assert is_open("Fri-Mon 20:00-24:00 UTC", at("2026-11-22T23:59"))
    assert not is_open("Fri-Mon 20:00-24:00 UTC", at("2026-11-24T23:00"))


@pytest.mark.parametrize(
    ("text", "moment", "opens"),
    [
        (ROME, "2026-11-23T10:00", "2026-11-23T10:00"),
        (ROME, "2026-11-23T16:00", "2026-11-24T08:00"),
        (ROME, "2026-11-26T16:00", "2026-11-30T08:00"),
        (f"{ROME} & Tue 12:00-20:00 UTC", "2026-11-23T10:00", "2026-11-24T12:00"),
        ("Sun 01:00-04:00 Europe/Rome", "2026-03-28T12:00", "2026-03-29T00:00"),
    ],
)
def test_the_next_opening_is_told_in_utc(text: str, moment: str, opens: str) -> None:
    assert next_open(text, at(moment)) == at(opens)


def test_windows_that_never_meet_are_never_open() -> None:
    assert next_open("Mon 09:00-10:00 UTC & Tue 09:00-10:00 UTC", at("2026-11-23T09:00")) is None


def test_several_windows_are_one_text_in_any_order() -> None:
    assert joined(frozenset({"b & a", "a", ""})) == "a & b"
