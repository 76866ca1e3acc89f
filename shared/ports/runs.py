"""Where runs are kept, and what stands before it; the clock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from shared.model.run import Dropped, OpenRun, Quarantined, Repeats, Run


class Clock(Protocol):
    """The time, passed in everywhere so that tests can turn it."""

    def now(self) -> datetime:
        """The current time, in UTC with its zone."""


class Store(Protocol):
    """Where runs, quarantine and drop counts live. Every method raises `StoreUnavailable` when it cannot."""

    def open_run(self, run: Run, opened_after: datetime, entry: bytes) -> Run:
        """Keep a new run with its first entry, or return the one of the same fingerprint that was opened after a time.

        Exactly one wins.
        """

    def entry(self, run_id: str) -> bytes:
        """The entry that opened a run, as it was delivered; raises `NotFound`."""

    def add_repeats(self, repeats: Sequence[Repeats], dropped: Sequence[Dropped]) -> None:
        """Add counts to runs and to drop reasons, all in one write."""

    def learn(self, run: Run) -> None:
        """Keep what looking told of a run: its report, its state and when it was looked at; counts stay as they are.

        Of a run that is gone, nothing is kept.
        """

    def quarantine(self, item: Quarantined) -> None:
        """Keep a message that could not be read, whole; keeping the same one twice keeps one."""

    def runs(self, limit: int) -> list[Run]:
        """The runs seen last, newest first."""

    def run(self, run_id: str) -> Run:
        """One run by its id or an unambiguous beginning of it; raises `NotFound`."""

    def recent_on(self, instance: str, cause: str, seen_after: datetime) -> Run | None:
        """The latest run of a cause on a virtual machine, seen after a time."""

    def quarantined(self, limit: int) -> list[Quarantined]:
        """The messages kept last, newest first."""

    def quarantined_item(self, item_id: str) -> Quarantined:
        """One quarantined message by its id or an unambiguous beginning of it; raises `NotFound`."""

    def dropped(self) -> list[Dropped]:
        """How many messages were no denials, by reason."""


class Recorder(Protocol):
    """What one process does with its findings: first of its kind to the store, repeats merged and counted."""

    def repeat(self, fingerprint: str, key: bytes, at: datetime) -> OpenRun | None:
        """Count an entry towards the run this process knows to be open for it; None if it knows of none."""

    def open(self, run: Run, key: bytes, entry: bytes) -> tuple[OpenRun, bool]:
        """Store a new run with its entry, or count it towards the open one; what is known, whether it was merged."""

    def claim_look(self, run: OpenRun, key: bytes) -> bool:
        """Whether this caller is the one to ask Google about a run: its own first entry, asked by nobody so far."""

    def give_back(self, run_id: str) -> None:
        """Look at a run no longer: the next delivery of its entry may."""

    def learn(self, run: Run) -> None:
        """Keep what Google told of a run; where that fails, the next delivery of its entry may look again."""

    def drop(self, reason: str) -> None:
        """Count a message that is no denial."""

    def quarantine(self, item: Quarantined) -> None:
        """Keep a message that could not be read."""

    def flush(self) -> None:
        """Write what is counted but not yet stored."""
