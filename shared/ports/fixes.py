"""Where fixes are kept, what is due when, and what holds effects back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from shared.model.guards import Charge, Pause, Spent, Trip
    from shared.model.journal import Line, Link


class Journal(Protocol):
    """Where the lines of fixes are kept. Every method raises `StoreUnavailable` when it cannot."""

    def append(self, line: Line) -> None:
        """Keep a line under its number; raises `Overtaken` where another line has that number."""

    def lines(self, fix: str) -> list[Line]:
        """Every line of a fix in order; raises `NotFound` where there is none."""

    def links(self) -> Iterator[Link]:
        """The chain of all lines that were ever kept, from the first on."""

    def head(self) -> Link | None:
        """The end of that chain, None where nothing was ever written."""

    def fixes(self, run: str | None = None) -> list[str]:
        """The ids of all fixes, or those of one run, newest first."""

    def unfinished(self) -> list[str]:
        """The ids of the fixes that have not ended."""

    def take_lease(self, target: str, fix: str, until: datetime, now: datetime) -> bool:
        """Hold a target for a fix until a time; False where another fix holds it."""

    def free_leases(self, fix: str) -> None:
        """Let go of every target that a fix holds: it is over."""


class Queue(Protocol):
    """What is to be done when. Delivered at least once, and kept over a restart."""

    def put(self, fix: str, due: datetime) -> None:
        """Look after a fix at a time, and no longer at an earlier one that was put before."""

    def due(self, now: datetime, limit: int) -> list[str]:
        """The fixes that are due, longest due first; each stays due until it is put again or dropped."""

    def drop(self, fix: str) -> None:
        """Look after a fix no more."""

    def next_due(self) -> datetime | None:
        """When the next fix is due, None where none waits."""


Fits = Callable[["Sequence[Spent]"], tuple[str, ...]]
"""Whether charges still fit, given what was counted before: the reasons why not."""


class Guards(Protocol):
    """Switches, budgets and breakers, in a store of their own; `StoreUnavailable` where that cannot be used."""

    def pauses(self) -> tuple[Pause, ...]:
        """Every stop that is set now."""

    def pause(self, pause: Pause) -> None:
        """Set a stop; setting it again keeps the first."""

    def resume(self, scope: str) -> bool:
        """Lift a stop; False where none was set there."""

    def spent(self, charges: Sequence[Charge], since: datetime) -> list[Spent]:
        """What was counted since a time against the budgets of these charges."""

    def spend(self, charges: Sequence[Charge], key: str, now: datetime, since: datetime, fits: Fits) -> tuple[str, ...]:
        """Count all of these or none, in one step: the reasons why not, () where they were counted.

        `fits` is given what was counted since a time. Counting again under the same key changes nothing and is allowed.
        """

    def tripped(self, trip: Trip) -> None:
        """Remember how an effect went."""

    def trips(self, since: datetime) -> list[Trip]:
        """How effects went since a time, oldest first."""

    def denied(self, principal: str, fingerprint: str, at: datetime) -> None:
        """Remember that a principal was refused something."""

    def denials(self, principal: str, since: datetime) -> list[datetime]:
        """When a principal met each of its different refusals since a time, oldest first."""
