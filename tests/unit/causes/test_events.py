"""Every cause is told by at least one entry that is it and kept from one that only looks like it.

`tests/events/<cause id>/hit_*.json` and `miss_*.json` hold `{"note", "input", "expect"}`: the rule in a sentence; a log
entry, an error body or a text; and the fields of the answer that matter, as `unforbid explain --format jsonl` names
them. `also` and `changes` are read as "among the other causes" and "some step would change the cloud".
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from explained import explain

from shared.causes import CAUSES
from shared.model.report import Report

EVENTS = Path(__file__).resolve().parents[2] / "events"
FILES = sorted(EVENTS.glob("*/*.json"))
FIELDS = frozenset(
    (
        *("verdict", "cause", "principal", "permissions", "resource", "service", "consumer"),
        *("scopes", "trust", "confidence", "decision"),
    )
)


def _name(file: Path) -> str:
    return f"{file.parent.name}/{file.stem}"


def _answer(report: Report, field: str) -> Any:
    if field == "also":
        return {one.cause for one in report.also}
    if field == "changes":
        return any(step.changes for step in report.plan)
    if field == "decision":
        return report.decision.mode.value
    value = getattr(report, field)
    return list(value) if isinstance(value, tuple) else value


@pytest.mark.parametrize("file", FILES, ids=_name)
def test_what_an_event_says_is_what_is_told(file: Path) -> None:
    event = json.loads(file.read_text())
    report = explain(event["input"])
    for field, expected in event["expect"].items():
        answer = _answer(report, field)
        if field == "also":
            assert set(expected) <= answer, event["note"]
        else:
            assert answer == expected, f"{event['note']}: {field} is {answer!r} in {report}"


@pytest.mark.parametrize("file", FILES, ids=_name)
def test_an_event_is_about_the_cause_of_its_folder(file: Path) -> None:
    event = json.loads(file.read_text())
    expect, cause = event["expect"], file.parent.name
    assert set(event) == {"note", "input", "expect"}
    assert set(expect) <= FIELDS | {"also", "changes"}
    told = expect.get("cause") == cause or cause in expect.get("also", ())
    if file.stem.startswith("hit_"):
        assert told
    else:
        assert file.stem.startswith("miss_")
        assert not told
        assert "cause" in expect


@pytest.mark.parametrize("cause", sorted(CAUSES))
def test_each_cause_has_a_hit_and_a_near_miss(cause: str) -> None:
    kinds = {file.stem.partition("_")[0] for file in (EVENTS / cause).glob("*.json")}
    assert kinds == {"hit", "miss"}


def test_no_events_are_kept_for_a_cause_that_is_gone() -> None:
    assert {folder.name for folder in EVENTS.iterdir()} == set(CAUSES)
