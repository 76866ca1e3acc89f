"""The production guards: switches, budgets and breakers in Firestore, the same for every process.

The switch is a document that has to be there: a new database is stopped until two people resume `organization`. Each
budget of somebody is a document with what was counted of late; all that a fix is charged with are written together, on
the condition that none of them has changed since it was read.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from shared.adapters.firestore_database import EXPIRES, MOST_TRIES, FirestoreDatabase, key_of, patient
from shared.adapters.sqlite_file import micros, time_of
from shared.errors import StoreUnavailable
from shared.model.guards import EVERYTHING, Budget, Charge, Pause, Spent, Trip, Went
from shared.ports import Fits

if TYPE_CHECKING:
    from google.cloud.firestore import Client

    from shared.adapters.firestore_database import Snapshot

SWITCH, PAUSES, BUDGETS, TRIPS, DENIALS = "switch", "pauses", "budgets", "trips", "denials"
CLEANED_UP_AFTER = timedelta(days=30)
"""Longer than any budget, breaker or mark looks back."""
MOST_REMEMBERED = 1_000


class FirestoreGuards:
    """The guards port on one database; safe to use from several threads and processes."""

    def __init__(self, database: FirestoreDatabase) -> None:
        self._database = database

    def pauses(self) -> tuple[Pause, ...]:
        """Every stop that is set now; a database without its switch counts as one that cannot be read."""
        with self._database.reading() as client:
            if not client.collection(SWITCH).document(EVERYTHING).get(**patient()).exists:
                raise StoreUnavailable(
                    f"the switch is missing from the database: nothing may change until `unforbid resume {EVERYTHING}`"
                )
            found = client.collection(PAUSES).get(**patient())
        return tuple(sorted((_pause(one) for one in found), key=lambda pause: pause.scope))

    def pause(self, pause: Pause) -> None:
        """Set a stop; setting it again keeps the first."""
        from google.api_core import exceptions

        fields = {"scope": pause.scope, "by": pause.by, "why": pause.why, "at": micros(pause.at)}
        with self._database.writing() as client, suppress(exceptions.AlreadyExists):
            client.collection(PAUSES).document(key_of(pause.scope)).create(fields, **patient())

    def resume(self, scope: str) -> bool:
        """Lift a stop; False where none was set there. The whole is stopped as well where its switch is missing."""
        with self._database.writing() as client:
            stop = client.collection(PAUSES).document(key_of(scope))
            switch = client.collection(SWITCH).document(EVERYTHING)
            missing = scope == EVERYTHING and not switch.get(**patient()).exists
            was_set = stop.get(**patient()).exists
            if was_set:
                stop.delete(**patient())
            if missing:
                switch.set({"said": "may run"}, **patient())
        return bool(was_set or missing)

    def spent(self, charges: Sequence[Charge], since: datetime) -> list[Spent]:
        """What was counted since a time against the budgets of these charges."""
        with self._database.reading() as client:
            return [one for budget in _read(client, charges) for one in budget.spent(since)]

    def spend(self, charges: Sequence[Charge], key: str, now: datetime, since: datetime, fits: Fits) -> tuple[str, ...]:
        """Count all of these or none, in one write: the reasons why not, () where they were counted."""
        from google.api_core import exceptions

        for _ in range(MOST_TRIES):
            with self._database.writing() as client:
                budgets = _read(client, charges)
                before = [one for budget in budgets for one in budget.spent(since)]
                if any(one.key == key for one in before):
                    return ()
                if why := fits(before):
                    return why
                with suppress(exceptions.AlreadyExists, exceptions.FailedPrecondition, exceptions.NotFound):
                    _count(client, budgets, charges, _Turn(key, now, since))
                    return ()
        raise StoreUnavailable(f"the budgets of {key} could not be counted: others count again and again")

    def tripped(self, trip: Trip) -> None:
        """Remember how an effect went."""
        fields = {"at": micros(trip.at), "went": trip.went.value, "why": trip.why, EXPIRES: trip.at + CLEANED_UP_AFTER}
        with self._database.writing() as client:
            client.collection(TRIPS).document(secrets.token_hex(16)).set(fields, **patient())

    def trips(self, since: datetime) -> list[Trip]:
        """How effects went since a time, oldest first."""
        from google.cloud.firestore import FieldFilter

        with self._database.reading() as client:
            recent = client.collection(TRIPS).where(filter=FieldFilter("at", ">=", micros(since)))
            found = recent.order_by("at").get(**patient())
        return [Trip(went=Went(one.get("went")), why=one.get("why"), at=time_of(one.get("at"))) for one in found]

    def denied(self, principal: str, fingerprint: str, at: datetime) -> None:
        """Remember that a principal was refused something; the first time of each counts."""
        from google.api_core import exceptions

        fields = {"principal": principal, "at": micros(at), EXPIRES: at + CLEANED_UP_AFTER}
        named = key_of(f"{principal}\n{fingerprint}")
        with self._database.writing() as client, suppress(exceptions.AlreadyExists):
            client.collection(DENIALS).document(named).create(fields, **patient())

    def denials(self, principal: str, since: datetime) -> list[datetime]:
        """When a principal met each of its different refusals since a time, oldest first."""
        from google.cloud.firestore import FieldFilter

        with self._database.reading() as client:
            mine = client.collection(DENIALS).where(filter=FieldFilter("principal", "==", principal))
            recent = mine.where(filter=FieldFilter("at", ">=", micros(since)))
            found = recent.order_by("at", direction="DESCENDING").limit(MOST_REMEMBERED).get(**patient())
        return [time_of(one.get("at")) for one in reversed(found)]

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()


class _Turn(Struct, frozen=True):
    """One counting: under which key, when, and since when what was counted before is still of use."""

    key: str
    now: datetime
    since: datetime


class _Budget:
    """A budget of somebody, as it was read."""

    def __init__(self, budget: Budget, whose: str, found: Snapshot) -> None:
        self.budget, self.whose, self.found = budget, whose, found
        self.counted: list[dict[str, Any]] = found.get("counted") if found.exists else []

    def spent(self, since: datetime) -> list[Spent]:
        return [
            Spent(
                charge=Charge(budget=self.budget, whose=self.whose, what=one["what"]),
                key=one["key"],
                at=time_of(one["at"]),
            )
            for one in self.counted
            if one["at"] >= micros(since)
        ]


def _pause(found: Snapshot) -> Pause:
    return Pause(scope=found.get("scope"), by=found.get("by"), why=found.get("why"), at=time_of(found.get("at")))


def _read(client: Client, charges: Sequence[Charge]) -> list[_Budget]:
    """Every budget that these charges are of, once."""
    named = dict.fromkeys((one.budget, one.whose) for one in charges)
    of = {(budget, whose): key_of(f"{budget.value}\n{whose}") for budget, whose in named}
    references = [client.collection(BUDGETS).document(key) for key in of.values()]
    found = {one.id: one for one in client.get_all(references, **patient())}
    return [_Budget(budget, whose, found[key]) for (budget, whose), key in of.items()]


def _count(client: Client, budgets: Sequence[_Budget], charges: Sequence[Charge], turn: _Turn) -> None:
    """Write all of them together; raises what the client does where one has changed since it was read."""
    batch = client.batch()
    for budget in budgets:
        new = [
            {"key": turn.key, "what": one.what, "at": micros(turn.now)}
            for one in charges
            if (one.budget, one.whose) == (budget.budget, budget.whose)
        ]
        kept = [one for one in budget.counted if one["at"] >= micros(turn.since)]
        fields = {"counted": kept + new, EXPIRES: turn.now + CLEANED_UP_AFTER}
        if budget.found.exists:
            as_read = client.write_option(last_update_time=budget.found.update_time)
            batch.update(budget.found.reference, fields, option=as_read)
        else:
            batch.create(budget.found.reference, fields)
    batch.commit(**patient())
