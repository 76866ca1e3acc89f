"""A value cannot become a part of a filter, whatever stands in it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from sandbox.log_query import matcher
from shared.adapters.log_filter import all_of, any_of, between, contains, equals, matches, not_before, of_log, without

HOSTILE = [
    'x" OR insertId:*',
    'x" OR "',
    "x\\",
    'x\\" OR insertId:*',
    'x\\\\" OR insertId:*',
    "x\n OR insertId:*",
    "x\x00\x1b",
    "--x",
    ")( OR NOT",
    "日本\u2028",
    "*",
    "",
]


@pytest.mark.parametrize("value", HOSTILE)
def test_a_value_is_found_as_it_is_and_finds_nothing_else(value: str) -> None:
    found = matcher(all_of(equals("insertId", value), equals("logName", "l")))
    assert found({"insertId": value, "logName": "l"})
    for other in ("other", f"{value}!", *(one for one in HOSTILE if one != value)):
        assert not found({"insertId": other, "logName": "l"})
    assert not found({"insertId": value, "logName": "another"})


def test_a_value_with_half_a_character_is_still_only_a_value() -> None:
    assert matcher(equals("insertId", "x\ud800"))({"insertId": "x\ud800"})


AT = datetime(2026, 11, 21, 10, 0, 0, 250, tzinfo=UTC)
ENTRY: dict[str, Any] = {
    "logName": "projects/p/logs/cloudaudit.googleapis.com%2Factivity",
    "timestamp": "2026-11-21T10:00:00.000250999Z",
    "textPayload": "The cat",
}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (between(AT, AT + timedelta(microseconds=1)), True),
        (between(AT - timedelta(hours=1), AT), False),
        (not_before(AT), True),
        (not_before(AT.astimezone(timezone(timedelta(hours=5)))), True),
        (not_before(AT + timedelta(seconds=1)), False),
        (of_log("cloudaudit.googleapis.com/activity"), True),
        (contains("logName", ".googleapis.com%2F"), True),
        (without(contains("logName", ".googleapis.com%2F")), False),
        (matches("textPayload", "^The (cat|dog)$"), True),
        (matches("textPayload", "cat[.]"), False),
        (all_of(any_of(equals("textPayload", "no"), equals("textPayload", "the cat")), not_before(AT)), True),
        (all_of(any_of(equals("textPayload", "no"), not_before(AT)), equals("textPayload", "no")), False),
        (without(any_of(equals("textPayload", "no"), equals("textPayload", "the cat"))), False),
    ],
)
def test_each_restriction_says_what_its_name_says(query: str, expected: bool) -> None:
    assert matcher(query)(ENTRY) is expected
