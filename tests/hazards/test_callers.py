"""Forged messages, early wake-ups, calls by strangers: through each main.py, and nothing happens."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import functions_framework
import pytest
from callers import AUDIENCE, CALLER, header
from entries import audit, push
from fakes import FakeClock, MemoryStore
from fakes.workshop import Bench
from werkzeug.test import Client

from shared import wiring
from shared.adapters.caller_identity import CallerIdentity
from shared.adapters.merging_recorder import MergingRecorder
from shared.errors import LookFailed
from shared.model.facts import Policy
from shared.model.names import Role
from shared.model.work import Grant
from shared.settings import Settings

NOW = FakeClock().now()
TOPIC = "//pubsub.googleapis.com/projects/p/topics/t"
FUNCTIONS = {"detect": "detect_denial", "execute": "execute_fix", "sweep": "sweep_up"}


class Deployed:
    """The functions as they are deployed, with one fix that is due and an entry to deliver."""

    def __init__(self, root: Path) -> None:
        self.root, self.bench, self.store, self.clock = root, Bench(), MemoryStore(), FakeClock()
        self.bench.google.policies[TOPIC] = Policy(resource=TOPIC, etag="e", version=3)
        until = self.bench.clock.now() + timedelta(hours=1)
        self.fix = self.bench.open(
            Grant(resource=TOPIC, role=Role("roles/x"), member="user:a@example.com", until=until)
        )
        self.recorder = MergingRecorder(self.store, self.clock, Settings().merge_for)

    def post(self, name: str, headers: dict[str, str]) -> int:
        app = functions_framework.create_app(FUNCTIONS[name], str(self.root / f"functions/{name}/main.py"))
        client: Client = app.test_client()
        body = push(audit(permission="storage.objects.get", resource="projects/_/buckets/b"))
        task = json.dumps({"fix": self.fix}).encode()
        return client.post("/", data=body if name == "detect" else task, headers=headers).status_code

    @property
    def untouched(self) -> bool:
        return not self.store.kept and not self.store.items and self.bench.fix(self.fix).lines == 1


@pytest.fixture
def deployed(root: Path, monkeypatch: pytest.MonkeyPatch) -> Deployed:
    made = Deployed(root)
    identity = CallerIdentity(AUDIENCE, frozenset({CALLER}), made.clock, in_front=True)
    monkeypatch.setattr(wiring, "callers", lambda: identity)
    monkeypatch.setattr(wiring, "clock", lambda: made.clock)
    monkeypatch.setattr(wiring, "store", lambda: made.store)
    monkeypatch.setattr(wiring, "recorder", lambda: made.recorder)
    monkeypatch.setattr(wiring, "workshop", made.bench.shop)
    return made


@pytest.mark.parametrize("name", FUNCTIONS)
def test_whom_we_expect_is_served(deployed: Deployed, name: str) -> None:
    assert deployed.post(name, header(NOW)) == 200
    assert not deployed.untouched


@pytest.mark.hazard("H05", "H06", "H28")
@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize(
    "headers",
    [
        {}, header(NOW, email="eve@evil.iam.gserviceaccount.com"), header(NOW, aud="https://other.example.com"), header(NOW, exp=1),
        header(NOW, iss="https://evil.example"), header(NOW, email_verified=False),
    ],
)  # fmt: skip
def test_a_stranger_is_turned_away_before_anything_is_read(
    deployed: Deployed, name: str, headers: dict[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    assert deployed.post(name, headers) == 403
    assert deployed.untouched
    (line,) = [json.loads(one) for one in capfd.readouterr().out.splitlines()]
    assert (line["event"], line["outcome"]) == (name, "turned away")
    assert headers.get("Authorization", "none at all") not in json.dumps(line)


@pytest.mark.hazard("H28")
def test_headers_that_name_a_task_open_nothing(deployed: Deployed) -> None:
    task = {"X-CloudTasks-QueueName": "fixes", "X-CloudTasks-TaskName": "1", "X-Appengine-QueueName": "fixes"}
    assert deployed.post("execute", task) == 403
    assert deployed.untouched


@pytest.mark.hazard("H05", "H28")
@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize(
    "known",
    [Settings(backend="google", project="p"), Settings(backend="google", project="p", audience=AUDIENCE),
     Settings(backend="google", project="p", callers=frozenset({CALLER}))],
)  # fmt: skip
def test_a_function_in_production_does_nothing_until_its_callers_are_set(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch, name: str, known: Settings
) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(wiring, "settings", lambda: known)
    wiring.forget()
    try:
        assert deployed.post(name, header(NOW)) == 500
    finally:
        wiring.forget()
    assert deployed.untouched


@pytest.mark.hazard("H06")
@pytest.mark.parametrize("error", [LookFailed("get the certificates", "tokens", "away"), ZeroDivisionError()])
def test_where_it_cannot_be_told_who_calls_nothing_is_done_and_the_message_comes_again(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def failing(_: str) -> str:
        raise error

    monkeypatch.setattr(wiring, "stranger", failing)
    assert [deployed.post(name, header(NOW)) for name in FUNCTIONS] == [503, 503, 503]
    assert deployed.untouched


def test_on_this_machine_nobody_needs_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: Callable[[], Any] = wiring.callers.__wrapped__
    monkeypatch.setattr(wiring, "settings", Settings)
    assert asked() is None
