"""Every form in which Pub/Sub delivers a message leads to the same bytes."""

from __future__ import annotations

import base64
import json

import pytest
from entries import push

from shared.errors import Unreadable
from shared.pipeline.ingest import ingest

DATA = b'{"textPayload":"hello"}'
ENCODED = base64.b64encode(DATA).decode()


@pytest.mark.parametrize(
    "body",
    [
        {
            "message": {"data": ENCODED, "messageId": "7", "message_id": "7"},
            "subscription": "projects/p/subscriptions/s",
        },
        {
            "message": {
                "data": ENCODED,
                "messageId": "7",
                "publishTime": "2026-01-02T03:04:05Z",
                "attributes": {"a": "b"},
            }
        },
        {"message": {"data": ENCODED, "message_id": "7"}},
        {
            "specversion": "1.0",
            "id": "7",
            "type": "t",
            "source": "s",
            "data": {"message": {"data": ENCODED, "messageId": "7"}},
        },
        {"specversion": "1.0", "id": "7", "data_base64": base64.b64encode(push({"textPayload": "hello"})).decode()},
        {"message": {"data": ENCODED, "messageId": 9}},
    ],
    ids=["push", "push of the emulator", "snake case only", "structured CloudEvent", "packed CloudEvent", "odd id"],
)
def test_the_message_is_found_in_every_form(body: dict[str, object]) -> None:
    assert json.loads(ingest(json.dumps(body).encode())) == json.loads(DATA)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not a Pub/Sub delivery"),
        (b"hello", "not a Pub/Sub delivery"),
        (b"[]", "not a Pub/Sub delivery"),
        (b"\xff\xfe", "not a Pub/Sub delivery"),
        (b"[" * 100_000, "not a Pub/Sub delivery"),
        (b'{"message":"text"}', "not a Pub/Sub delivery"),
        (b'{"message":{"data":5,"messageId":"1"}}', "carries no message data"),
        (b'{"message":{"messageId":"1"}}', "carries no message data"),
        (b'{"message":{"data":"","messageId":"1"}}', "carries no message data"),
        (b'{"message":{"data":"not base64!","messageId":"1"}}', "not base64"),
        (b'{"message":{"data":"AAA","messageId":"1"}}', "not base64"),
        (b'{"message":{"data":"\xc3\xa9\xc3\xa9","messageId":"1"}}', "not base64"),
        (b'{"data":{"nothing":1}}', "carries no message data"),
        (b'{"data_base64":"!"}', "not base64"),
        (b'{"data_base64":"e30x"}', "not a Pub/Sub delivery"),
    ],
)
def test_what_is_no_delivery_is_refused_with_its_reason(body: bytes, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        ingest(body)


def test_a_pushed_entry_arrives_whole() -> None:
    assert json.loads(ingest(push({"textPayload": "é"}))) == {"textPayload": "é"}
