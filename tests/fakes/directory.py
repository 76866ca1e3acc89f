"""A directory in memory: who is in which group, changed by a test; every question is counted, and it can fail."""

from __future__ import annotations

from collections import Counter


class MemoryDirectory:
    def __init__(self, **groups: set[str]) -> None:
        self.groups: dict[str, set[str]] = dict(groups)
        self.fails: Exception | None = None
        self.asked: Counter[tuple[str, str]] = Counter()

    def is_member(self, group_id: str, member: str) -> bool:
        self.asked[(group_id, member)] += 1
        if self.fails is not None:
            raise self.fails
        return member in self.groups.get(group_id, set())
