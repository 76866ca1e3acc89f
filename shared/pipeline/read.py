"""Bytes of one log entry -> LogEntry, strictly: whatever could be read in two ways is refused with its reason."""

from __future__ import annotations

from typing import Any

import jiter
import msgspec

from shared.errors import Unreadable
from shared.model.log_entry import LogEntry

MOST_BYTES = 1_048_576
MOST_DEPTH = 32
_TOO_DEEP = b"\n" + b" " * MOST_DEPTH
PAYLOADS = ("protoPayload", "jsonPayload", "textPayload", "httpRequest", "logName")


def read(data: bytes) -> LogEntry:
    """The entry in the bytes.

    Raises:
        Unreadable: over 1 MiB, not UTF-8, not JSON, nested over 32 deep, duplicate keys, wrong types, or no log entry.
    """
    return to_entry(decode(data))


def decode(data: bytes) -> Any:
    """The JSON value in the bytes, refused where it is too large, too deep or says one key twice."""
    if len(data) > MOST_BYTES:
        raise Unreadable(f"larger than 1 MiB ({len(data)} bytes)")
    try:
        if _TOO_DEEP in msgspec.json.format(data, indent=1):
            raise Unreadable(f"nested more than {MOST_DEPTH} deep")
        return jiter.from_json(data, catch_duplicate_keys=True, allow_inf_nan=False)
    except RecursionError as error:
        raise Unreadable(f"nested more than {MOST_DEPTH} deep") from error
    except (msgspec.DecodeError, ValueError) as error:
        raise Unreadable(_why(data, str(error))) from error


def to_entry(value: Any) -> LogEntry:
    """The log entry a JSON value is."""
    if not isinstance(value, dict):
        raise Unreadable(f"a log entry is a JSON object, this is {_kind(value)}")
    if not any(payload in value for payload in PAYLOADS):
        raise Unreadable("not a log entry: it has neither a payload nor a log name")
    try:
        return msgspec.convert(value, LogEntry)
    except msgspec.ValidationError:
        pass
    try:
        return msgspec.convert(_without_nulls(value), LogEntry)
    except msgspec.ValidationError as error:
        raise Unreadable(f"wrong type: {error}") from error


def _without_nulls(value: Any) -> Any:
    """Some exporters write absent fields as null."""
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def _why(data: bytes, message: str) -> str:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return f"not UTF-8 at byte {error.start}"
    if "uplicate key" in message:
        return "says one key twice: " + message.partition(" at line")[0].partition("key ")[2]
    return f"not JSON: {message}"


def _kind(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return "a constant"
    return {list: "a list", str: "a string"}.get(type(value), "a number")
