"""What Cloud Run does before a function: lets in who may call it, replaces signatures, waits for an instance to start.

It sends a request on once, to one instance at a time where the deployment says so. A caller whose instance dies on the
way gets a 503, as from Cloud Run.
"""

from __future__ import annotations

import json
import threading
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from shared.adapters.caller_identity import REMOVED

INSTANCE_STARTS_WITHIN = 10.0
ASKED_EVERY = threading.Event()
TOKEN_LASTS = timedelta(hours=1)
DROPPED = ("connection", "host", "content-length", "transfer-encoding")
Happened = Callable[[], None]


class Front:
    """The address of one function, and how its requests went.

    `invoker` is the only account that is let in, "" where everybody is. `token` is what a caller that brings none is
    given: the emulator of Pub/Sub cannot sign one, as Pub/Sub does.
    """

    def __init__(self, name: str, backend: int, at_once: int, invoker: str) -> None:
        self.name, self.backend, self.invoker = name, backend, invoker
        self.instances = threading.Semaphore(at_once)
        self.token: Callable[[], str] | None = None
        self.came: Happened = lambda: None
        self.inside, self.done, self.broken = 0, 0, 0
        self.statuses: list[int] = []
        self.lock = threading.Lock()
        self.port = 0

    def pass_on(
        self, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        """The answer to one request."""
        bearer = headers.get("Authorization", "") or (f"Bearer {self.token()}" if self.token is not None else "")
        if self.invoker and _email_of(bearer) != self.invoker:
            return 403, {}, b"The request was not authenticated."
        if bearer:
            headers = {**headers, "Authorization": _without_signature(bearer)}
        with self.lock:
            self.inside += 1
        try:
            with self.instances:
                answer = self._sent(method, path, headers, body)
        finally:
            with self.lock:
                self.inside -= 1
        with self.lock:
            self.statuses.append(answer[0])
            self.done += answer[0] < 300
            self.broken += answer[0] == 503
        return answer

    def _sent(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
        try:
            connection = self._connected()
            try:
                self.came()
                connection.request(method, path, body, headers)
                got = connection.getresponse()
                return got.status, dict(got.getheaders()), got.read()
            finally:
                connection.close()
        except (OSError, HTTPException):
            return 503, {}, b"The instance is gone."

    def _connected(self) -> HTTPConnection:
        """A connection to an instance, which may be starting."""
        ends = time.monotonic() + INSTANCE_STARTS_WITHIN
        while True:
            connection = HTTPConnection("127.0.0.1", self.backend, timeout=300)
            try:
                connection.connect()
            except OSError:
                if time.monotonic() > ends:
                    raise
                ASKED_EVERY.wait(0.01)
            else:
                return connection


@contextmanager
def listening(front: Front) -> Iterator[Front]:
    """The function's address, until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            given = {name: value for name, value in self.headers.items() if name.lower() not in DROPPED}
            status, headers, answer = front.pass_on("POST", self.path, given, body)
            self.send_response(status)
            for name, value in headers.items():
                if name.lower() not in DROPPED:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Say nothing: `statuses` has how it went."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    front.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield front
    finally:
        server.shutdown()
        server.server_close()


def token(email: str, audience: str, now: datetime) -> str:
    """A token as Google makes it for a service account; what stands for the signature is nothing."""
    claims = {
        "iss": "https://accounts.google.com",
        "aud": audience,
        "email": email,
        "email_verified": True,
        "iat": int(now.timestamp()),
        "exp": int((now + TOKEN_LASTS).timestamp()),
    }
    parts = ({"alg": "none", "typ": "JWT"}, claims)
    return ".".join(urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts) + "."


def _email_of(bearer: str) -> str:
    parts = bearer.removeprefix("Bearer ").split(".")
    if len(parts) != 3:
        return ""
    claims: dict[str, Any] = json.loads(urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    return str(claims.get("email", ""))


def _without_signature(bearer: str) -> str:
    return f"{bearer.rpartition('.')[0]}.{REMOVED}"
