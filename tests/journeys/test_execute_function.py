"""A task in, one step of its fix done, through main.py under functions-framework."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import functions_framework
import pytest
from fakes.workshop import Bench
from werkzeug.test import Client, TestResponse

from shared import wiring
from shared.errors import SettingsError
from shared.model.facts import Policy
from shared.model.journal import Outcome
from shared.model.names import Role
from shared.model.outcomes import Outcomes
from shared.model.work import Grant, OriginalCall

TOPIC = "//pubsub.googleapis.com/projects/p/topics/t"
START = Bench().clock.now()
GRANT = Grant(resource=TOPIC, role=Role("roles/x"), member="user:ann@example.com", until=START + timedelta(hours=1))
CALL = OriginalCall(principal="ann@example.com", project="projects/p")


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    bench = Bench()
    bench.google.policies[TOPIC] = Policy(resource=TOPIC, etag="e", version=3)
    bench.google.seen = Outcomes(succeeded=(START + timedelta(seconds=40),))
    monkeypatch.setattr(wiring, "workshop", bench.shop)
    return bench


@pytest.fixture
def client(root: Path) -> Client:
    app = functions_framework.create_app("execute_fix", str(root / "functions/execute/main.py"))
    made: Client = app.test_client()
    return made


def posted(client: Client, fix: str) -> TestResponse:
    return client.post("/", data=json.dumps({"fix": fix}).encode())


def logged(capfd: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capfd.readouterr().out.splitlines() if line.startswith("{")]


def test_a_task_takes_its_fix_one_step_further_and_says_so_in_one_line(
    bench: Bench, client: Client, capfd: pytest.CaptureFixture[str]
) -> None:
    fix = bench.open(GRANT, call=CALL)
    assert posted(client, fix).status_code == 200
    assert len(bench.google.asked) == 1
    (line,) = logged(capfd)
    assert line.pop("ms") >= 0
    assert len(line.pop("chain").partition(":")[2]) == 64
    assert line == {
        "severity": "INFO", "event": "execute", "fix": fix, "run": "r-1", "state": "WRITTEN", "outcome": "goes on",
        "effect": "add_binding", "receipt": "changed",
    }  # fmt: skip


def test_a_step_without_an_effect_names_none(bench: Bench, client: Client, capfd: pytest.CaptureFixture[str]) -> None:
    fix = bench.open(GRANT, call=CALL)
    posted(client, fix)
    bench.turn_to(max(bench.queue.next_due(), START + timedelta(seconds=1)))
    posted(client, fix)
    first, second = logged(capfd)
    assert ("effect" in first, "effect" in second, second["fix"]) == (True, False, fix)


@pytest.mark.hazard("H26")
def test_task_by_task_a_fix_is_carried_out_and_duplicates_do_nothing(bench: Bench, client: Client) -> None:
    fix = bench.open(GRANT, call=CALL)
    while (due := bench.queue.next_due()) is not None and bench.fix(fix).outcome is None:
        bench.turn_to(due)
        assert [posted(client, fix).status_code for _ in range(3)] == [200, 200, 200]
    assert bench.fix(fix).outcome is Outcome.FIXED
    assert len(bench.google.done) == 1


def test_each_task_is_its_own_worker(bench: Bench, client: Client) -> None:
    fix = bench.open(GRANT, call=CALL)
    workers = {(posted(client, fix).status_code, bench.fix(fix).worker) for _ in range(3)}
    assert len(workers) == 3


@pytest.mark.hazard("H28")
@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"fix": 3}', b'{"fix": "f-none"}', b'{"fox": "f-1"}', b"\xff", b"[" * 50_000]
)
def test_what_is_no_task_is_recorded_and_never_comes_again(
    bench: Bench, client: Client, capfd: pytest.CaptureFixture[str], body: bytes
) -> None:
    assert client.post("/", data=body).status_code == 200
    (line,) = logged(capfd)
    assert (line["severity"], line["outcome"]) == ("WARNING", "not a task")
    assert bench.google.asked == []


def test_while_the_journal_is_away_the_task_is_asked_for_again(bench: Bench, client: Client) -> None:
    fix = bench.open(GRANT)
    bench.journal.fails = True
    assert posted(client, fix).status_code == 503
    bench.journal.fails = False
    assert posted(client, fix).status_code == 200
    assert len(bench.google.asked) == 1


@pytest.mark.invariant("I20")
def test_a_defect_of_ours_changes_nothing_and_does_not_loop(
    bench: Bench, client: Client, capfd: pytest.CaptureFixture[str]
) -> None:
    fix = bench.open(GRANT)
    bench.google.blind["policy"] = ZeroDivisionError("in an adapter")
    assert posted(client, fix).status_code == 200
    assert [line["outcome"] for line in logged(capfd)] == ["defect", "a defect of unforbid: ZeroDivisionError"]
    assert bench.google.asked == []
    assert bench.journal.unfinished() == [fix]


def test_settings_that_cannot_be_used_are_no_reason_to_act(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def unusable() -> None:
        raise SettingsError(["UNFORBID_MODE must be observe"])

    monkeypatch.setattr(wiring, "workshop", unusable)
    assert posted(client, "f-1").status_code == 500


@pytest.mark.parametrize("method", ["get", "head", "put", "delete", "patch"])
@pytest.mark.parametrize("name", ["execute/execute_fix", "sweep/sweep_up"])
def test_only_a_post_does_anything(root: Path, bench: Bench, method: str, name: str) -> None:
    folder, _, function = name.partition("/")
    client = functions_framework.create_app(function, str(root / f"functions/{folder}/main.py")).test_client()
    fix = bench.open(GRANT)
    answer = getattr(client, method)("/", data=json.dumps({"fix": fix}))
    assert answer.status_code == 405
    assert bench.fix(fix).lines == 1


LOADED = """
import importlib.util, sys
sys.path.insert(0, {root!r})
spec = importlib.util.spec_from_file_location("main", {main!r})
spec.loader.exec_module(importlib.util.module_from_spec(spec))
heavy = ("google.cloud", "google.api_core", "google.auth", "grpc", "shared.fixing", "shared.moves", "shared.adapters.google")
framework = "google.cloud.functions"
print(sorted(name for name in sys.modules if name.startswith(heavy) and not name.startswith(framework) and getattr(sys.modules[name], "__file__", None)))
"""


@pytest.mark.parametrize("name", ["execute", "sweep"])
def test_nothing_of_google_and_nothing_that_changes_is_loaded_at_import(root: Path, tmp_path: Path, name: str) -> None:
    script = LOADED.format(root=str(root), main=str(root / f"functions/{name}/main.py"))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (done.stdout.strip(), done.returncode) == ("[]", 0), done.stderr
    assert list(tmp_path.iterdir()) == []
