"""The time by Google's clock: read with a document, and counted on from there by a counter that nobody sets."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from shared.adapters.firestore_database import CONCERNS, FirestoreDatabase, patient
from shared.errors import StoreUnavailable

if TYPE_CHECKING:
    from google.cloud.firestore import Client

READ_EVERY, BELIEVED_FOR = timedelta(minutes=5), timedelta(hours=1)
"""How often the time is read, and for how long it is counted on where it cannot be read."""
FAILED_FOR = timedelta(seconds=5)
"""For how long a failure answers everybody: each of many threads would else wait for its own."""
OFF = timedelta(minutes=1)
"""From where on a machine's own clock is called wrong."""
QUEUE, NOW = CONCERNS["queue"][0], "now"
"""The document whose reading tells the time; there is none of that name, which takes nothing from the time."""


def ticking() -> float:
    """Seconds of a counter that goes on while the machine sleeps, where it has one."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class FirestoreClock:
    """The clock port: what has an end ends by Google's time, whatever the machine's own clock says.

    Args:
        database: one that this process may read; reading it tells the time (google.firestore.v1, `Document.read_time`).
        machine: the machine's own clock, which is only compared.
        tell: is told when that is wrong.
        counter: seconds that pass, from any beginning.
    """

    def __init__(
        self,
        database: FirestoreDatabase,
        machine: Callable[[], datetime],
        tell: Callable[[str], None],
        counter: Callable[[], float] = ticking,
    ) -> None:
        self._database, self._machine, self._tell, self._counter = database, machine, tell, counter
        self._lock = threading.Lock()
        self._read: datetime | None = None
        self._read_at = self._tried_at = 0.0
        self._failed: StoreUnavailable | None = None

    def now(self) -> datetime:
        """The current time in UTC, at most the duration of one answer behind Google's.

        Raises:
            StoreUnavailable: it was never read, or not for an hour, and cannot be read now.
        """
        with self._lock:
            at = self._counter()
            if self._failed is not None and at - self._tried_at < FAILED_FOR.total_seconds():
                raise self._failed
            if self._read is None or self._failed or at - self._tried_at >= READ_EVERY.total_seconds():
                self._look(at)
                at = self._counter()
            if self._read is None:
                raise StoreUnavailable("the time could not be read")
            return self._read + timedelta(seconds=at - self._read_at)

    def _look(self, at: float) -> None:
        """Read the time; one that was read within the hour stands in for it where that fails."""
        try:
            with self._database.reading() as client:
                read = _time(client)
        except StoreUnavailable as error:
            self._tried_at = self._counter()
            if self._read is None or at - self._read_at >= BELIEVED_FOR.total_seconds():
                self._failed = error
                raise
            return
        self._read, self._read_at, self._failed = read, self._counter(), None
        self._tried_at = self._read_at
        self._compare(read)

    def _compare(self, read: datetime) -> None:
        off = self._machine() - read
        if abs(off) >= OFF:
            self._tell(f"this machine's clock is {'ahead' if off > timedelta() else 'behind'} by {abs(off)}")


def _time(client: Client) -> datetime:
    read = client.collection(QUEUE).document(NOW).get([], **patient()).read_time
    if not isinstance(read, datetime):  # the client makes one up, of another kind, where no answer was in the stream
        raise StoreUnavailable("Firestore did not tell the time")
    return datetime.fromtimestamp(read.timestamp(), UTC)
