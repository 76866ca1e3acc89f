"""Delivered bytes -> Message: the one log entry inside a Pub/Sub push or a CloudEvent, in every form they come.

Binary-mode CloudEvents (Eventarc) and plain pushes (the emulator) have the same body; a structured CloudEvent has it
under `data`. Sources: "Receive messages from push subscriptions", CloudEvents HTTP protocol binding 1.0.
"""

from __future__ import annotations

import binascii
from typing import Any

import msgspec
import pybase64
from msgspec import Struct

from shared.errors import Unreadable


class _PubsubMessage(Struct, rename="camel"):
    data: Any = None
    message_id: str = ""
    snake_id: str = msgspec.field(name="message_id", default="")


class _Push(Struct):
    message: _PubsubMessage | None = None


class _Delivery(Struct):
    message: _PubsubMessage | None = None
    data: _Push | None = None


class Message(Struct, frozen=True):
    """One delivered message: its id, empty where the delivery had none, and the bytes of the log entry."""

    id: str
    data: bytes


_decode = msgspec.json.Decoder(_Delivery).decode


def ingest(body: bytes) -> Message:
    """The message in a request body.

    Raises:
        Unreadable: not a Pub/Sub delivery, or its data is not base64.
    """
    try:
        delivery = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable(f"not a Pub/Sub delivery: {error}") from error
    message = delivery.message or (delivery.data.message if delivery.data else None)
    if message is None or not isinstance(message.data, str) or not message.data:
        raise Unreadable("not a Pub/Sub delivery: it carries no message data")
    try:
        return Message(message.message_id or message.snake_id, pybase64.b64decode(message.data, validate=True))
    except (binascii.Error, ValueError) as error:
        raise Unreadable(f"the message data is not base64: {error}") from error
