"""The production database: one Firestore client for a process, made on first use, with a deadline on every call.

Nothing here is read and then written in a transaction: what only one may have is claimed by creating a document, and
what changes is written under the condition that it is as it was read. Either is one call that is safe to repeat.
Whatever the client raises beside what an adapter waits for is a store that cannot be reached now:

    Aborted, Cancelled, DeadlineExceeded, InternalServerError,             it did not answer in time, repeated as it was
      ResourceExhausted, RetryError, ServiceUnavailable, Unknown
    Forbidden, Unauthenticated, DefaultCredentialsError, RefreshError      our identity may not use the database
    NotFound, FailedPrecondition                                           there is no such database, or an index lacks
    InvalidArgument                                                        a document is larger than Firestore takes
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from shared.errors import StoreUnavailable

if TYPE_CHECKING:
    from google.cloud.firestore import Client, DocumentReference, DocumentSnapshot

    Snapshot = DocumentSnapshot[DocumentReference]

SECONDS = 10.0
"""How long one call may take with all its repetitions: well under the time a message may take to be acknowledged."""
MOST_TRIES = 8
"""How often a change begins anew because somebody else was quicker; each time, one of them has got on."""
MOST_LETTERS = 200
DEFAULT = "(default)"
CONCERNS = {
    "runs": ("runs", "parts", "claims", "quarantine", "dropped"),
    "journal": ("fixes", "lines", "chain", "leases"),
    "queue": ("queue",),
    "policy": ("remembered", "versions", "texts"),
    "ballots": ("approvals", "requests", "cards", "snoozes", "people"),
    "guards": ("switch", "pauses", "budgets", "trips", "denials"),
}
"""For each database, the collections in it: apart, so that an identity that needs one of them cannot write another."""
EXPIRES = "expires_at"
"""The field after which Firestore may clean a document up. That only saves space: no rule here depends on it."""
CLEANED_UP = ("runs", "parts", "claims", "quarantine", "leases", "budgets", "trips", "denials", "requests")
"""The collection groups that have the field: a time-to-live policy belongs on each of them."""
INDEXED_TOGETHER = {
    "runs": (("instance", "ASCENDING"), ("cause", "ASCENDING"), ("last_seen", "DESCENDING")),
    "denials": (("principal", "ASCENDING"), ("at", "DESCENDING")),
}
"""The composite indexes that the queries need. Google's emulator answers without them; production does not."""
NOT_INDEXED = {
    "runs": ("report", "first_key"),
    "parts": ("data",),
    "lines": ("line",),
    "budgets": ("counted",),
    "approvals": ("approval", "votes", "ended"),
    "remembered": ("said",),
    "texts": ("data",),
}
"""The fields that nobody asks for: without an exemption, each write pays for their indexes."""


class FirestoreDatabase:
    """A database of a project; safe to use from several threads.

    Args:
        project: the id of the project.
        name: the name of the database in it.
    """

    def __init__(self, project: str, name: str = DEFAULT) -> None:
        self._project, self._name = project, name
        self._lock = threading.Lock()
        self._client: Client | None = None

    @contextmanager
    def reading(self) -> Iterator[Client]:
        """The client, for reading; raises `StoreUnavailable` when it cannot be read."""
        with self._told("read") as client:
            yield client

    @contextmanager
    def writing(self) -> Iterator[Client]:
        """The client, for writing; raises `StoreUnavailable` when it cannot be written, or may not have been."""
        with self._told("written") as client:
            yield client

    def close(self) -> None:
        """Let go of the client; it has no way to close its connection, which ends with it."""
        with self._lock:
            self._client = None

    @contextmanager
    def _told(self, what: str) -> Iterator[Client]:
        from google.api_core.exceptions import GoogleAPIError
        from google.auth.exceptions import GoogleAuthError

        try:
            yield self._open()
        except (GoogleAPIError, GoogleAuthError) as error:
            named = f"the database {self._name} of {self._project}"
            raise StoreUnavailable(f"{named} cannot be {what}: {type(error).__name__}: {error}") from error

    def _open(self) -> Client:
        with self._lock:
            if self._client is None:
                from google.cloud.firestore import Client

                self._client = Client(project=self._project, database=self._name)
            return self._client


def name_of(concern: str, beginning: str) -> str:
    """The name of the database of a concern; the default database is that of all of them."""
    if concern not in CONCERNS:
        raise KeyError(f"{concern} has no database; known are {', '.join(CONCERNS)}")
    return beginning if beginning == DEFAULT else f"{beginning}-{concern}"


@cache
def patient() -> dict[str, Any]:
    """The deadline of a call that may be repeated, whether it had its effect or not."""
    from google.api_core import exceptions
    from google.api_core.retry import Retry, if_exception_type

    passing = if_exception_type(
        exceptions.Aborted,
        exceptions.DeadlineExceeded,
        exceptions.InternalServerError,
        exceptions.ResourceExhausted,
        exceptions.ServiceUnavailable,
        exceptions.Unknown,
    )
    return {"timeout": SECONDS, "retry": Retry(predicate=passing, initial=0.05, maximum=1.0, timeout=SECONDS)}


@cache
def careful() -> dict[str, Any]:
    """The deadline of a call that adds: repeated only where Firestore says that it had no effect."""
    from google.api_core import exceptions
    from google.api_core.retry import Retry, if_exception_type

    without_effect = if_exception_type(exceptions.Aborted, exceptions.ResourceExhausted)
    return {"timeout": SECONDS, "retry": Retry(predicate=without_effect, initial=0.05, maximum=1.0, timeout=SECONDS)}


def is_id(text: str) -> bool:
    """Whether a document may have this id here: ours are short, and of letters, digits and a few marks."""
    plain = text.isascii() and text.translate({ord(mark): "x" for mark in "-_:"}).isalnum()
    return plain and len(text) <= MOST_LETTERS and not text.startswith("__")


def key_of(text: str) -> str:
    """The id of the document that stands for any text, such as the name of a resource."""
    return blake2b(text.encode(), digest_size=16).hexdigest()


def beginning_with(client: Client, collection: str, beginning: str) -> list[Snapshot]:
    """At most two documents whose ids begin so; none for what cannot be the beginning of one."""
    from google.cloud.firestore import FieldFilter

    if not is_id(beginning):
        return []
    named = client.collection(collection)
    from_there = FieldFilter("__name__", ">=", named.document(beginning))
    found = named.where(filter=from_there).order_by("__name__").limit(2).get(**patient())
    return [one for one in found if one.id.startswith(beginning)]
