"""A vote that another system signs, through the approve function: kept once, and nothing that is not signed."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import functions_framework
import pytest
from ballot_papers import WHY
from polling import Polls
from werkzeug.test import Client, TestResponse

from shared import wiring
from shared.approvals.webhook import signature, still_says
from shared.gate_settings import GateSettings
from shared.model.approval import State
from shared.settings import Settings
from shared.webhooks import CHANNEL, SIGNATURE, TIMESTAMP

KEY, OLD = b"k" * 32, b"o" * 32
Send = Callable[..., TestResponse]


@pytest.fixture
def polls() -> Polls:
    polls = Polls()
    polls.ask()
    return polls


@pytest.fixture
def client(polls: Polls, root: Path, monkeypatch: pytest.MonkeyPatch) -> Client:
    known = Settings(gate=GateSettings(webhook_keys=(KEY, OLD)))
    monkeypatch.setattr(wiring, "settings", lambda: known)
    monkeypatch.setattr(wiring, "station", polls.station)
    monkeypatch.setattr(wiring, "queue", lambda: polls.bench.queue)
    made: Client = functions_framework.create_app(
        "approve_click", str(root / "functions/approve/main.py")
    ).test_client()
    return made


@pytest.fixture
def send(polls: Polls, client: Client) -> Send:
    def sent(who: str, *, key: bytes = KEY, method: str = "POST", **more: Any) -> TestResponse:
        (asked,) = polls.ballots.asked.values()
        person = {"id": f"id-{who}", "email": f"{who}@example.com"}
        told = {"approval": asked.id, "plan_hash": asked.plan_hash, "choice": "approve", "reason": WHY}
        body = json.dumps({**told, "person": person, **more}).encode()
        time = str(int(polls.clock.now().timestamp()))
        headers = {TIMESTAMP: time, SIGNATURE: signature(time, body, key)}
        return client.open("/webhook", method=method, data=body, headers=headers)

    return sent


def test_the_votes_of_two_wake_the_executor_which_believes_them_by_their_signatures(polls: Polls, send: Send) -> None:
    assert [(send(who, key=key).status_code, send(who, key=key).status_code) for who, key in (("ann", KEY), ("sue", OLD))] == [
        (200, 401), (200, 401),
    ]  # fmt: skip
    assert [one for one in polls.bench.queue.waiting if one.startswith("a-")]
    settled = polls.settle(proofs={CHANNEL: partial(still_says, keys=(KEY, OLD))})
    assert settled.state is State.CONSUMED


@pytest.mark.hazard("H17")
@pytest.mark.parametrize(
    ("sent", "status", "said"),
    [
        ({"key": b"x" * 32}, 401, "not signed with a key that is known"),
        ({"approval": "a-none"}, 404, "no question"),
        ({"plan_hash": "another"}, 409, "the plan has changed"),
        ({"reason": "short"}, 409, "gave no reason"),
        ({"choice": "perhaps"}, 401, "cannot be read"),
        ({"more": 1}, 401, "cannot be read"),
        ({"method": "GET"}, 404, "no such way"),
    ],
)
def test_what_is_no_vote_is_told_why_and_wakes_nobody(
    polls: Polls, send: Send, sent: dict[str, Any], status: int, said: str
) -> None:
    answer = send("ann", **sent)
    assert (answer.status_code, answer.json["kept"]) == (status, False)
    assert said in answer.json["said"]
    assert polls.ballots.given == {}
    assert polls.bench.queue.waiting == {}


@pytest.mark.hazard("H11")
def test_whoever_gains_by_it_is_told_that_they_do_not_count(send: Send) -> None:
    answer = send("eve")
    assert (answer.status_code, "eve@example.com" in answer.json["said"]) == (409, True)


def test_while_the_store_is_away_the_sender_may_send_anew(polls: Polls, send: Send) -> None:
    polls.ballots.fails = True
    assert send("ann").status_code == 503
    polls.ballots.fails = False
    polls.clock.turn(minutes=1)
    assert send("ann").status_code == 200


def test_without_a_key_there_is_no_such_way(send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wiring, "settings", Settings)
    assert send("ann").status_code == 404


@pytest.mark.hazard("H35")
def test_keys_are_not_in_what_is_printed_of_settings() -> None:
    assert "kkkk" not in repr(Settings(gate=GateSettings(webhook_keys=(KEY,))))
