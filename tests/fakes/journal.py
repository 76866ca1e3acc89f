"""A journal and a queue in memory, with the rules of the real ones: a line's number is taken once, a put is the last word."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from shared.errors import NotFound, Overtaken, StoreUnavailable
from shared.model.chain import linked
from shared.model.codec import from_json, to_json
from shared.model.journal import Line, Link, Opened

Reach = Callable[[str], None]
"""Told before and after everything that could be the last thing a worker does."""


class MemoryJournal:
    def __init__(self, reach: Reach = lambda _: None) -> None:
        self.kept: dict[str, list[Line]] = {}
        self.leases: dict[str, tuple[str, datetime]] = {}
        self.open: list[str] = []
        self.chain: list[Link] = []
        self.reach = reach
        self.fails = False

    def append(self, line: Line) -> None:
        name = type(line.body).__name__
        self.reach(f"before line {name}")
        self._up()
        lines = self.kept.setdefault(line.fix, [])
        if line.number != len(lines):
            raise Overtaken(f"line {line.number} of {line.fix} is written already")
        lines.append(from_json(to_json(line), Line))
        if line.number == 0:
            self.open.append(line.fix)
        self.chain.append(linked(line, self.chain[-1] if self.chain else None))
        self.reach(f"after line {name}")

    def links(self) -> Iterator[Link]:
        self._up()
        yield from self.chain

    def head(self) -> Link | None:
        self._up()
        return self.chain[-1] if self.chain else None

    def lines(self, fix: str) -> list[Line]:
        self._up()
        if not self.kept.get(fix):
            raise NotFound(fix)
        return list(self.kept[fix])

    def fixes(self, run: str | None = None) -> list[str]:
        openings = {fix: self.lines(fix)[0] for fix in self.kept}
        found = [fix for fix, line in openings.items() if run in (None, self._run(line))]
        return sorted(found, key=lambda fix: openings[fix].at, reverse=True)

    def unfinished(self) -> list[str]:
        self._up()
        return list(self.open)

    def take_lease(self, target: str, fix: str, until: datetime, now: datetime) -> bool:
        self.reach("before a lease is taken")
        self._up()
        holder, held_until = self.leases.get(target, (fix, until))
        if holder != fix and held_until > now:
            return False
        self.leases[target] = (fix, until)
        return True

    def free_leases(self, fix: str) -> None:
        self.reach("before the leases are freed")
        self._up()
        self.leases = {target: held for target, held in self.leases.items() if held[0] != fix}
        self.open = [one for one in self.open if one != fix]

    def _up(self) -> None:
        if self.fails:
            raise StoreUnavailable("the test took the journal away")

    @staticmethod
    def _run(line: Line) -> str | None:
        return line.body.run if isinstance(line.body, Opened) else None


class MemoryQueue:
    def __init__(self, reach: Reach = lambda _: None) -> None:
        self.waiting: dict[str, datetime] = {}
        self.reach = reach

    def put(self, fix: str, due: datetime) -> None:
        self.reach("before it is queued")
        self.waiting[fix] = due

    def due(self, now: datetime, limit: int) -> list[str]:
        return sorted((fix for fix, due in self.waiting.items() if due <= now), key=lambda fix: self.waiting[fix])[
            :limit
        ]

    def drop(self, fix: str) -> None:
        self.reach("before it is dropped")
        self.waiting.pop(fix, None)

    def next_due(self) -> datetime | None:
        return min(self.waiting.values(), default=None)
