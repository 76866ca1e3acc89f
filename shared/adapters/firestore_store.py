"""The production store: runs, quarantine and drop counts in Firestore, for any number of processes at once.

A run is found by a claim on its fingerprint, made in the same write as the run. Counts are added by Firestore itself:
where an answer is lost, the counts of that second may be added twice; a run is neither lost nor opened twice.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from shared.adapters.firestore_database import (
    EXPIRES,
    MOST_TRIES,
    FirestoreDatabase,
    beginning_with,
    careful,
    key_of,
    patient,
)
from shared.adapters.firestore_parts import keep, kept
from shared.adapters.sqlite_file import micros, time_of
from shared.errors import NotFound, StoreUnavailable
from shared.model.codec import from_json, to_json
from shared.model.report import Report
from shared.model.run import Dropped, Quarantined, Repeats, Run, RunState

if TYPE_CHECKING:
    from google.cloud.firestore import Client

    from shared.adapters.firestore_database import Snapshot

RUNS, CLAIMS, QUARANTINE, DROPPED = "runs", "claims", "quarantine", "dropped"
RUNS_LAST, CLAIMS_LAST, QUARANTINE_LASTS = timedelta(days=400), timedelta(days=8), timedelta(days=30)
"""A claim is of use for as long as repeats may be merged: at most a week."""
SHARDS = 16
"""Among how many documents the processes share a drop count: one document takes about one write a second."""
Fields = dict[str, Any]


class FirestoreStore:
    """The store port on one database; safe to use from several threads and processes."""

    def __init__(self, database: FirestoreDatabase) -> None:
        self._database, self._shard = database, secrets.randbelow(SHARDS)

    def open_run(self, run: Run, opened_after: datetime, entry: bytes) -> Run:
        """Keep a new run, or return the open one of the same fingerprint."""
        mark = secrets.token_hex(8)
        for _ in range(MOST_TRIES):
            with self._database.writing() as client:
                claim = client.collection(CLAIMS).document(key_of(run.fingerprint)).get(**patient())
                if claim.exists and claim.get("mark") == mark:
                    return run  # the answer to our own write was lost
                if claim.exists and claim.get("opened_at") > micros(opened_after):
                    found = client.collection(RUNS).document(claim.get("run")).get(**patient())
                    if found.exists:
                        return _run(found)
                if _opened(client, claim, run, mark, entry):
                    return run
        raise StoreUnavailable(f"the run {run.id} could not be opened: others write the same one again and again")

    def entry(self, run_id: str) -> bytes:
        """The entry that opened a run, as it was delivered."""
        with self._database.reading() as client:
            found = self._by_beginning(client, run_id)
            return kept(found.reference, found.get("parts"))

    def add_repeats(self, repeats: Sequence[Repeats], dropped: Sequence[Dropped]) -> None:
        """Add counts to runs and drop reasons in one write; a run that is gone by now takes none."""
        from google.api_core import exceptions

        with self._database.writing() as client:
            try:
                self._add(client, repeats, dropped)
            except exceptions.NotFound:
                named = [client.collection(RUNS).document(one.run_id) for one in repeats]
                there = {one.id for one in client.get_all(named, ["state"], **patient()) if one.exists}
                self._add(client, [one for one in repeats if one.run_id in there], dropped)

    def _add(self, client: Client, repeats: Sequence[Repeats], dropped: Sequence[Dropped]) -> None:
        from google.cloud.firestore import Increment, Maximum

        batch = client.batch()
        for one in repeats:
            added = {"count": Increment(one.count), "deliveries": Increment(one.deliveries)}
            latest = {"last_seen": Maximum(micros(one.last_seen))}
            batch.update(client.collection(RUNS).document(one.run_id), added | latest)
        for drop in dropped:
            counter = client.collection(DROPPED).document(f"{key_of(drop.reason)}-{self._shard:02d}")
            batch.set(counter, {"reason": drop.reason, "count": Increment(drop.count)}, merge=True)
        batch.commit(**careful())

    def learn(self, run: Run) -> None:
        """Keep what looking told of a run; its counts stay as they are. Of a run that is gone, nothing is kept."""
        from google.api_core import exceptions

        with self._database.writing() as client, suppress(exceptions.NotFound):
            client.collection(RUNS).document(run.id).update(_told(run), **patient())

    def quarantine(self, item: Quarantined) -> None:
        """Keep a message that could not be read, compressed."""
        from google.api_core import exceptions

        expires = item.at + QUARANTINE_LASTS
        fields = {"at": micros(item.at), "reason": item.reason, "size": item.size, "sha256": item.sha256}
        with self._database.writing() as client, suppress(exceptions.AlreadyExists):
            named = client.collection(QUARANTINE).document(item.id)
            batch = client.batch()
            parts = keep(batch, named, item.data, expires)
            batch.create(named, {**fields, "parts": parts, EXPIRES: expires})
            batch.commit(**patient())

    def runs(self, limit: int) -> list[Run]:
        """The runs seen last, newest first."""
        with self._database.reading() as client:
            found = client.collection(RUNS).order_by("last_seen", direction="DESCENDING").limit(limit).get(**patient())
        return sorted((_run(one) for one in found), key=lambda run: (-micros(run.last_seen), run.id))

    def run(self, run_id: str) -> Run:
        """One run by its id or an unambiguous beginning of it."""
        with self._database.reading() as client:
            return _run(self._by_beginning(client, run_id))

    @staticmethod
    def _by_beginning(client: Client, run_id: str) -> Snapshot:
        found = beginning_with(client, RUNS, run_id)
        if len(found) != 1:
            what = "several runs begin" if found else "no run begins"
            raise NotFound(f"{what} with {run_id[:60]!r}; `unforbid runs` lists them")
        return found[0]

    def recent_on(self, instance: str, cause: str, seen_after: datetime) -> Run | None:
        """The latest run of a cause on a virtual machine, seen after a time."""
        from google.cloud.firestore import FieldFilter

        with self._database.reading() as client:
            query = client.collection(RUNS).order_by("last_seen", direction="DESCENDING").limit(1)
            for field, how, value in (
                ("instance", "==", instance),
                ("cause", "==", cause),
                ("last_seen", ">=", micros(seen_after)),
            ):
                query = query.where(filter=FieldFilter(field, how, value))
            found = query.get(**patient())
        return _run(found[0]) if found else None

    def quarantined(self, limit: int) -> list[Quarantined]:
        """The messages kept last, newest first."""
        with self._database.reading() as client:
            found = client.collection(QUARANTINE).order_by("at", direction="DESCENDING").limit(limit).get(**patient())
            items = [_item(one) for one in found]
        return sorted(items, key=lambda item: (-micros(item.at), item.id))

    def quarantined_item(self, item_id: str) -> Quarantined:
        """One quarantined message by its id or an unambiguous beginning of it."""
        with self._database.reading() as client:
            found = beginning_with(client, QUARANTINE, item_id)
            if len(found) != 1:
                what = "several messages are" if found else "nothing is"
                raise NotFound(f"{what} in quarantine under {item_id[:60]!r}; `unforbid runs` lists what is")
            return _item(found[0])

    def dropped(self) -> list[Dropped]:
        """How many messages were no denials, by reason."""
        counts: dict[str, int] = {}
        with self._database.reading() as client:
            for one in client.collection(DROPPED).get(**patient()):
                counts[one.get("reason")] = counts.get(one.get("reason"), 0) + one.get("count")
        return sorted((Dropped(*drop) for drop in counts.items()), key=lambda drop: (-drop.count, drop.reason))

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()


def _opened(client: Client, claim: Snapshot, run: Run, mark: str, entry: bytes) -> bool:
    """Whether a run was written together with the claim on its fingerprint; False where somebody else was quicker."""
    from google.api_core import exceptions

    batch, named = client.batch(), client.collection(RUNS).document(run.id)
    claims: Fields = {"run": run.id, "mark": mark, "opened_at": micros(run.opened_at)}
    claims[EXPIRES] = run.opened_at + CLAIMS_LAST
    if claim.exists:
        batch.update(claim.reference, claims, option=client.write_option(last_update_time=claim.update_time))
    else:
        batch.create(claim.reference, claims)
    parts = keep(batch, named, entry, run.opened_at + RUNS_LAST)
    batch.create(named, _fields(run) | {"parts": parts})
    try:
        batch.commit(**patient())
    except (exceptions.AlreadyExists, exceptions.FailedPrecondition, exceptions.NotFound):
        return False
    return True


def _fields(run: Run) -> Fields:
    return {
        "fingerprint": run.fingerprint,
        "opened_at": micros(run.opened_at),
        "last_seen": micros(run.last_seen),
        "count": run.count,
        "deliveries": run.deliveries,
        "first_key": run.first_key,
        "instance": run.instance,
        EXPIRES: run.opened_at + RUNS_LAST,
        **_told(run),
    }


def _told(run: Run) -> Fields:
    """The fields that looking may change."""
    return {
        "state": run.state.value,
        "looked_at": None if run.looked_at is None else micros(run.looked_at),
        "cause": run.report.cause,
        "report": to_json(run.report),
    }


def _run(found: Snapshot) -> Run:
    looked_at = found.get("looked_at")
    return Run(
        id=found.id,
        fingerprint=found.get("fingerprint"),
        state=RunState(found.get("state")),
        opened_at=time_of(found.get("opened_at")),
        last_seen=time_of(found.get("last_seen")),
        count=found.get("count"),
        deliveries=found.get("deliveries"),
        first_key=found.get("first_key"),
        instance=found.get("instance"),
        looked_at=None if looked_at is None else time_of(looked_at),
        report=from_json(found.get("report"), Report),
    )


def _item(found: Snapshot) -> Quarantined:
    return Quarantined(
        id=found.id,
        at=time_of(found.get("at")),
        reason=found.get("reason"),
        size=found.get("size"),
        sha256=found.get("sha256"),
        data=kept(found.reference, found.get("parts")),
    )
