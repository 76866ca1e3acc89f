"""A webhook carries a vote from a signed request to a begun fix, once; and nothing that is not signed."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest
from ballot_papers import WHY
from polling import Polls

from shared.approvals.webhook import Signed, signature, still_says
from shared.errors import NotFound, Refused
from shared.model.approval import State
from shared.webhooks import CHANNEL, deliver

KEY = b"k" * 32


@pytest.fixture
def polls() -> Polls:
    polls = Polls()
    polls.ask()
    return polls


def request(polls: Polls, who: str, key: bytes = KEY, **more: Any) -> Signed:
    (asked,) = polls.ballots.of_run("r-1")
    person = {"id": f"id-{who}", "email": f"{who}@example.com"}
    told = {"approval": asked.id, "plan_hash": asked.plan_hash, "choice": "approve", "reason": WHY, "person": person}
    body = json.dumps({**told, **more}).encode()
    time = str(int(polls.clock.now().timestamp()))
    return Signed(timestamp=time, signature=signature(time, body, key), body=body)


def settled(polls: Polls, *keys: bytes) -> State:
    return polls.settle(proofs={CHANNEL: partial(still_says, keys=keys)}).state


def test_two_people_vote_through_it_and_the_fix_is_begun(polls: Polls) -> None:
    for who in ("ann", "sue"):
        assert deliver(request(polls, who), (KEY,), polls.station()).kept
    polls.clock.turn(minutes=20)
    assert settled(polls, KEY) is State.CONSUMED


def test_a_key_that_was_taken_away_since_proves_nothing(polls: Polls) -> None:
    for who in ("ann", "sue"):
        deliver(request(polls, who), (KEY,), polls.station())
    assert settled(polls, b"n" * 32) is State.ASKED
    assert polls.fixes() == []


def test_a_request_is_believed_once(polls: Polls) -> None:
    sent = request(polls, "ann")
    deliver(sent, (KEY,), polls.station())
    polls.clock.turn(minutes=4)
    with pytest.raises(Refused, match="was sent before"):
        deliver(sent, (KEY,), polls.station())


def test_a_forged_request_leaves_nothing_behind(polls: Polls) -> None:
    (asked,) = polls.ballots.of_run("r-1")
    with pytest.raises(Refused, match="not signed"):
        deliver(request(polls, "ann", b"x" * 32), (KEY,), polls.station())
    assert (polls.ballots.votes(asked.id), polls.ballots.requests) == ([], {})


def test_a_vote_that_came_so_is_a_vote_as_any_other(polls: Polls) -> None:
    assert "was refused, or gains by it" in deliver(request(polls, "eve"), (KEY,), polls.station()).said
    assert deliver(request(polls, "bob", choice="deny"), (KEY,), polls.station()).standing.state is State.DENIED
    with pytest.raises(NotFound):
        deliver(request(polls, "ann", approval="a-none"), (KEY,), polls.station())
