"""google.rpc.Status in protobuf wire format, as the `grpc-status-details-bin` trailer carries it.

Only the fields read here are decoded: Status{1 code, 2 message, 3 details: Any{1 type_url, 2 value}},
ErrorInfo{1 reason, 2 domain, 3 metadata: map{1 key, 2 value}}, PreconditionFailure{1 violations{1 type, 2 subject,
3 description}} (google/rpc/status.proto, google/rpc/error_details.proto).
"""

from __future__ import annotations

import binascii
from collections.abc import Iterator

from shared.model.denial import ErrorInfo, Violation

_ESCAPED = {"n": 10, "t": 9, "r": 13, '"': 34, "'": 39, "\\": 92, "a": 7, "b": 8, "f": 12, "v": 11}


def read_any(type_url: str, value: bytes) -> ErrorInfo | tuple[Violation, ...] | None:
    """The detail inside one google.protobuf.Any, or None for types that say nothing about a cause."""
    fields = list(_fields(value))
    if type_url.endswith("google.rpc.ErrorInfo"):
        pairs = [dict(_fields(entry)) for number, entry in fields if number == 3]
        metadata = {_text(pair.get(1, b"")): _text(pair.get(2, b"")) for pair in pairs}
        plain = {number: _text(content) for number, content in fields if number in (1, 2)}
        return ErrorInfo(plain.get(1, ""), plain.get(2, ""), metadata)
    if type_url.endswith("google.rpc.PreconditionFailure"):
        found = [dict(_fields(entry)) for number, entry in fields if number == 1]
        return tuple(Violation(*(_text(entry.get(at, b"")) for at in (1, 2, 3))) for entry in found)
    return None


def read_status(encoded: str) -> list[ErrorInfo | tuple[Violation, ...]]:
    """The details of a base64 `grpc-status-details-bin` value; empty when it is not one."""
    try:
        data = binascii.a2b_base64(encoded + "=" * (-len(encoded) % 4))
        details = [dict(_fields(content)) for number, content in _fields(data) if number == 3]
        read = [read_any(_text(detail.get(1, b"")), detail.get(2, b"")) for detail in details]
    except ValueError:
        return []
    return [detail for detail in read if detail]


def unescape(text: str) -> bytes:
    r"""The bytes behind protobuf's text form of a bytes field: `\n`, `\"` octal escapes such as `\020`, and `\x10`."""
    out, at = bytearray(), 0
    while at < len(text):
        if text[at] != "\\" or at + 1 == len(text):
            out += text[at].encode()
            at += 1
        elif text[at + 1 : at + 4].isdigit() and len(text[at + 1 : at + 4]) == 3:
            out.append(int(text[at + 1 : at + 4], 8) & 0xFF)
            at += 4
        elif text[at + 1] == "x" and len(text[at + 2 : at + 4]) == 2:
            out.append(int(text[at + 2 : at + 4], 16))
            at += 4
        else:
            out.append(_ESCAPED.get(text[at + 1], ord(text[at + 1]) & 0xFF))
            at += 2
    return bytes(out)


def _fields(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Each (field number, content) of a message; numbers that are not length-delimited yield empty content."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        kind = key & 7
        if kind == 0:
            _, at = _varint(data, at)
            yield key >> 3, b""
        elif kind == 2:
            size, at = _varint(data, at)
            if at + size > len(data):
                raise ValueError("truncated message")
            yield key >> 3, data[at : at + size]
            at += size
        elif kind in (1, 5):
            at += 8 if kind == 1 else 4
        else:
            raise ValueError(f"wire type {kind}")


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(data) and shift < 64:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
    raise ValueError("truncated number")


def _text(content: bytes) -> str:
    return content.decode("utf-8", "replace")
