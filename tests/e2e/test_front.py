"""What stands before a function lets in whom Cloud Run would let in, and hands on what Cloud Run hands on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from e2e.front import Front, listening, token
from shared.adapters.caller_identity import REMOVED

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
WAKE, URL = "wake@p.iam.gserviceaccount.com", "https://f.example.com"


class Function(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        told = json.dumps(dict(self.headers)).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def backend() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Function)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join()


def post(front: Front, headers: dict[str, str]) -> tuple[int, bytes]:
    connection = HTTPConnection("127.0.0.1", front.port, timeout=10)
    try:
        connection.request("POST", "/", b"{}", headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_the_caller_who_may_is_let_in_without_his_signature(backend: int) -> None:
    with listening(Front("f", backend, 1, WAKE)) as front:
        status, told = post(front, {"Authorization": f"Bearer {token(WAKE, URL, NOW)}"})
    assert status == 200
    assert json.loads(told)["Authorization"].endswith(f".{REMOVED}")


@pytest.mark.parametrize("bearer", ["", "Bearer x", f"Bearer {token('other@p.iam.gserviceaccount.com', URL, NOW)}"])
def test_nobody_else_reaches_the_function(backend: int, bearer: str) -> None:
    with listening(Front("f", backend, 1, WAKE)) as front:
        assert post(front, {"Authorization": bearer})[0] == 403


def test_whoever_pushes_without_a_token_is_given_the_one_that_pubsub_would_bring(backend: int) -> None:
    with listening(Front("f", backend, 1, WAKE)) as front:
        front.token = lambda: token(WAKE, URL, NOW)
        assert post(front, {})[0] == 200
        assert (front.done, front.inside) == (1, 0)
