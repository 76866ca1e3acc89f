"""A webhook is believed by its signature over the time and the bytes, just now, in one form; and so is its proof later."""

from __future__ import annotations

import hmac
import json
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from ballot_papers import WHY, person
from fakes.clock import START
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from shared.approvals.webhook import LONGEST_BODY, Posted, Signed, digest_of, posted, signature, still_says
from shared.errors import Refused
from shared.model.approval import Choice, Person, Vote
from shared.model.codec import to_json

KEY, NEXT, STRANGE = b"k" * 32, b"n" * 32, b"s" * 32
SAID = {"approval": "a-1", "plan_hash": "h", "choice": "approve", "reason": WHY}
BODY = json.dumps({**SAID, "person": {"id": "id-ann", "email": "ann@example.com"}}).encode()


def request(body: bytes = BODY, key: bytes = KEY, ago: float = 0, **more: Any) -> Signed:
    time = str(int((START - timedelta(seconds=ago)).timestamp()))
    return Signed(**{"timestamp": time, "signature": signature(time, body, key), "body": body, **more})


def test_what_a_signed_request_says_is_believed() -> None:
    assert posted(request(), (KEY,), START) == Posted(
        approval="a-1", plan_hash="h", choice=Choice.APPROVE, reason=WHY, person=person("ann")
    )


def test_the_signature_is_what_any_other_system_can_make() -> None:
    made = "v1=" + hmac.new(KEY, b"1700000000." + BODY, sha256).hexdigest()
    assert signature("1700000000", BODY, KEY) == made


def test_a_key_is_replaced_without_a_gap() -> None:
    for key in (KEY, NEXT):
        assert posted(request(key=key), (KEY, NEXT), START).approval == "a-1"


@pytest.mark.hazard("H17")
@pytest.mark.parametrize(
    "forged",
    [
        request(key=STRANGE),
        request(signature=""),
        request(signature="v1="),
        request(signature=request().signature.removeprefix("v1=")),
        request(signature=request().signature.replace("v1=", "v0=")),
        request(signature=request().signature.upper()),
        request(signature=request().signature + "0"),
        request(signature="v1=é\ud800"),
        request(body=BODY + b" ", signature=request().signature),
        replace(request(), timestamp=str(int(START.timestamp()) + 1)),
        replace(request(), timestamp="0" + request().timestamp),
    ],
)
def test_what_is_not_signed_so_is_refused(forged: Signed) -> None:
    with pytest.raises(Refused, match="not signed"):
        posted(forged, (KEY,), START)


def test_without_a_key_nothing_is_believed() -> None:
    with pytest.raises(Refused, match="not signed"):
        posted(request(), (), START)


def test_a_key_that_can_be_guessed_is_none() -> None:
    for short in (b"", b"secret"):
        with pytest.raises(Refused, match="fewer than 32 bytes"):
            posted(request(key=short), (short,), START)


@pytest.mark.hazard("H17")
@pytest.mark.parametrize("ago", [301, -301, 86_400, -86_400])
def test_a_request_is_fresh_for_five_minutes_either_way(ago: float) -> None:
    with pytest.raises(Refused, match="last 5 minutes"):
        posted(request(ago=ago), (KEY,), START)
    assert posted(request(ago=300 if ago > 0 else -300), (KEY,), START)


@pytest.mark.parametrize("time", ["", "now", "-5", "1.5", "1e9", "١٢٣", "9" * 40, "999999999999", " 1"])
def test_a_time_is_unix_seconds(time: str) -> None:
    with pytest.raises(Refused, match="does not say when"):
        posted(request(timestamp=time, signature=signature(time, BODY, KEY)), (KEY,), START)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b"\xff",
        json.dumps(SAID).encode(),
        BODY.replace(b'"approve"', b'"maybe"'),
        BODY.replace(b'"h"', b"null"),
        BODY.replace(b'"reason"', b'"strong": true, "reason"'),
        b"[" * 10_000,
        BODY + b" " * LONGEST_BODY,
    ],
)
def test_another_form_is_refused_also_where_it_is_signed(body: bytes) -> None:
    with pytest.raises(Refused):
        posted(request(body), (KEY,), START)


@given(st.binary(max_size=300))
def test_whatever_is_signed_is_read_or_refused(body: bytes) -> None:
    try:
        posted(request(body), (KEY,), START)
    except Refused:
        return
    assert json.loads(body)["approval"]


def test_two_sendings_have_one_digest_and_other_requests_another() -> None:
    assert digest_of(request()) == digest_of(replace(request(), signature="v1=other"))
    assert len({digest_of(one) for one in (request(), request(ago=1), request(BODY + b" "))}) == 3


# the proof of a vote, looked at again


def vote(**more: Any) -> Vote:
    told = {"approval": "a-1", "plan_hash": "h", "choice": Choice.APPROVE, "reason": WHY, "person": person("ann")}
    return Vote(**{**told, "at": START, "channel": "webhook", "proof": to_json(request()), **more})


def test_a_vote_that_its_request_says_is_proven() -> None:
    assert still_says(vote(), (KEY,))
    assert still_says(vote(), (NEXT, KEY))


@pytest.mark.parametrize(
    "other",
    [
        vote(approval="a-2"),
        vote(plan_hash="x"),
        vote(choice=Choice.DENY),
        vote(reason=WHY + "!"),
        vote(person=Person(id="id-ann", email="bob@example.com")),
        vote(person=Person(id="id-bob", email="ann@example.com")),
        vote(at=START + timedelta(seconds=301)),
        vote(strong=True),
        vote(proof=b""),
        vote(proof=b"\xff{"),
        vote(proof=to_json(request(key=STRANGE))),
        vote(proof=to_json(request(timestamp="x"))),
    ],
)
def test_a_vote_that_its_request_does_not_say_is_not(other: Vote) -> None:
    assert not still_says(other, (KEY,))
    assert not still_says(vote(), (STRANGE,))
