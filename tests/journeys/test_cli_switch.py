"""`unforbid pause`, `resume` and `status`, as a person on call uses them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from command import run

from shared import wiring
from shared.guards.breaker import State
from shared.model.guards import Trip, Went

TWO = ("--by", "ann@example.com", "--by", "bob@example.com")
STOP = ("pause", "--by", "ann@example.com", "--why", "an incident")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    wiring.forget()
    yield tmp_path
    wiring.guards().close()
    wiring.forget()


@pytest.mark.hazard("H46")
def test_everything_is_stopped_by_one_person_and_goes_on_by_two() -> None:
    assert run(*STOP).exit_code == 0
    shown = run("status")
    assert shown.exit_code == 1
    assert "by ann@example.com: an incident" in shown.output
    alone = run("resume", "--by", "bob@example.com")
    assert (alone.exit_code, "takes two different people" in alone.output) == (1, True)
    twice = run("resume", "--by", "bob@example.com", "--by", "Bob@example.com")
    assert twice.exit_code == 1
    assert run("resume", *TWO).exit_code == 0
    assert "stopped   nothing" in run("status").output


def test_one_place_can_be_stopped_alone() -> None:
    assert run("pause", "projects/acme-web", *STOP[1:]).exit_code == 0
    shown = run("status")
    assert (shown.exit_code, "stopped   projects/acme-web since" in shown.output) == (0, True)
    assert run("resume", *TWO).exit_code == 1
    assert run("resume", "projects/acme-web", *TWO).exit_code == 0


@pytest.mark.parametrize("scope", ["everything", "folders/web", "organizations/1"])
def test_what_is_no_scope_is_named_with_what_is(scope: str) -> None:
    told = run("pause", scope, *STOP[1:])
    assert told.exit_code == 1
    assert "a scope is `organization`, `folders/NUMBER`, `projects/ID` or `rule:ID`" in told.output


@pytest.mark.hazard("H46")
def test_a_machine_stops_nothing() -> None:
    told = run("pause", "--by", "x@p.iam.gserviceaccount.com", "--why", "?")
    assert (told.exit_code, "only people approve" in told.output) == (1, True)


def test_a_breaker_that_left_all_to_people_is_reset_by_two() -> None:
    from datetime import timedelta

    at = wiring.clock().now() - timedelta(hours=9)
    for hours in (0, 2):
        for went in (Went.BROKE, Went.PROBED):
            passed = timedelta(hours=hours, minutes=40 if went is Went.PROBED else 0)
            wiring.guards().tripped(Trip(went=went, why="f-1: no effect", at=at + passed))
    assert f"breaker   {State.PEOPLE.value}: f-1: no effect" in run("status").output
    assert run("resume", "breaker", *TWO).exit_code == 0
    assert "breaker   closed" in run("status").output


@pytest.mark.hazard("H46")
def test_guards_that_cannot_be_read_are_told_as_stopped(folder: Path) -> None:
    kept = folder / ".unforbid"
    kept.mkdir()
    (kept / "guards.db").write_bytes(b"x" * 5_000)
    told = run("status")
    assert (told.exit_code, "counts as stopped" in told.output) == (1, True)
