"""The one JSON form of everything stored or printed; a stored value names its version."""

from __future__ import annotations

from typing import TypeVar

import msgspec

T = TypeVar("T")
_encode = msgspec.json.Encoder().encode


def to_json(value: object) -> bytes:
    """A value as one line of JSON, fields in their declared order."""
    return _encode(value)


def from_json(data: bytes | str, kind: type[T]) -> T:
    """The value behind its JSON form; raises `msgspec.ValidationError` for anything else."""
    return msgspec.json.decode(data, type=kind)
