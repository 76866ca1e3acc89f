"""What is due when, as documents in Firestore: what the sweep goes by, whatever became of a task."""

from __future__ import annotations

from datetime import datetime

from shared.adapters.firestore_database import FirestoreDatabase, patient
from shared.adapters.sqlite_file import micros, time_of

QUEUE = "queue"


class FirestoreQueue:
    """The queue port on one database: it wakes nobody, and forgets nothing."""

    def __init__(self, database: FirestoreDatabase) -> None:
        self._database = database

    def put(self, fix: str, due: datetime) -> None:
        """Look after a fix at a time."""
        with self._database.writing() as client:
            client.collection(QUEUE).document(fix).set({"due": micros(due)}, **patient())

    def due(self, now: datetime, limit: int) -> list[str]:
        """The fixes that are due, longest due first."""
        from google.cloud.firestore import FieldFilter

        with self._database.reading() as client:
            by_now = client.collection(QUEUE).where(filter=FieldFilter("due", "<=", micros(now)))
            return [one.id for one in by_now.order_by("due").limit(limit).get(**patient())]

    def drop(self, fix: str) -> None:
        """Look after a fix no more."""
        with self._database.writing() as client:
            client.collection(QUEUE).document(fix).delete(**patient())

    def next_due(self) -> datetime | None:
        """When the next fix is due."""
        with self._database.reading() as client:
            found = client.collection(QUEUE).order_by("due").limit(1).get(**patient())
        return time_of(found[0].get("due")) if found else None
