"""Bytes of one log entry -> LogEntry, strictly: whatever could be read in two ways is refused with its reason."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import orjson

from shared.errors import Unreadable
from shared.model.log_entry import LogEntry

MOST_BYTES = 1_048_576
MOST_DEPTH = 32
TOO_DEEP = f"nested more than {MOST_DEPTH} deep"
PAYLOADS = ("protoPayload", "jsonPayload", "textPayload", "httpRequest", "logName")
_DEEPEST_LINE = b"\n" + b" " * (2 * MOST_DEPTH)


def read(data: bytes) -> LogEntry:
    """The entry in the bytes.

    Raises:
        Unreadable: over 1 MiB, not UTF-8, not JSON, nested over 32 deep, duplicate keys, wrong types, or no log entry.
    """
    return to_entry(decode(data))


def decode(data: bytes) -> Any:
    """The JSON value in the bytes, refused where it is too large, too deep or says one key twice.

    Written out again with indentation, a value shows its depth by the blanks at the start of a line. Written out again
    as a sink writes it, it is the same bytes unless a key was said twice, or the writer had other habits: then a comma
    is lost, and where that is not certain, a slower and exact look follows.
    """
    if len(data) > MOST_BYTES:
        raise Unreadable(f"larger than 1 MiB ({len(data)} bytes)")
    try:
        value = orjson.loads(data)
    except ValueError as error:
        raise Unreadable(_why(data, str(error))) from error
    try:
        lines = orjson.dumps(value, option=orjson.OPT_INDENT_2)
    except TypeError as error:  # orjson writes no more than 254 levels
        raise Unreadable(TOO_DEEP) from error
    if _DEEPEST_LINE in lines and _depth(value) > MOST_DEPTH:
        raise Unreadable(TOO_DEEP)
    if b"\\" not in data and orjson.dumps(value) == data:
        return value
    if data.count(b",") != lines.count(b",") or b"\\u002" in data:
        _refuse_duplicates(data)
    return value


def _depth(value: Any) -> int:
    """How many containers are nested in a value, level by level."""
    level, depth = [value], 0
    while level := [item for item in level if isinstance(item, dict | list)]:
        depth += 1
        level = [part for item in level for part in (item.values() if isinstance(item, dict) else item)]
    return depth


def _refuse_duplicates(data: bytes) -> None:
    json.loads(data, object_pairs_hook=_unique)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Unreadable(f"says one key twice: {twice[:80]!r}")
    return value


def is_notification(value: dict[str, Any]) -> bool:
    """Whether a JSON object is what Cloud Monitoring sends of an alert, which comes where entries come."""
    return len(value) == 2 and "incident" in value and "version" in value


def to_entry(value: Any) -> LogEntry:
    """The log entry a JSON value is, or the notification of an alert in its place."""
    if not isinstance(value, dict):
        raise Unreadable(f"a log entry is a JSON object, this is {_kind(value)}")
    if value.keys().isdisjoint(PAYLOADS):
        if is_notification(value):
            from shared.pipeline.incident import alert_of

            return alert_of(value)
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
    if "depth limit" in message:
        return TOO_DEEP
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return f"not UTF-8 at byte {error.start}"
    return f"not JSON: {message}"


def _kind(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return "a constant"
    if isinstance(value, list):
        return "a list"
    return "a string" if isinstance(value, str) else "a number"
