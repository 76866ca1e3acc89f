"""Open questions are listed with who is needed, denied at the terminal, and never approved there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import click
import pytest
from ballot_papers import MINUTE, paper, question, t1
from click.testing import CliRunner, Result
from fakes import FakeClock, MemoryStore
from fakes.clock import START

from shared import wiring
from shared.adapters.sqlite_ballots import SqliteBallots
from shared.cli.approvals import approvals
from shared.cli.people import people
from shared.errors import UnforbidError
from shared.model.approval import Ending, Person, SlackUser
from shared.model.decision import NOTIFY, Decision
from shared.model.report import Report
from shared.model.run import Run, RunState

REPORT = Report(
    id="e",
    verdict="denied",
    reason="",
    cause="iam.missing_role",
    principal="eve@example.com\x1b[2J",
    permissions=("storage.objects.get",),
    resource="//storage.googleapis.com/projects/_/buckets/b",
    decision=Decision(NOTIFY, ()),
)


pytestmark = pytest.mark.usefixtures("file")


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    store = MemoryStore()
    run = Run(id="r-1", fingerprint="f", state=RunState.NOTIFIED, opened_at=START, last_seen=START, report=REPORT)
    store.open_run(run, START - MINUTE, b"{}")
    monkeypatch.setattr(wiring, "store", lambda: store)
    monkeypatch.setattr(wiring, "clock", lambda: FakeClock(START + 5 * MINUTE))
    monkeypatch.setenv("UNFORBID_JOURNAL", str(tmp_path / "journal.db"))
    monkeypatch.setenv("COLUMNS", "220")
    return tmp_path / "ballots.db"


@pytest.fixture
def ballots(file: Path) -> Iterator[SqliteBallots]:
    with closing(SqliteBallots(file)) as kept:
        kept.ask(question())
        kept.ask(t1(id="b-2", run="r-unknown", asked_at=START - 40 * MINUTE, expires_at=START - 10 * MINUTE))
        kept.vote(paper("ann"))
        kept.vote(paper("eve"))
        yield kept


def run(command: click.Command, *arguments: str, given: bytes | None = None) -> Result:
    result = CliRunner().invoke(command, list(arguments), input=given)
    if isinstance(result.exception, UnforbidError):
        raise result.exception
    return result


@pytest.mark.usefixtures("ballots")
def test_open_questions_say_who_was_refused_what_and_who_is_needed_for_how_long() -> None:
    told = run(approvals).output
    line = next(one for one in told.splitlines() if one.startswith("a-1"))
    for part in ("r-1", "T2", "eve@example.com", "storage.objects.get on", "1 of security", "25 min"):
        assert part in line
    assert "//storage.googleapis.com/projects/_/buckets/b" in told
    assert "\x1b[2J" not in told
    assert "a-1: eve@example.com was refused, or gains by it" in told
    assert next(one for one in told.splitlines() if one.startswith("b-2")).rstrip().endswith("over")


@pytest.mark.usefixtures("ballots")
def test_the_same_for_programs() -> None:
    old, new = json.loads(run(approvals, "--format", "json").output)
    assert (old["id"], old["state"], old["principal"], old["minutes_left"]) == ("b-2", "expired", None, 0)
    assert (new["missing"], new["agreed"], new["minutes_left"]) == ("1 of security", ["ann@example.com"], 25)
    assert list(new["not_counted"]) == ["eve@example.com"]


def test_where_nobody_was_asked_no_file_is_made_by_looking(file: Path) -> None:
    assert "nobody is asked anything now" in run(approvals).output
    assert json.loads(run(approvals, "--format", "json").output) == []
    assert not file.exists()


def test_a_question_is_denied_at_the_terminal_once_and_for_good(ballots: SqliteBallots) -> None:
    told = run(approvals, "deny", "a-", "--reason", "not before the audit")
    ended = ballots.ended("a-1")
    assert ended is not None
    assert (told.exit_code, ended.ending, ended.why) == (0, Ending.DENIED, "not before the audit")
    assert ended.by.startswith("terminal:")
    again = run(approvals, "deny", "a-1", "--reason", "not before the audit at all")
    assert (again.exit_code, "had ended before: denied" in again.output) == (1, True)


def test_a_deny_has_a_reason(ballots: SqliteBallots) -> None:
    told = run(approvals, "deny", "a-1", "--reason", "no")
    assert (told.exit_code, "gave no reason" in told.output) == (1, True)
    assert ballots.ended("a-1") is None


def test_nobody_approves_at_the_terminal() -> None:
    assert set(approvals.commands) == {"deny"}


def test_a_file_that_is_named_has_to_be_there(tmp_path: Path) -> None:
    named = str(tmp_path / "none.db")
    for arguments in (["--ballots", named], ["deny", "a-1", "--reason", "not before the audit", "--ballots", named]):
        told = run(approvals, *arguments)
        assert (told.exit_code, "there are no questions at" in told.output) == (1, True)
    assert not Path(named).exists()


# people

ADD = ("add", "Ann@Example.com", "--id", "1234", "--team", "T1", "--user", "U1")


def listed() -> Any:
    return json.loads(run(people, "list", "--format", "json").output)


def test_an_account_is_somebody_once_that_was_said_and_somebody_else_by_the_last_word(file: Path) -> None:
    assert "no account of Slack is known" in run(people, "list").output
    assert not file.exists()
    assert "1 account is known" in run(people, *ADD).output
    assert "ann@example.com" in run(people, "list").output
    run(people, "add", "bob@example.com", "--id", "5", "--team", "T1", "--user", "U1")
    with closing(SqliteBallots(file)) as kept:
        account = SlackUser(team="T1", user="U1")
        assert kept.people() == [(account, Person(id="5", email="bob@example.com"))]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({1: "ann"}, "no e-mail address"),
        ({1: "ann@example.com' || '"}, "no e-mail address"),
        ({3: ""}, "no id of a person"),
        ({3: "a b"}, "no id of a person"),
        ({5: "U1"}, "no id of a Slack team"),
        ({7: "T1"}, "no id of a Slack user"),
        ({7: "U" + "1" * 99}, "no id of a Slack user"),
        ({7: "U1\n"}, None),
    ],
)
def test_what_is_no_account_or_no_person_is_not_added(changed: dict[int, str], said: str | None) -> None:
    told = run(people, *(changed.get(at, word) for at, word in enumerate(ADD)))
    if said is None:
        assert listed()[0]["user"] == "U1"
        return
    assert (told.exit_code, said in told.output, listed()) == (1, True, [])


HEAD = b"enterprise,team,user,id,email\n"


def imported(data: bytes, tmp_path: Path) -> Result:
    (tmp_path / "people.csv").write_bytes(data)
    return run(people, "import", str(tmp_path / "people.csv"))


def test_many_are_read_from_a_file(tmp_path: Path) -> None:
    told = imported(b"\xef\xbb\xbf" + HEAD + b"E1,T1,U1,1,ann@example.com\n,T1,W2,2,BOB@example.com\n", tmp_path)
    assert "2 accounts are known" in told.output
    assert [one["email"] for one in listed()] == ["ann@example.com", "bob@example.com"]
    assert imported(HEAD + b"E1,T1,U1,1,ann@example.com\n", tmp_path).exit_code == 0


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "the first line must be"),
        (HEAD, "names nobody"),
        (b"email,id\na@b.c,1\n", "the first line must be"),
        (HEAD + b",T1,U1,1,ann@example.com\n,T1,U2,2,nobody\n", "line 3: 'nobody' is no e-mail address"),
        (HEAD + b",T1,U1,1\n", "line 2: '' is no e-mail address"),
        (HEAD + b",T1,U1,1,ann@example.com,x\n", "more than 5 columns"),
        (HEAD + b",T1,U1,1,a@example.com\n,T1,U1,2,b@example.com\n", "named twice"),
        (HEAD + b",T1,U1,1,a@example.com\n,T1,U2,2,a@example.com\n", "has two ids"),
        (HEAD + b",T1,U1,1,\xff@example.com\n", "no CSV in UTF-8"),
        (HEAD + b',T1,U1,1,"a@example.com\n', "no CSV in UTF-8"),
        (HEAD + b",T1,U1,1,x\n" * 120_000, "more than 1048576 bytes"),
        (HEAD + b",T1,U1,1,x\n" * 50, "and 30 more"),
    ],
)
def test_a_file_is_kept_whole_or_not_at_all(tmp_path: Path, data: bytes, said: str) -> None:
    told = imported(data, tmp_path)
    assert (told.exit_code, said in told.output, listed()) == (1, True, []), told.output


def test_an_address_that_is_known_has_the_same_id_in_every_file(tmp_path: Path) -> None:
    run(people, *ADD)
    told = imported(HEAD + b",T1,U2,9,ann@example.com\n", tmp_path)
    assert (told.exit_code, "has two ids in the directory: 1234 and 9" in told.output) == (1, True)
