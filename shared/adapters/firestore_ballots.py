"""The production ballots: a question is one document of Firestore, with its votes and its end.

Votes and ends are written on the condition that the question is as it was read, so they come one after the other, and
what one of them was decided from is still so when it is written.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from msgspec.structs import astuple

from shared.adapters.firestore_database import EXPIRES, FirestoreDatabase, beginning_with, is_id, key_of, patient
from shared.adapters.sqlite_file import micros, time_of
from shared.errors import NotFound, StoreUnavailable
from shared.model.approval import Approval, Card, Choice, Ended, Person, SlackUser, Vote, denied_by, is_too_late
from shared.model.codec import from_json, to_json

if TYPE_CHECKING:
    from google.cloud.firestore import Client

    from shared.adapters.firestore_database import Snapshot

APPROVALS, REQUESTS, CARDS, SNOOZES, PEOPLE = "approvals", "requests", "cards", "snoozes", "people"
KEPT_AFTERWARDS = timedelta(days=1)
"""How long after its time a request is still remembered, whatever the clocks of those who ask."""
MOST_BEHIND = 64
"""How often a vote or an end begins anew, because those of others were quicker."""


class FirestoreBallots:
    """The ballots port on one database; safe to use from several threads and processes."""

    def __init__(self, database: FirestoreDatabase) -> None:
        self._database = database

    def ask(self, approval: Approval) -> Approval:
        """Keep a question, or return the one that is kept under its id already."""
        from google.api_core import exceptions

        new = {"run": approval.run, "open": True, "approval": to_json(approval), "votes": [], "ended": None}
        with self._database.writing() as client:
            named = client.collection(APPROVALS).document(approval.id)
            try:
                named.create(new, **patient())
            except exceptions.AlreadyExists:
                return _approval(named.get(**patient()))
        return approval

    def approval(self, approval_id: str) -> Approval:
        """A question by its id or an unambiguous beginning of it."""
        with self._database.reading() as client:
            found = beginning_with(client, APPROVALS, approval_id)
        is_clear = len(found) == 1 or (found and found[0].id == approval_id)
        if not is_clear:
            what = "several questions begin" if found else "no question begins"
            raise NotFound(f"{what} with {approval_id[:80]!r}; `unforbid approvals` lists them")
        return _approval(found[0])

    def open(self) -> list[Approval]:
        """The questions that have not ended, oldest first."""
        return sorted(self._where("open", True), key=lambda one: (one.asked_at, one.id))

    def of_run(self, run: str) -> list[Approval]:
        """Every question about a run, newest first."""
        return sorted(self._where("run", run), key=lambda one: (one.asked_at, one.id), reverse=True)

    def _where(self, field: str, value: object) -> list[Approval]:
        from google.cloud.firestore import FieldFilter

        with self._database.reading() as client:
            found = client.collection(APPROVALS).where(filter=FieldFilter(field, "==", value)).get(**patient())
        return [_approval(one) for one in found]

    def vote(self, vote: Vote) -> bool:
        """Keep a vote, unless that person has voted on that question before, or it is too late for it."""
        mark = secrets.token_hex(8)
        new = {"person": vote.person.id, "choice": vote.choice.value, "mark": mark, "vote": to_json(vote)}
        for _ in range(MOST_BEHIND):
            with self._database.writing() as client:
                found = _question(client, vote.approval)
                before = found.get("votes")
                if any(one["mark"] == mark for one in before):
                    return True  # the answer to our own write was lost
                if is_too_late(vote, _ended(found)) or any(one["person"] == vote.person.id for one in before):
                    return False
                if _changed(client, found, {"votes": [*before, new]}):
                    return True
        raise StoreUnavailable(f"the vote on {vote.approval} could not be kept: others vote all the time")

    def votes(self, approval_id: str) -> list[Vote]:
        """The votes on a question, in the order in which they were kept."""
        with self._database.reading() as client:
            found = _asked(client, approval_id)
        return [from_json(one["vote"], Vote) for one in found.get("votes")] if found else []

    def end(self, ended: Ended) -> Ended:
        """End a question, as denied where a deny is kept; the end that counts, which is the first one."""
        for _ in range(MOST_BEHIND):
            with self._database.writing() as client:
                found = _question(client, ended.approval)
                if (over := _ended(found)) is not None:
                    return over
                denies = [one for one in found.get("votes") if one["choice"] == Choice.DENY.value]
                counts = denied_by(from_json(denies[0]["vote"], Vote), ended.at) if denies else ended
                if _changed(client, found, {"ended": to_json(counts), "open": False}):
                    return counts
        raise StoreUnavailable(f"{ended.approval} could not be ended: others vote all the time")

    def ended(self, approval_id: str) -> Ended | None:
        """How a question ended, None while it is open, or where there is none."""
        with self._database.reading() as client:
            found = _asked(client, approval_id)
        return _ended(found) if found else None

    def first_time(self, digest: bytes, until: datetime) -> bool:
        """Whether a request is seen for the first time; remembered until a time, and for a while after it."""
        from google.api_core import exceptions

        mark = secrets.token_hex(8)
        with self._database.writing() as client:
            named = client.collection(REQUESTS).document(f"d-{digest.hex()}")
            try:
                named.create({"mark": mark, EXPIRES: until + KEPT_AFTERWARDS}, **patient())
            except exceptions.AlreadyExists:
                return bool(named.get(**patient()).get("mark") == mark)
        return True

    def card(self, run: str) -> Card | None:
        """Where a run is shown."""
        found = self._kept(CARDS, run)
        return from_json(found["card"], Card) if found else None

    def keep_card(self, card: Card) -> None:
        """Remember where a run is shown."""
        self._keep(CARDS, card.run, {"card": to_json(card)})

    def snooze(self, run: str, until: datetime, by: str) -> None:
        """Do not show or remind of a run until a time."""
        self._keep(SNOOZES, run, {"until": micros(until), "by": by})

    def snoozed(self, run: str) -> datetime | None:
        """Until when a run is snoozed."""
        found = self._kept(SNOOZES, run)
        return time_of(found["until"]) if found else None

    def person_of(self, account: SlackUser) -> Person | None:
        """The person behind an account of Slack."""
        found = self._kept(PEOPLE, to_json(astuple(account)).decode())
        return from_json(found["person"], Person) if found else None

    def keep_person(self, account: SlackUser, person: Person) -> None:
        """Say which person is behind an account of Slack."""
        told = {"account": to_json(account), "person": to_json(person)}
        self._keep(PEOPLE, to_json(astuple(account)).decode(), told)

    def people(self) -> list[tuple[SlackUser, Person]]:
        """Every account of Slack with its person, by address."""
        with self._database.reading() as client:
            told = client.collection(PEOPLE).get(**patient())
        found = [(from_json(one.get("account"), SlackUser), from_json(one.get("person"), Person)) for one in told]
        return sorted(found, key=lambda pair: (pair[1].email, astuple(pair[0])))

    def _keep(self, collection: str, of: str, fields: dict[str, Any]) -> None:
        with self._database.writing() as client:
            client.collection(collection).document(key_of(of)).set(fields, **patient())

    def _kept(self, collection: str, of: str) -> dict[str, Any] | None:
        with self._database.reading() as client:
            return client.collection(collection).document(key_of(of)).get(**patient()).to_dict()

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()


def _approval(found: Snapshot) -> Approval:
    return from_json(found.get("approval"), Approval)


def _ended(found: Snapshot) -> Ended | None:
    return from_json(found.get("ended"), Ended) if found.get("ended") is not None else None


def _asked(client: Client, approval_id: str) -> Snapshot | None:
    """A question by its whole id, None where there is none."""
    if not is_id(approval_id):
        return None
    found = client.collection(APPROVALS).document(approval_id).get(**patient())
    return found if found.exists else None


def _question(client: Client, approval_id: str) -> Snapshot:
    found = _asked(client, approval_id)
    if found is None:
        raise NotFound(f"there is no question {approval_id[:80]!r}; `unforbid approvals` lists them")
    return found


def _changed(client: Client, found: Snapshot, fields: dict[str, Any]) -> bool:
    """Whether a question was changed; False where somebody else has changed it since it was read."""
    from google.api_core import exceptions

    try:
        as_read = client.write_option(last_update_time=found.update_time)
        found.reference.update(fields, option=as_read, **patient())
    except exceptions.FailedPrecondition:
        return False
    return True
