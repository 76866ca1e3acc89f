"""What carrying out a fix takes: every port that it reads and writes through, and what is done beside."""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct

from shared.execution.families import Families
from shared.execution.fold import Fix
from shared.ports import Clock, Cloud, Guards, Journal, Queue, Sight


class Errands(Protocol):
    """What the executor does beside carrying out fixes: it asks, settles and shows."""

    def run(self, item: str, shop: Workshop) -> None:
        """Do what an item of the queue asks for that is no fix; it stays due where it could not be done now."""

    def stepped(self, fix: Fix) -> None:
        """A fix went a step further."""

    def denied(self, approval: str) -> str:
        """Who said no to a question after it was approved, and why; "" where nobody did."""

    def waiting(self) -> int:
        """How many questions are open."""

    def look_round(self, shop: Workshop) -> None:
        """Whatever is due without anybody having been woken for it."""


class Workshop(Struct, frozen=True, kw_only=True):
    """Everything that carrying out a fix takes. `worker` is different for every invocation.

    `errands` is what is done beside: questions are settled, runs are shown. None where only fixes are carried out.
    `families` are those whose fixes may be carried out with it; `ours` are the service accounts that we act as.
    """

    sight: Sight
    cloud: Cloud
    journal: Journal
    queue: Queue
    clock: Clock
    guards: Guards
    worker: str
    errands: Errands | None = None
    families: Families = Families()
    ours: frozenset[str] = frozenset()
