"""What Cloud Tasks does with what is due: posts it to its address, and again later unless the answer is a 2xx."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

from sandbox.tasks import Held, TaskQueues

FIRST_AGAIN, MOST_AGAIN, MOST_DOUBLINGS, MOST_ATTEMPTS = timedelta(seconds=0.1), timedelta(hours=1), 16, 100
"""How a queue that was made without retry settings tries again: after so long, doubled each time."""
TOKEN_LASTS = timedelta(hours=1)
NOT_REACHED = 0
POLL_SECONDS = 0.05
Post = Callable[[str, dict[str, str], bytes, float], int]
"""Posts a body with headers to an address within seconds; the status of the answer, `NOT_REACHED` where none came."""


def deliver(queues: TaskQueues, post: Post | None = None) -> int:
    """Send every task that is due now, once; how many were answered with success.

    While one is being sent, the queues take calls: its receiver may well put another task.
    """
    now = queues.now()
    with queues.lock:
        due = sorted((held.at, name) for name, held in queues.waiting.items() if held.at <= now)
    return sum(_sent(queues, name, post or posted) for _, name in due)


@contextmanager
def delivering(queues: TaskQueues) -> Iterator[None]:
    """Send what becomes due until the block ends, by the clock of the queues."""
    ended = threading.Event()

    def run() -> None:
        while not ended.wait(POLL_SECONDS):
            deliver(queues)

    thread = threading.Thread(target=run, name="sandbox-tasks", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def posted(url: str, headers: dict[str, str], body: bytes, seconds: float) -> int:
    """Post over HTTP without encryption: the sandbox delivers to this machine."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port or 80, timeout=seconds)
    try:
        connection.request("POST", f"{parts.path or '/'}{parts.query and '?' + parts.query}", body, headers)
        return connection.getresponse().status
    except (OSError, HTTPException):
        return NOT_REACHED
    finally:
        connection.close()


def _sent(queues: TaskQueues, name: str, post: Post) -> bool:
    """Whether one task was sent and answered with success; then, and when it was tried often enough, it is over."""
    with queues.lock:
        held = queues.waiting.get(name)
        if held is None:
            return False
        held.attempts += 1
        held.task.dispatch_count += 1
        request, headers = held.task.http_request, _headers(held, queues.now())
        seconds = held.task.dispatch_deadline.seconds or 600
    status = post(request.url, headers, request.body, seconds)
    with queues.lock:
        done = 200 <= status < 300
        held.task.response_count += status != NOT_REACHED
        if queues.waiting.get(name) is not held:
            return done
        if done or held.attempts >= MOST_ATTEMPTS:
            queues.over(name)
        else:
            doublings = min(held.attempts - 1, MOST_DOUBLINGS)
            held.at = queues.now() + min(FIRST_AGAIN * 2**doublings, MOST_AGAIN)
            held.task.schedule_time.FromDatetime(held.at)
    return done


def _headers(held: Held, now: datetime) -> dict[str, str]:
    queue, _, name = held.task.name.partition("/tasks/")
    told = {
        "User-Agent": "Google-Cloud-Tasks",
        "X-CloudTasks-QueueName": queue.rpartition("/")[2],
        "X-CloudTasks-TaskName": name,
        "X-CloudTasks-TaskRetryCount": str(held.attempts - 1),
        "X-CloudTasks-TaskExecutionCount": str(held.task.response_count),
        "X-CloudTasks-TaskETA": f"{held.at.timestamp():.6f}",
    }
    token = held.task.http_request.oidc_token
    if token.service_account_email:
        told["Authorization"] = f"Bearer {_identity(token, held.task.http_request.url, now)}"
    return {**dict(held.task.http_request.headers), **told}


def _identity(token: Any, url: str, now: datetime) -> str:
    """An OIDC token as Google makes it for a service account, but for its signature: there is none."""
    claims = {
        "iss": "https://accounts.google.com",
        "aud": token.audience or url,
        "email": token.service_account_email,
        "email_verified": True,
        "iat": int(now.timestamp()),
        "exp": int((now + TOKEN_LASTS).timestamp()),
    }
    parts = ({"alg": "none", "typ": "JWT"}, claims)
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts) + "."
