"""Delivered bytes -> the bytes of the one log entry inside a Pub/Sub push or a CloudEvent, in every form they come.

Binary-mode CloudEvents (Eventarc) and plain pushes (the emulator) have the same body; a structured CloudEvent has it
under `data`, or packed once more under `data_base64`. Sources: "Receive messages from push subscriptions", CloudEvents
HTTP protocol binding 1.0.
"""

from __future__ import annotations

import binascii
from typing import Any

import msgspec
import pybase64
from msgspec import Struct

from shared.errors import Unreadable


class _PubsubMessage(Struct):
    data: Any = None


class _Push(Struct):
    message: _PubsubMessage | None = None


class _Delivery(Struct):
    message: _PubsubMessage | None = None
    data: _Push | None = None
    data_base64: str | None = None


_decode = msgspec.json.Decoder(_Delivery).decode
_decode_push = msgspec.json.Decoder(_Push).decode


def ingest(body: bytes) -> bytes:
    """The bytes of the log entry in a request body.

    Raises:
        Unreadable: not a Pub/Sub delivery, or its data is not base64.
    """
    try:
        delivery = _decode(body)
        inner = _decode_push(_unpacked(delivery.data_base64)) if delivery.data_base64 else delivery.data
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable(f"not a Pub/Sub delivery: {error}") from error
    message = delivery.message or (inner.message if inner else None)
    if message is None or not isinstance(message.data, str) or not message.data:
        raise Unreadable("not a Pub/Sub delivery: it carries no message data")
    return _unpacked(message.data)


def _unpacked(data: str) -> bytes:
    try:
        return pybase64.b64decode(data, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Unreadable(f"the message data is not base64: {error}") from error
