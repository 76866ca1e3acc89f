"""The recorder of one process: a new denial is stored at once, its repeats are counted and written once a second.

A storm of one denial is one run and one write a second. Counts are exact when the process ends in order (`flush` runs
at exit); a process that is killed loses at most the last second's repeats, never a run.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from shared.errors import StoreUnavailable
from shared.model.run import Dropped, OpenRun, Quarantined, Repeats, Run

if TYPE_CHECKING:
    from shared.ports import Clock, Store

FLUSH_EVERY = timedelta(seconds=1)
MOST_OPEN = 4_096
MOST_KEYS = 65_536
"""How many runs and entry keys one process remembers; forgetting one costs a read of the store, never a wrong run."""


class _Pending:
    """What is counted towards one run and not yet written."""

    __slots__ = ("count", "deliveries", "last_seen")

    def __init__(self, last_seen: datetime) -> None:
        self.count, self.deliveries, self.last_seen = 0, 0, last_seen


class MergingRecorder:
    """The recorder port in front of a store.

    What is due is written before a message is counted: one that has to come again because the store failed was not
    counted the first time.
    """

    def __init__(self, store: Store, clock: Clock, merge_for: timedelta) -> None:
        self._store, self._clock, self._merge_for = store, clock, merge_for
        self._lock = threading.Lock()
        self._open: OrderedDict[str, OpenRun] = OrderedDict()
        self._keys: OrderedDict[bytes, None] = OrderedDict()
        self._looking: OrderedDict[str, None] = OrderedDict()
        self._pending: dict[str, _Pending] = {}
        self._dropped: dict[str, int] = {}
        self._flushed_at = clock.now()

    def repeat(self, fingerprint: str, key: bytes, at: datetime) -> OpenRun | None:
        """Count an entry towards the run that is open for it, if this process knows one."""
        with self._lock:
            known = self._open.get(fingerprint)
            if known is None or at - known.opened_at >= self._merge_for:
                return None
            self._flush_if_due(at)
            self._count(known, key, at)
            return known

    def open(self, run: Run, key: bytes, entry: bytes) -> tuple[OpenRun, bool]:
        """Store a new run, or count the entry towards the one that another thread or process opened."""
        with self._lock:
            self._flush_if_due(run.opened_at)
            stored = self._store.open_run(run, run.opened_at - self._merge_for, entry)
            known = self._remember(stored)
            if stored is run:
                self._is_new(key)
                return known, False
            if stored.first_key == key:
                self._is_new(key)
            self._count(known, key, run.opened_at)
            return known, True

    def claim_look(self, run: OpenRun, key: bytes) -> bool:
        """Whether this caller is the one to ask Google about a run."""
        with self._lock:
            if run.first_key != key or run.looked_at is not None or run.id in self._looking:
                return False
            self._looking[run.id] = None
            if len(self._looking) > MOST_OPEN:
                self._looking.popitem(last=False)
            return True

    def give_back(self, run_id: str) -> None:
        """Let the next delivery of an entry look."""
        with self._lock:
            self._looking.pop(run_id, None)

    def learn(self, run: Run) -> None:
        """Keep what Google told of a run."""
        try:
            self._store.learn(run)
        except StoreUnavailable:
            self.give_back(run.id)
            raise

    def drop(self, reason: str) -> None:
        """Count a message that is no denial."""
        with self._lock:
            self._flush_if_due(self._clock.now())
            self._dropped[reason] = self._dropped.get(reason, 0) + 1

    def quarantine(self, item: Quarantined) -> None:
        """Keep a message that could not be read, at once."""
        self._store.quarantine(item)

    def flush(self) -> None:
        """Write every count that is not yet stored; what cannot be written now is kept for the next time."""
        with self._lock:
            self._flush(self._clock.now())

    def _remember(self, run: Run) -> OpenRun:
        known = OpenRun(id=run.id, opened_at=run.opened_at, first_key=run.first_key, looked_at=run.looked_at)
        self._open[run.fingerprint] = known
        self._open.move_to_end(run.fingerprint)
        if len(self._open) > MOST_OPEN:
            self._open.popitem(last=False)
        return known

    def _is_new(self, key: bytes) -> bool:
        """Whether an entry was not seen before; it is from now on."""
        if key in self._keys:
            return False
        self._keys[key] = None
        if len(self._keys) > MOST_KEYS:
            self._keys.popitem(last=False)
        return True

    def _count(self, run: OpenRun, key: bytes, seen_at: datetime) -> None:
        pending = self._pending.get(run.id)
        if pending is None:
            pending = self._pending[run.id] = _Pending(seen_at)
        pending.deliveries += 1
        pending.count += self._is_new(key)
        pending.last_seen = max(pending.last_seen, seen_at)

    def _flush_if_due(self, now: datetime) -> None:
        if now - self._flushed_at >= FLUSH_EVERY:
            self._flush(now)

    def _flush(self, now: datetime) -> None:
        if not self._pending and not self._dropped:
            return
        repeats = [Repeats(run, one.count, one.deliveries, one.last_seen) for run, one in self._pending.items()]
        self._store.add_repeats(repeats, [Dropped(reason, count) for reason, count in self._dropped.items()])
        self._pending.clear()
        self._dropped.clear()
        self._flushed_at = now
