"""A fix through every function, then `unforbid audit compare`: both agree; a call past the journal is the difference."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from command import run
from loop import Loop, loop_of
from rules import AUTO, BUCKET, SCOPE, SCOPES, UPLOAD

from sandbox.caller import READER_EMAIL
from sandbox.faults import FaultKind
from shared import wiring
from shared.adapters.google_cloud import GoogleCloud
from shared.model.effect import AddBinding, Before
from shared.model.names import Role

pytestmark = pytest.mark.invariant("I28")
Of = Callable[[str, str], Loop]
HALF_AN_HOUR = timedelta(minutes=30)
EVE = AddBinding(resource=BUCKET, role=Role("roles/storage.admin"), member="user:eve@elsewhere.example")


@pytest.fixture
def of(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Of]:
    monkeypatch.setenv("UNFORBID_IDENTITIES", READER_EMAIL)
    with ExitStack() as until_the_end:
        yield lambda name, policy: until_the_end.enter_context(loop_of(name, policy, root, tmp_path, monkeypatch))


@pytest.fixture
def fixed(of: Of) -> Loop:
    loop = of(UPLOAD, AUTO)
    loop.publish()
    loop.go_on(until=lambda: any(fix.outcome for fix in loop.fixes()))
    return loop


def steal(reason: str = "") -> None:
    """Somebody uses the executor's account, past the journal."""
    GoogleCloud(wiring.google_clients()).perform(EVE, Before(), reason)


def compared(loop: Loop, *options: str) -> Result:
    loop.world.clock.turn(HALF_AN_HOUR)
    return run("audit", "compare", *options)


def test_a_fix_that_was_carried_out_and_ended_agrees_with_googles_log(fixed: Loop) -> None:
    one = compared(fixed)
    assert (one.exit_code, one.output.splitlines()[0]) == (
        0, "agreed: 1 changes of the journal, 1 calls in 1 projects",
    )  # fmt: skip
    fixed.go_on()
    both = compared(fixed)
    assert (both.exit_code, both.output.splitlines()[0]) == (
        0, "agreed: 2 changes of the journal, 2 calls in 1 projects",
    )  # fmt: skip


def test_a_machine_that_was_stopped_changed_and_started_agrees_with_googles_log(of: Of) -> None:
    loop = of(SCOPE, SCOPES)
    loop.publish()
    for who in ("ann", "sue"):
        loop.press("approve", who)
    loop.go_on(until=lambda: any(fix.outcome for fix in loop.fixes()))
    told = compared(loop)
    assert (told.exit_code, told.output.splitlines()[0]) == (
        0, "agreed: 3 changes of the journal, 3 calls in 1 projects",
    )  # fmt: skip


@pytest.mark.parametrize("copied", [False, True])
def test_a_call_past_the_journal_is_exactly_one_difference(fixed: Loop, *, copied: bool) -> None:
    steal(fixed.fixes()[0].opened.reason if copied else "")
    told = compared(fixed)
    wrong = [line for line in told.output.splitlines() if line.startswith("WRONG")]
    assert (told.exit_code, len(wrong)) == (1, 1)
    assert f"{READER_EMAIL} called storage." in wrong[0]
    assert "which did not do this then" in wrong[0] if copied else "it gave no reason" in wrong[0]
    assert "1 wrong of 1 changes of the journal, 2 calls in 1 projects: `unforbid pause`" in told.output


def test_what_entries_may_still_come_of_is_left_for_the_next_time(fixed: Loop) -> None:
    fixed.world.clock.turn(HALF_AN_HOUR)
    steal()
    assert run("audit", "compare").exit_code == 0
    assert compared(fixed).exit_code == 1
    fixed.world.clock.turn(timedelta(hours=2))
    assert compared(fixed, "--since", "2").exit_code == 0
    assert compared(fixed, "--since", "4").exit_code == 1


def test_a_project_that_cannot_be_read_is_no_match(fixed: Loop) -> None:
    told = compared(fixed, "--project", "not-there")
    assert told.exit_code == 2
    assert "could not tell: projects/not-there: not allowed to look: resourcemanager.projects.get" in told.output
    assert "no difference in what could be read: 1 changes of the journal" in told.output
    fixed.world.faults.add("logging.entries.list", FaultKind.INTERNAL)
    told = compared(fixed)
    assert (told.exit_code, "could not tell: projects/acme-web: could not list our own calls" in told.output) == (
        2,
        True,
    )


def test_the_sweep_compares_each_day_by_itself(fixed: Loop, capfd: pytest.CaptureFixture[str]) -> None:
    fixed.go_on()
    steal()
    fixed.turn_to(fixed.world.now() + timedelta(days=2))
    lines = [json.loads(line) for line in capfd.readouterr().out.splitlines() if line.startswith("{")]
    assert [line["severity"] for line in lines if line["event"] == "differs"] == ["CRITICAL"]
    days = [counts(line) for line in lines if line["event"] == "compared"]
    assert [day for day in days if any(day)] == [(2, 2, 0), (0, 1, 1)]
    assert all(line["outcome"] == "swept" and "failed" not in line for line in lines if line["event"] == "sweep")


def counts(line: dict[str, Any]) -> tuple[int, int, int]:
    return line["effects"], line["calls"], line["differences"]


def test_without_accounts_it_says_what_to_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    wiring.forget()
    told = run("audit", "compare")
    assert (told.exit_code, "UNFORBID_IDENTITIES is not set: it has to name" in told.output) == (1, True)
    wiring.forget()


def test_a_journal_that_names_nothing_leaves_nothing_to_compare(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("UNFORBID_IDENTITIES", READER_EMAIL)
    wiring.forget()
    told = run("audit", "compare")
    wiring.journal().close()
    wiring.forget()
    assert (told.exit_code, told.output.splitlines()[0]) == (
        0, "nothing to compare: the journal names no project; name one with --project",
    )  # fmt: skip
