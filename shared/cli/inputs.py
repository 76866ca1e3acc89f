"""Whatever a person has at hand -> log entries, one for each input, in order.

One LogEntry, the array of `gcloud logging read --format=json` or the YAML it prints otherwise, one JSON value a line, a
Pub/Sub push, a bare error body, or pasted text. What is not a log entry becomes one: a text its textPayload, an error
body its jsonPayload.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec

from shared.errors import Unreadable
from shared.model.log_entry import LogEntry
from shared.pipeline.ingest import ingest
from shared.pipeline.read import MOST_BYTES, PAYLOADS, decode, is_notification, to_entry

Input = LogEntry | Unreadable
ENTRY_FIELDS = (b'"insertId"', b'"logName"', b'"protoPayload"')


def read_inputs(data: bytes) -> Iterator[Input]:
    """Each input as an entry, or as the error that says why it cannot be read."""
    data = _utf8(data).strip()
    if not data:
        yield Unreadable("empty input")
    elif b"\0" in data:
        yield Unreadable("neither JSON nor text: it holds NUL bytes")
    elif (elements := _array(data)) is not None:
        yield from (_guarded(element) for element in elements)
    elif _is_json(data):
        yield _guarded(data)
    elif lines := _json_lines(data):
        yield from (_guarded(line) for line in lines)
    elif values := _one_after_another(data):
        yield from (_guarded(value) for value in values)
    elif _may_be_yaml(data):
        yield from _from_yaml(data)
    elif _is_cut_short(data):
        yield Unreadable("not JSON: it begins like a log entry and does not end like one; was it cut short?")
    else:
        yield _text(data)


def _one_after_another(data: bytes) -> list[bytes]:
    """Pretty-printed JSON objects one after another, as `jq '.[]'` prints them; empty if it is anything else."""
    if not data.startswith(b"{"):
        return []
    try:
        text, at, found = data.decode("utf-8"), 0, []
        decoder = json.JSONDecoder()
        while at < len(text):
            _, end = decoder.raw_decode(text, at)
            found.append(text[at:end].encode())
            at = end
            while at < len(text) and text[at].isspace():
                at += 1
    except (ValueError, RecursionError):
        return []
    return found


def _may_be_yaml(data: bytes) -> bool:
    if b"logName:" not in data and b"insertId:" not in data:
        return False
    from shared.cli.yaml_entries import is_yaml

    return is_yaml(data)


def _from_yaml(data: bytes) -> Iterator[Input]:
    from shared.cli.yaml_entries import yaml_entries

    try:
        found = yaml_entries(data)
    except Unreadable as error:
        yield error
        return
    yield from (_guarded(entry) for entry in found)


def _is_cut_short(data: bytes) -> bool:
    """Whether text begins as the JSON of a log entry does: read as plain text, most of it would be lost."""
    head = data[:4_096].lstrip(b"[ \r\n\t")
    return head.startswith(b"{") and any(field in data for field in ENTRY_FIELDS)


def _utf8(data: bytes) -> bytes:
    """The same text in UTF-8 without a mark; what Windows writes as UTF-16 says so by its mark."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return data.decode("utf-16").encode()
        except UnicodeDecodeError:
            return data
    return data.removeprefix(b"\xef\xbb\xbf")


def _array(data: bytes) -> list[bytes] | None:
    if not data.startswith(b"["):
        return None
    try:
        return [bytes(element) for element in msgspec.json.decode(data, type=list[msgspec.Raw])]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _is_json(data: bytes) -> bool:
    """Whether the bytes are one JSON value, however strange; a JSON error of the strict reading is then the answer."""
    try:
        msgspec.json.decode(data, type=msgspec.Raw)
    except RecursionError:
        return True
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    return True


def _json_lines(data: bytes) -> list[bytes]:
    """The lines of a file of JSON lines, empty if it is none: most of its lines are objects, arrays or strings."""
    lines = [line.strip() for line in data.split(b"\n") if line.strip()]
    values = sum(line[:1] in b'{["' and _is_json(line) for line in lines)
    return lines if len(lines) > 1 and values * 2 > len(lines) else []


def _guarded(data: bytes) -> Input:
    try:
        return _entry(data)
    except Unreadable as error:
        return error


def _entry(data: bytes) -> Input:
    value = decode(data)
    if isinstance(value, str):
        return _from_text(value)
    if isinstance(value, list):
        return LogEntry(json_payload={"errors": value})
    if isinstance(value, dict) and _is_delivery(value):
        return _entry(ingest(data))
    if isinstance(value, dict) and not any(payload in value for payload in PAYLOADS) and not is_notification(value):
        return LogEntry(json_payload=value)
    return to_entry(value)


def _is_delivery(value: dict[str, Any]) -> bool:
    inner = value.get("data") if "specversion" in value else value
    message = inner.get("message") if isinstance(inner, dict) else None
    return (
        isinstance(message, dict)
        and isinstance(message.get("data"), str)
        and bool({"messageId", "message_id", "publishTime"} & message.keys())
    )


def _text(data: bytes) -> Input:
    try:
        return _from_text(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        return Unreadable(f"neither JSON nor UTF-8 text: byte {error.start} is neither")


def _from_text(text: str) -> Input:
    if len(text.encode("utf-8", "replace")) > MOST_BYTES:
        return Unreadable(f"larger than 1 MiB ({len(text)} characters)")
    return LogEntry(text_payload=text)
