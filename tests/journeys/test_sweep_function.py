"""The schedule's call, through main.py under functions-framework, with a journal on disk that outlives its process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import functions_framework
import pytest
from fakes.workshop import NAME, Bench
from werkzeug.test import Client

from shared import wiring
from shared.adapters.sqlite_journal import SqliteJournal
from shared.model.facts import Policy
from shared.model.journal import Outcome
from shared.model.machine import PLATFORM
from shared.model.names import Role
from shared.model.outcomes import Outcomes
from shared.model.work import Access, Grant, OriginalCall

TOPIC = "//pubsub.googleapis.com/projects/p/topics/t"
START = Bench().clock.now()
OVER = START + timedelta(hours=1)
GRANT = Grant(resource=TOPIC, role=Role("roles/x"), member="user:ann@example.com", until=OVER)
ACCESS = Access(machine=NAME, account="app@acme-shop.iam.gserviceaccount.com", scopes=(PLATFORM,))
CALL = OriginalCall(principal="ann@example.com", project="projects/p")


class Swept:
    """The sweep function over a Google in memory, and a journal in a file that can be closed and opened again."""

    def __init__(self, client: Client, bench: Bench, file: Path) -> None:
        self.client, self.bench, self.file = client, bench, file
        self.restart()

    def restart(self) -> None:
        """All of ours was down; what is known now is what is on disk."""
        if isinstance(self.bench.journal, SqliteJournal):
            self.bench.journal.close()
        self.bench.journal = self.bench.queue = SqliteJournal(self.file)  # type: ignore[assignment]

    def post(self) -> int:
        self.bench.google.settle()
        return self.client.post("/").status_code

    def every_minute(self, until: Any) -> set[int]:
        told = set()
        while self.bench.clock.now() < until:
            told.add(self.post())
            self.bench.clock.turn(minutes=1)
        return told

    def members(self) -> list[str]:
        return [one for each in self.bench.google.policies[TOPIC].bindings for one in each.members]


@pytest.fixture
def swept(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Swept]:
    bench = Bench()
    bench.google.add()
    bench.google.policies[TOPIC] = Policy(resource=TOPIC, etag="e", version=3)
    bench.google.seen = Outcomes(succeeded=tuple(START + timedelta(seconds=30 * at) for at in range(1, 99)))
    app = functions_framework.create_app("sweep_up", str(root / "functions/sweep/main.py"))
    made = Swept(app.test_client(), bench, tmp_path / "journal.db")
    monkeypatch.setattr(wiring, "workshop", bench.shop)
    yield made
    with closing(made.bench.journal):  # type: ignore[type-var]
        pass


def test_the_schedule_alone_carries_fixes_out_and_ends_them(swept: Swept) -> None:
    fix = swept.bench.open(GRANT, ACCESS, call=CALL)
    assert swept.every_minute(START + timedelta(minutes=30)) == {200}
    assert swept.bench.fix(fix).outcome is Outcome.FIXED
    assert swept.members() == [GRANT.member]
    swept.every_minute(OVER + timedelta(minutes=5))
    assert (swept.members(), swept.bench.queue.next_due()) == ([], None)


def test_a_sweep_says_what_it_did_in_one_line(swept: Swept, capfd: pytest.CaptureFixture[str]) -> None:
    swept.bench.open(GRANT, call=CALL)
    assert swept.post() == 200
    (line,) = [json.loads(one) for one in capfd.readouterr().out.splitlines() if one.startswith("{")]
    assert line.pop("ms") >= 0
    assert len(line.pop("chain").partition(":")[2]) == 64
    assert line == {"severity": "INFO", "event": "sweep", "outcome": "swept", "started": 0, "ended": 0, "stepped": 1,
                    "paused": 0, "open_approvals": 0}  # fmt: skip


@pytest.mark.invariant("I08")
def test_after_a_day_without_us_a_restart_finds_what_has_to_end_and_what_has_to_start(swept: Swept) -> None:
    swept.bench.open(GRANT, call=CALL)
    swept.every_minute(START + timedelta(minutes=10))
    fix = swept.bench.open(ACCESS, plan_hash="vm", call=CALL)
    while swept.bench.fix(fix).step.state != "SETTING":
        swept.post()
        swept.bench.clock.turn(seconds=10)
    swept.restart()
    swept.bench.clock.turn(days=1)
    swept.bench.google.settle()
    assert (swept.members(), swept.bench.google.machines["vm-1"].now.status) == ([GRANT.member], "TERMINATED")
    swept.restart()
    began = swept.bench.clock.now()
    swept.every_minute(began + timedelta(minutes=5))
    assert (swept.members(), swept.bench.google.machines["vm-1"].now.status) == ([], "RUNNING")


def test_what_fails_is_in_the_line_and_the_rest_is_done(swept: Swept, capfd: pytest.CaptureFixture[str]) -> None:
    fix = swept.bench.open(GRANT, call=CALL)
    swept.bench.queue.put("f-of-nobody", START)
    assert swept.post() == 200
    (line,) = [json.loads(one) for one in capfd.readouterr().out.splitlines() if one.startswith("{")]
    assert (line["severity"], line["failed"], line["stepped"]) == ("ERROR", 1, 1)
    assert line["reasons"][0].startswith("f-of-nobody: NotFound: ")
    assert swept.bench.fix(fix).lines > 1


def test_without_its_journal_the_schedule_is_told_to_come_again(swept: Swept) -> None:
    swept.bench.journal.close()  # type: ignore[attr-defined]
    for file in swept.file.parent.glob("journal.db*"):
        file.unlink()
    swept.file.mkdir()
    assert swept.post() == 503
