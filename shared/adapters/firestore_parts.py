"""Bytes beside a document of Firestore: compressed, and in parts, because a document holds at most one mebibyte."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from shared.adapters.firestore_database import EXPIRES, patient
from shared.adapters.packing import packed, unpacked
from shared.errors import NotFound

if TYPE_CHECKING:
    from google.cloud.firestore import DocumentReference, WriteBatch

PARTS = "parts"
MOST_BYTES = 900_000


def keep(batch: WriteBatch, of: DocumentReference, data: bytes, expires_at: datetime) -> int:
    """Keep bytes beside the document that a batch makes; in how many parts.

    The first part is written with the batch, so that what is small is one write; others are written before it, so that
    whoever sees the document sees all of them.
    """
    small = packed(data)
    first, *others = (small[at : at + MOST_BYTES] for at in range(0, len(small), MOST_BYTES))
    for number, part in enumerate(others, 1):
        _part(of, number).set({"data": part, EXPIRES: expires_at}, **patient())
    batch.set(_part(of, 0), {"data": first, EXPIRES: expires_at})
    return 1 + len(others)


def kept(of: DocumentReference, parts: int) -> bytes:
    """The bytes kept beside a document; raises `NotFound` where they are not there any more."""
    found = [_part(of, number).get(**patient()) for number in range(parts)]
    if not found or not all(one.exists for one in found):
        raise NotFound(f"what was kept with {of.id} is not there any more: its time is over")
    return unpacked(b"".join(one.get("data") for one in found))


def _part(of: DocumentReference, number: int) -> DocumentReference:
    part: DocumentReference = of.collection(PARTS).document(f"{number:03d}")
    return part
