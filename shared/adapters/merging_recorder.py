"""The recorder of one process: a new denial is stored at once, its repeats are counted and written once a second.

A storm of one denial is one run and one write a second. Counts are exact when the process ends in order (`flush` runs
at exit); a process that is killed loses at most the last second's repeats, never a run.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import datetime, timedelta

from shared.model.run import Dropped, Quarantined, Repeats, Run
from shared.ports import Clock, Store

FLUSH_EVERY = timedelta(seconds=1)
MOST_OPEN = 4_096
MOST_KEYS = 65_536
"""How many runs and entry keys one process remembers; forgetting one costs a read of the store, never a wrong run."""


class _Open:
    """A run this process has seen, with what is not yet written."""

    __slots__ = ("count", "deliveries", "last_seen", "run")

    def __init__(self, run: Run) -> None:
        self.run, self.count, self.deliveries, self.last_seen = run, 0, 0, run.last_seen


class MergingRecorder:
    """The recorder port in front of a store."""

    def __init__(self, store: Store, clock: Clock, merge_for: timedelta) -> None:
        self._store, self._clock, self._merge_for = store, clock, merge_for
        self._lock = threading.Lock()
        self._open: OrderedDict[str, _Open] = OrderedDict()
        self._keys: OrderedDict[bytes, None] = OrderedDict()
        self._dropped: dict[str, int] = {}
        self._dirty: set[str] = set()
        self._flushed_at = clock.now()

    def repeat(self, fingerprint: str, key: bytes, at: datetime) -> Run | None:
        """Count an entry towards the run that is open for it, if this process knows one."""
        with self._lock:
            known = self._open.get(fingerprint)
            if known is None or at - known.run.opened_at >= self._merge_for:
                return None
            self._count(known, key, at)
            return known.run

    def open(self, run: Run, key: bytes) -> tuple[Run, bool]:
        """Store a new run, or count the entry towards the one that another process opened."""
        with self._lock:
            stored = self._store.open_run(run, run.opened_at - self._merge_for)
            known = self._remember(stored)
            if stored is run:
                self._is_new(key)
                return stored, False
            if stored.first_key == key:
                self._is_new(key)
            self._count(known, key, run.opened_at)
            return stored, True

    def drop(self, reason: str) -> None:
        """Count a message that is no denial."""
        with self._lock:
            self._dropped[reason] = self._dropped.get(reason, 0) + 1
            self._flush_if_due(self._clock.now())

    def quarantine(self, item: Quarantined) -> None:
        """Keep a message that could not be read, at once."""
        self._store.quarantine(item)

    def flush(self) -> None:
        """Write every count that is not yet stored; what cannot be written now is kept for the next time."""
        with self._lock:
            self._flush(self._clock.now())

    def _remember(self, run: Run) -> _Open:
        known = self._open[run.fingerprint] = _Open(run)
        self._open.move_to_end(run.fingerprint)
        if len(self._open) > MOST_OPEN:
            self._flush(self._clock.now())
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

    def _count(self, known: _Open, key: bytes, seen_at: datetime) -> None:
        known.deliveries += 1
        known.count += self._is_new(key)
        known.last_seen = max(known.last_seen, seen_at)
        self._dirty.add(known.run.fingerprint)
        self._flush_if_due(seen_at)

    def _flush_if_due(self, now: datetime) -> None:
        if now - self._flushed_at >= FLUSH_EVERY:
            self._flush(now)

    def _flush(self, now: datetime) -> None:
        if not self._dirty and not self._dropped:
            return
        changed = [self._open[fingerprint] for fingerprint in self._dirty]
        repeats = [Repeats(one.run.id, one.count, one.deliveries, one.last_seen) for one in changed]
        self._store.add_repeats(repeats, [Dropped(reason, count) for reason, count in self._dropped.items()])
        for one in changed:
            one.count = one.deliveries = 0
        self._dirty.clear()
        self._dropped.clear()
        self._flushed_at = now
