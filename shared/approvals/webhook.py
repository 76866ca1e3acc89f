"""A signed request of another system -> the ballot it carries: authentic, fresh and in the one form; else a refusal."""

from __future__ import annotations

import hmac
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import msgspec
from msgspec import Struct

from shared.errors import Refused
from shared.gate_settings import SHORTEST_KEY
from shared.model.approval import Choice, Person, Vote
from shared.model.codec import from_json

FRESH_FOR = timedelta(seconds=300)
LONGEST_BODY = 16_384
LONGEST_TIME = 12


class Posted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the body of a request says, as JSON."""

    approval: str
    plan_hash: str
    choice: Choice
    reason: str
    person: Person


class Signed(Struct, frozen=True, kw_only=True):
    """A request as it came: the time and the signature of its headers, and the bytes of its body."""

    timestamp: str
    signature: str
    body: bytes


def posted(request: Signed, keys: tuple[bytes, ...], now: datetime) -> Posted:
    """What a request says, once it is proven who sent it and that this was just now.

    The signature is `v1=` and the hexadecimal HMAC-SHA256 of the timestamp (Unix seconds), a dot and the body.
    Several keys let one be replaced by the next. Whether the request was seen before is asked by `digest_of`.

    Raises:
        Refused: it is too old, not signed by one of the keys, or in another form.
    """
    sent_at = _time(request.timestamp)
    if not is_signed(request, keys):
        raise Refused("the request is not signed with a key that is known here")
    if abs(now - sent_at) > FRESH_FOR:
        raise Refused("the request was not sent within the last 5 minutes: sign it with the time of now")
    return read(request.body)


def read(body: bytes) -> Posted:
    """What the body of a request says; raises `Refused` for one in another form."""
    if len(body) > LONGEST_BODY:
        raise Refused(f"the request has more than {LONGEST_BODY} bytes")
    try:
        return msgspec.json.decode(body, type=Posted)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refused(f"the request cannot be read: {error}") from error


def is_signed(request: Signed, keys: tuple[bytes, ...]) -> bool:
    """Whether one of the keys signed a request; takes the same time however much of the signature is right."""
    given = request.signature.encode("utf-8", "replace")
    found = False
    for key in keys:
        if len(key) < SHORTEST_KEY:
            raise Refused(f"a key of the webhook has fewer than {SHORTEST_KEY} bytes, so nothing is believed")
        found |= hmac.compare_digest(signature(request.timestamp, request.body, key).encode(), given)
    return found


def signature(timestamp: str, body: bytes, key: bytes) -> str:
    """What a sender puts into the header of the signature."""
    return f"v1={hmac.new(key, timestamp.encode() + b'.' + body, sha256).hexdigest()}"


def digest_of(request: Signed) -> bytes:
    """What two sendings of one request have in common: kept for as long as one is fresh, it is believed once."""
    return sha256(b"webhook." + request.timestamp.encode("utf-8", "replace") + b"." + request.body).digest()


def still_says(vote: Vote, keys: tuple[bytes, ...]) -> bool:
    """Whether the proof of a vote is a request signed by one of the keys, sent then, that says exactly this vote."""
    try:
        request = from_json(vote.proof, Signed)
        told = read(request.body)
        fresh = abs(vote.at - _time(request.timestamp)) <= FRESH_FOR
        signed = is_signed(request, keys)
    except (Refused, msgspec.DecodeError, UnicodeDecodeError):
        return False
    said = (told.approval, told.plan_hash, told.choice, told.reason, told.person)
    same = said == (vote.approval, vote.plan_hash, vote.choice, vote.reason, vote.person)
    return signed and fresh and same and not vote.strong


def _time(said: str) -> datetime:
    if not (said.isascii() and said.isdigit() and len(said) <= LONGEST_TIME):
        raise Refused("the request does not say when it was sent, in Unix seconds")
    try:
        return datetime.fromtimestamp(int(said), UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise Refused("the request does not say when it was sent, in Unix seconds") from error
