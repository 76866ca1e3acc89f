"""Switches, budgets and breakers that remember what they were told, in memory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from threading import Lock

from shared.errors import StoreUnavailable
from shared.model.guards import Charge, Pause, Spent, Trip
from shared.ports import Fits


class MemoryGuards:
    """The guards port in memory; `unreadable` makes every method fail."""

    def __init__(self) -> None:
        self.unreadable = False
        self.set: dict[str, Pause] = {}
        self.counted: list[Spent] = []
        self.went: list[Trip] = []
        self.refused: dict[tuple[str, str], datetime] = {}
        self._lock = Lock()

    def pauses(self) -> tuple[Pause, ...]:
        self._readable()
        return tuple(self.set[scope] for scope in sorted(self.set))

    def pause(self, pause: Pause) -> None:
        self._readable()
        self.set.setdefault(pause.scope, pause)

    def resume(self, scope: str) -> bool:
        self._readable()
        return self.set.pop(scope, None) is not None

    def spent(self, charges: Sequence[Charge], since: datetime) -> list[Spent]:
        self._readable()
        budgets = {(one.budget, one.whose) for one in charges}
        return [one for one in self.counted if (one.charge.budget, one.charge.whose) in budgets and one.at >= since]

    def spend(self, charges: Sequence[Charge], key: str, now: datetime, since: datetime, fits: Fits) -> tuple[str, ...]:
        self._readable()
        with self._lock:
            if any(one.key == key for one in self.counted):
                return ()
            if why := fits(self.spent(charges, since)):
                return why
            self.counted += [Spent(charge=one, key=key, at=now) for one in charges]
            return ()

    def tripped(self, trip: Trip) -> None:
        self._readable()
        self.went.append(trip)

    def trips(self, since: datetime) -> list[Trip]:
        self._readable()
        return [one for one in self.went if one.at >= since]

    def denied(self, principal: str, fingerprint: str, at: datetime) -> None:
        self._readable()
        self.refused.setdefault((principal, fingerprint), at)

    def denials(self, principal: str, since: datetime) -> list[datetime]:
        self._readable()
        return sorted(at for (who, _), at in self.refused.items() if who == principal and at >= since)

    def _readable(self) -> None:
        if self.unreadable:
            raise StoreUnavailable("the guards cannot be read")
