"""What Cloud Tasks does with what is due, with the retries that terraform/queues.tf sets: several tasks at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from random import Random
from typing import Any

from e2e.front import token
from sandbox.tasks import Held, TaskQueues

AT_ONCE = {"iam": 3, "api": 3, "compute": 1}
MOST_ATTEMPTS, FIRST_AGAIN, MOST_AGAIN, MOST_DOUBLINGS = 20, timedelta(seconds=5), timedelta(seconds=300), 5
LOOKED_EVERY = 0.01
Post = Callable[[str, dict[str, str], bytes, float], int]


class Sender:
    """Sends what is due. Of a hundred tasks that were answered, `twice` are sent once more, as may happen."""

    def __init__(self, queues: TaskQueues, post: Post, rng: Random, twice: int) -> None:
        self._queues, self._post, self._rng, self._twice = queues, post, rng, twice
        self._sending: dict[str, str] = {}
        self.repeated = 0

    def look(self, pool: ThreadPoolExecutor) -> None:
        """Have everything sent that is due, and is not being sent."""
        now = self._queues.now()
        with self._queues.lock:
            due = sorted((held.at, name) for name, held in self._queues.waiting.items() if held.at <= now)
            for _, name in due:
                queue = name.partition("/tasks/")[0].rpartition("-")[2]
                busy = sum(1 for one in self._sending.values() if one == queue)
                if name not in self._sending and busy < AT_ONCE[queue]:
                    self._sending[name] = queue
                    pool.submit(self._send, name)

    def _send(self, name: str) -> None:
        try:
            with self._queues.lock:
                held = self._queues.waiting[name]
                held.attempts += 1
                held.task.dispatch_count += 1
                again = self._rng.randrange(100) < self._twice
            status = self._sent(held)
            if again and status < 300:
                self.repeated += 1
                self._sent(held)
            self._note(name, held, status)
        finally:
            with self._queues.lock:
                self._sending.pop(name, None)

    def _sent(self, held: Held) -> int:
        request: Any = held.task.http_request
        email, audience = request.oidc_token.service_account_email, request.oidc_token.audience
        headers = {
            **dict(request.headers),
            "X-CloudTasks-TaskName": held.task.name.rpartition("/")[2],
            "Authorization": f"Bearer {token(email, audience, self._queues.now())}",
        }
        return self._post(request.url, headers, request.body, held.task.dispatch_deadline.seconds or 600)

    def _note(self, name: str, held: Held, status: int) -> None:
        """The task is over, or sent again later."""
        with self._queues.lock:
            if 200 <= status < 300 or held.attempts >= MOST_ATTEMPTS:
                self._queues.over(name)
                return
            held.at = self._queues.now() + min(FIRST_AGAIN * 2 ** min(held.attempts - 1, MOST_DOUBLINGS), MOST_AGAIN)
            held.task.schedule_time.FromDatetime(held.at)


@contextmanager
def sending(sender: Sender) -> Iterator[None]:
    """Send until the block ends."""
    ended = threading.Event()
    with ThreadPoolExecutor(sum(AT_ONCE.values())) as pool:

        def run() -> None:
            while not ended.wait(LOOKED_EVERY):
                sender.look(pool)

        thread = threading.Thread(target=run, name="tasks", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
