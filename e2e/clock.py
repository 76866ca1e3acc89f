"""One time for everything here: the machine's, moved on by as much as was not waited for, in every process at once."""

from __future__ import annotations

import mmap
import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path

AHEAD = struct.Struct("<q")


class SharedClock:
    """The machine's clock and how far it was turned, in microseconds, in a file that processes share."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(AHEAD.pack(0))
        with path.open("r+b") as file:
            self._kept = mmap.mmap(file.fileno(), AHEAD.size)

    def now(self) -> datetime:
        """The time, in UTC."""
        return datetime.now(UTC) + self._ahead()

    def turn(self, by: timedelta) -> None:
        """Move the time on, for everybody; only one process ever does."""
        AHEAD.pack_into(self._kept, 0, (self._ahead() + by) // timedelta(microseconds=1))

    def _ahead(self) -> timedelta:
        return timedelta(microseconds=AHEAD.unpack_from(self._kept, 0)[0])
