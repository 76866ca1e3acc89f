"""`unforbid audit verify`, alone and held against what was kept of the journal elsewhere."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from command import run
from fakes.clock import START

from shared import wiring
from shared.model.journal import Line, Opened, Paged

pytestmark = [pytest.mark.hazard("H44"), pytest.mark.invariant("I28")]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    wiring.forget()
    write(0, 3)
    yield tmp_path
    wiring.journal().close()  # type: ignore[union-attr]
    wiring.forget()


def write(first: int, last: int) -> None:
    for number in range(first, last):
        body = Paged(step=0, why=f"{number}?") if number else Opened(run="r-1", plan_hash="h")
        wiring.journal().append(Line(fix="f-1", number=number, at=START, generation=0, body=body))


def copied(folder: Path, *more: Any) -> str:
    """What a log bucket keeps of the journal: each line with its place, beside other lines of ours."""
    lines = [{"jsonPayload": {"event": "journal", "head": one.noted}} for one in wiring.journal().links()]
    file = folder / "copy.json"
    file.write_text(json.dumps([{"jsonPayload": {"event": "sweep"}}, {"textPayload": "hello"}, *lines, *more]))
    return str(file)


def test_a_whole_journal_says_how_to_make_sure_that_it_was_not_cut_short() -> None:
    told = run("audit", "verify")
    assert (told.exit_code, told.output.splitlines()[0].partition(";")[0]) == (0, "whole: 3 links of 1 fixes")
    assert "--copy or --head" in told.output


def test_a_journal_that_agrees_with_its_copy_says_on_how_many_lines(folder: Path) -> None:
    copy = copied(folder)
    write(3, 5)
    told = run("audit", "verify", "--copy", copy)
    assert (told.exit_code, told.output.splitlines()[1]) == (
        0, "3 of them stand in what was kept elsewhere, and are the same",
    )  # fmt: skip


def test_a_journal_that_was_cut_short_or_written_anew_is_found_by_its_copy(folder: Path) -> None:
    copy = copied(folder)
    wiring.journal().close()  # type: ignore[union-attr]
    wiring.forget()
    for file in folder.rglob("journal.db*"):
        file.unlink()
    write(0, 2)
    assert run("audit", "verify").exit_code == 0
    told = run("audit", "verify", "--copy", copy)
    assert told.exit_code == 1
    assert "WRONG  link 3 is not the one that was noted: the journal was cut short or written anew" in told.output


def test_a_line_that_was_changed_is_found_without_a_copy(folder: Path) -> None:
    (file,) = folder.rglob("journal.db")
    with closing(sqlite3.connect(file)) as db, db:
        db.execute("UPDATE lines SET line = cast(replace(line, '1?', '9?') AS BLOB) WHERE number = 1")
    told = run("audit", "verify")
    assert (told.exit_code, "line 1 of f-1 is not what was written" in told.output) == (1, True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "cannot be read"),
        ("[]", "no entry in"),
        ('{"jsonPayload": {}}', "no entry in"),
        ("[1, null, {}]", "no entry in"),
        ('[{"jsonPayload": {"head": "7:beef"}}]', "'7:beef' is no head"),
    ],
)
def test_what_is_no_copy_is_refused_and_says_so(folder: Path, text: str, said: str) -> None:
    file = folder / "copy.json"
    file.write_text(text)
    told = run("audit", "verify", "--copy", str(file))
    assert (told.exit_code, said in told.output) == (1, True)


def test_a_head_that_is_none_is_refused() -> None:
    told = run("audit", "verify", "--head", "12")
    assert (told.exit_code, "'12' is no head" in told.output) == (1, True)
