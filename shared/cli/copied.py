"""The copy of a journal, as `gcloud logging read --format=json` writes it: the places in the chain that it tells of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from shared.errors import Unreadable
from shared.model.chain import Head

DIGITS = 64
LONGEST_LINE = 200


def head_of(text: str) -> Head:
    """The place that `SEQUENCE:DIGEST` names; raises `Unreadable` for any other text."""
    sequence, _, digest = text.partition(":")
    if not (sequence.isascii() and sequence.isdigit() and len(digest) == DIGITS):
        raise Unreadable(f"{text[:80]!r} is no head: it looks like 12:3f…, with {DIGITS} digits")
    return Head(int(sequence), digest)


def heads_in(file: Path) -> list[Head]:
    """The places that log entries in a file tell of; entries that tell of none are left out.

    Raises:
        Unreadable: it is not the JSON of log entries, or none of them tells of a place.
    """
    try:
        entries = msgspec.json.decode(file.read_bytes())
    except (OSError, msgspec.DecodeError) as error:
        raise Unreadable(f"{file} cannot be read: {str(error)[:LONGEST_LINE]}") from error
    told = [_told(one) for one in entries] if isinstance(entries, list) else []
    heads = [head_of(one) for one in told if one]
    if not heads:
        raise Unreadable(f'no entry in {file} tells of a line: read those of jsonPayload.event="journal" as JSON')
    return heads


def _told(entry: Any) -> str:
    payload = entry.get("jsonPayload") if isinstance(entry, dict) else None
    head = payload.get("head") if isinstance(payload, dict) else None
    return head if isinstance(head, str) else ""
