"""The production queue: what is due is kept in a database, and a task of Cloud Tasks wakes the executor at that time.

A task is only a call at about the right time: it may come twice, early, or never. Whether a fix is due its journal
says; what a lost task has left lying, the sweep finds in the database.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from shared.errors import StoreUnavailable
from shared.model.codec import to_json
from shared.ports import Clock, Queue

if TYPE_CHECKING:
    from google.cloud.tasks_v2 import CloudTasksClient, Task

SECONDS = 10.0
"""How long one call may take with all its repetitions."""
ANSWERS_WITHIN = timedelta(minutes=3)
"""How long Cloud Tasks waits for the executor before it calls again."""
FARTHEST = timedelta(days=29)
"""Cloud Tasks takes nothing beyond 30 days: what is due later is woken early, finds that out, and is put again."""
MOST_NAMES = 5
"""How many tasks one fix may have had for one and the same time; after that, the sweep has to find it."""


class CloudTasksQueue:
    """The queue port on a queue of documents, with a task for each item that is put.

    Args:
        waiting: the documents.
        wakes: what makes the tasks.
        clock: the time.
        swept: how the names of items begin that are the sweep's alone, such as the ends of grants: they get no task.
    """

    def __init__(self, waiting: Queue, wakes: Wakes | WakesByFamily, clock: Clock, swept: tuple[str, ...] = ()) -> None:
        self._waiting, self._wakes, self._clock, self._swept = waiting, wakes, clock, swept

    def put(self, fix: str, due: datetime) -> None:
        """Look after a fix at a time. An earlier task is left to come: it finds that nothing is due yet."""
        self._waiting.put(fix, due)
        if not fix.startswith(self._swept):
            self._wakes.wake(fix, due, min(due, self._clock.now() + FARTHEST))

    def due(self, now: datetime, limit: int) -> list[str]:
        """The fixes that are due, longest due first, whether their tasks came or not."""
        return self._waiting.due(now, limit)

    def drop(self, fix: str) -> None:
        """Look after a fix no more; a task that still comes finds that the fix has ended."""
        self._waiting.drop(fix)

    def next_due(self) -> datetime | None:
        """When the next fix is due."""
        return self._waiting.next_due()


class Wakes:
    """Calls of the executor at a time, made once for each fix and time.

    Args:
        queue: the queue of Cloud Tasks, `projects/P/locations/L/queues/Q`.
        url: the executor's address, which is the audience of the token as well.
        invoker: the e-mail of the service account that calls it.
        endpoint: HOST:PORT on this machine that answers in place of Cloud Tasks; "" is Google.
    """

    def __init__(self, queue: str, url: str, invoker: str, endpoint: str = "") -> None:
        self._queue, self._url, self._invoker, self._endpoint = queue, url, invoker, endpoint
        self._lock = threading.Lock()
        self._client: CloudTasksClient | None = None

    def wake(self, fix: str, due: datetime, at: datetime) -> None:
        """Have the executor called for a fix at a time; raises `StoreUnavailable` where that could not be arranged.

        Cloud Tasks does not take a name again for a while after its task is over. A task that was sent already, such
        as the very one that this is called from, will not come again, so another name is taken.
        """
        from google.api_core import exceptions

        with self._told():
            for turn in range(MOST_NAMES):
                name = f"{self._queue}/tasks/{_named(fix, due, turn)}"
                try:
                    self._open().create_task(parent=self._queue, task=self._task(name, fix, at), **_patient())
                except exceptions.AlreadyExists:
                    if self._is_still_to_come(name):
                        return
                else:
                    return

    def close(self) -> None:
        """Let go of the connection."""
        with self._lock:
            if self._client is not None:
                self._client.transport.close()  # type: ignore[no-untyped-call]
                self._client = None

    def _task(self, name: str, fix: str, at: datetime) -> Task:
        from google.cloud import tasks_v2

        return tasks_v2.Task(
            name=name,
            schedule_time=at,
            dispatch_deadline=ANSWERS_WITHIN,
            http_request=tasks_v2.HttpRequest(
                http_method=tasks_v2.HttpMethod.POST,
                url=self._url,
                headers={"Content-Type": "application/json"},
                body=to_json({"fix": fix}),
                oidc_token=tasks_v2.OidcToken(service_account_email=self._invoker, audience=self._url),
            ),
        )

    def _is_still_to_come(self, name: str) -> bool:
        from google.api_core import exceptions

        try:
            return not self._open().get_task(name=name, **_patient()).dispatch_count
        except exceptions.NotFound:
            return False

    @contextmanager
    def _told(self) -> Iterator[None]:
        from google.api_core.exceptions import GoogleAPIError
        from google.auth.exceptions import GoogleAuthError

        try:
            yield
        except (GoogleAPIError, GoogleAuthError) as error:
            raise StoreUnavailable(
                f"the queue {self._queue} cannot be reached: {type(error).__name__}: {error}"
            ) from error

    def _open(self) -> CloudTasksClient:
        with self._lock:
            if self._client is None:
                self._client = _made(self._endpoint)
            return self._client


class WakesByFamily:
    """Calls of several executors, each by its own queue: an item wakes the one of its family.

    Args:
        by_family: what wakes the executor of each family.
        family_of: the family of an item, one of those.
    """

    def __init__(self, by_family: Mapping[str, Wakes], family_of: Callable[[str], str]) -> None:
        self._by_family, self._family_of = by_family, family_of

    def wake(self, fix: str, due: datetime, at: datetime) -> None:
        """Have the executor of an item's family called at a time; raises `StoreUnavailable` where that cannot be."""
        self._by_family[self._family_of(fix)].wake(fix, due, at)

    def close(self) -> None:
        """Let go of every connection."""
        for one in self._by_family.values():
            one.close()


def _made(endpoint: str) -> CloudTasksClient:
    from google.cloud.tasks_v2 import CloudTasksClient

    if not endpoint:
        return CloudTasksClient()
    import grpc

    transport = CloudTasksClient.get_transport_class("grpc")(channel=grpc.insecure_channel(endpoint))
    return CloudTasksClient(transport=transport)


def _named(fix: str, due: datetime, turn: int) -> str:
    """A task's name; hashed, because names that begin alike slow a queue down."""
    return blake2b(f"{fix} {due.isoformat()} {turn}".encode(), digest_size=16).hexdigest()


def _patient() -> dict[str, Any]:
    """The deadline of a call that may be repeated: a named task is made once, however often it is asked for."""
    from google.api_core import exceptions
    from google.api_core.retry import Retry, if_exception_type

    passing = if_exception_type(
        exceptions.DeadlineExceeded,
        exceptions.InternalServerError,
        exceptions.ResourceExhausted,
        exceptions.ServiceUnavailable,
        exceptions.Unknown,
    )
    return {"timeout": SECONDS, "retry": Retry(predicate=passing, initial=0.05, maximum=1.0, timeout=SECONDS)}
