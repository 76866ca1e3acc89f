"""Good versions of the policy in Firestore: each is a document named by its seal, with its text in parts.

A machine that runs functions keeps no files: without this a version would be new again with every cold start.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.adapters.firestore_database import FirestoreDatabase, patient
from shared.adapters.firestore_parts import MOST_BYTES
from shared.adapters.packing import packed, unpacked
from shared.errors import NotFound

if TYPE_CHECKING:
    from google.cloud.firestore import DocumentReference

REMEMBERED, VERSIONS, TEXTS = "remembered", "versions", "texts"
NEWEST = "newest"


class FirestorePolicy:
    """Kept versions in one database; safe to use from several threads and processes."""

    def __init__(self, database: FirestoreDatabase) -> None:
        self._database = database

    def remembered(self) -> bytes | None:
        """What was remembered last."""
        with self._database.reading() as client:
            found = client.collection(REMEMBERED).document(NEWEST).get(**patient())
        return bytes(found.get("said")) if found.exists else None

    def version(self, seal: str) -> bytes:
        """A version that is kept."""
        with self._database.reading() as client:
            named = client.collection(VERSIONS).document(seal)
            found = named.get(**patient())
            if not found.exists:
                raise NotFound(f"no version {seal[:12]} of the policy is kept")
            parts = [_part(named, number).get(**patient()) for number in range(found.get("parts"))]
        if not all(one.exists for one in parts):
            raise NotFound(f"the version {seal[:12]} of the policy is not whole")
        return unpacked(b"".join(one.get("data") for one in parts))

    def keep(self, seal: str, version: bytes, remembered: bytes, needed: frozenset[str]) -> None:
        """Keep a version, then what is remembered, then forget the versions that are not needed."""
        with self._database.writing() as client:
            kept = {one.id: one for one in client.collection(VERSIONS).get(**patient())}
            _keep(client.collection(VERSIONS).document(seal), version)
            client.collection(REMEMBERED).document(NEWEST).set({"said": remembered}, **patient())
            for old in kept.keys() - needed:
                kept[old].reference.delete(**patient())
                for number in range(kept[old].get("parts")):
                    _part(kept[old].reference, number).delete(**patient())


def _keep(named: DocumentReference, version: bytes) -> None:
    """The parts first, so that whoever sees the version sees all of it."""
    small = packed(version)
    parts = [small[at : at + MOST_BYTES] for at in range(0, len(small), MOST_BYTES)]
    for number, part in enumerate(parts):
        _part(named, number).set({"data": part}, **patient())
    named.set({"parts": len(parts)}, **patient())


def _part(of: DocumentReference, number: int) -> DocumentReference:
    part: DocumentReference = of.collection(TEXTS).document(f"{number:03d}")
    return part
