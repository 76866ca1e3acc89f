"""What is done beside fixes, where nothing but a late no is of interest."""

from __future__ import annotations

from shared.deciding import denied_after_all
from shared.execution.fold import Fix
from shared.pipeline.workshop import Workshop
from shared.ports import Ballots


class OnlyDenies:
    """Errands that know what people said, and remember what they were handed."""

    def __init__(self, ballots: Ballots) -> None:
        self._ballots = ballots
        self.handed: list[str] = []

    def run(self, item: str, shop: Workshop) -> None:  # noqa: ARG002 - the port's
        self.handed.append(item)

    def stepped(self, fix: Fix) -> None:
        self.handed.append(fix.id)

    def denied(self, approval: str) -> str:
        return denied_after_all(approval, self._ballots)

    def waiting(self) -> int:
        return len(self._ballots.open())

    def look_round(self, shop: Workshop) -> None:  # noqa: ARG002 - the port's
        self.handed.append("all")
