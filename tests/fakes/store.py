"""A store in memory that keeps count of its writes and can be told to fail."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from shared.errors import NotFound, StoreUnavailable
from shared.model.run import Dropped, Quarantined, Repeats, Run


class MemoryStore:
    def __init__(self) -> None:
        self.kept: dict[str, Run] = {}
        self.entries: dict[str, bytes] = {}
        self.items: dict[str, Quarantined] = {}
        self.drops: dict[str, int] = {}
        self.writes = 0
        self.fails = False

    def open_run(self, run: Run, opened_after: datetime, entry: bytes) -> Run:
        self._write()
        for known in self.kept.values():
            if known.fingerprint == run.fingerprint and known.opened_at > opened_after:
                return known
        self.kept[run.id] = run
        self.entries[run.id] = entry
        return run

    def entry(self, run_id: str) -> bytes:
        return self.entries[self.run(run_id).id]

    def add_repeats(self, repeats: Sequence[Repeats], dropped: Sequence[Dropped]) -> None:
        self._write()
        for one in repeats:
            if (run := self.kept.get(one.run_id)) is None:
                continue
            self.kept[one.run_id] = replace(
                run,
                count=run.count + one.count,
                deliveries=run.deliveries + one.deliveries,
                last_seen=max(run.last_seen, one.last_seen),
            )
        for drop in dropped:
            self.drops[drop.reason] = self.drops.get(drop.reason, 0) + drop.count

    def learn(self, run: Run) -> None:
        self._write()
        if (known := self.kept.get(run.id)) is not None:
            self.kept[run.id] = replace(known, report=run.report, state=run.state, looked_at=run.looked_at)

    def quarantine(self, item: Quarantined) -> None:
        self._write()
        self.items.setdefault(item.id, item)

    def runs(self, limit: int) -> list[Run]:
        self._read()
        return sorted(self.kept.values(), key=lambda run: (-run.last_seen.timestamp(), run.id))[:limit]

    def run(self, run_id: str) -> Run:
        self._read()
        found = [run for run in self.kept.values() if run_id and run.id.startswith(run_id)]
        if len(found) != 1:
            raise NotFound(run_id)
        return found[0]

    def recent_on(self, instance: str, cause: str, seen_after: datetime) -> Run | None:
        self._read()
        found = [
            run
            for run in self.kept.values()
            if run.instance == instance and run.report.cause == cause and run.last_seen >= seen_after
        ]
        return max(found, key=lambda run: run.last_seen, default=None)

    def quarantined(self, limit: int) -> list[Quarantined]:
        self._read()
        return sorted(self.items.values(), key=lambda item: (-item.at.timestamp(), item.id))[:limit]

    def quarantined_item(self, item_id: str) -> Quarantined:
        self._read()
        found = [item for key, item in self.items.items() if item_id and key.startswith(item_id)]
        if len(found) != 1:
            raise NotFound(item_id)
        return found[0]

    def dropped(self) -> list[Dropped]:
        self._read()
        return sorted((Dropped(*drop) for drop in self.drops.items()), key=lambda drop: (-drop.count, drop.reason))

    def _read(self) -> None:
        if self.fails:
            raise StoreUnavailable("the test took the store away")

    def _write(self) -> None:
        self._read()
        self.writes += 1
