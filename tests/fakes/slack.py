"""Slack on loopback, with memory: messages, threads, forms, and the addresses at which people are answered.

It refuses blocks that Slack's reference does not allow, and fails in the ways that a test asks for.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from slack_blocks import BLOCKS, VIEW

TOKEN = "xoxb-test-0000"
CHANNEL = "C000000001"
Failure = tuple[int, dict[str, str], bytes]


class FakeSlack:
    def __init__(self) -> None:
        self.messages: dict[str, dict[str, Any]] = {}
        self.forms: list[dict[str, Any]] = []
        self.told: list[dict[str, Any]] = []
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.failures: list[Failure] = []
        self.url = ""

    @property
    def api_url(self) -> str:
        return f"{self.url}/api/"

    def shown(self) -> list[dict[str, Any]]:
        """The messages of the channel that are in no thread, oldest first."""
        return [one for one in self.messages.values() if "thread_ts" not in one]

    def thread(self, below: str) -> list[dict[str, Any]]:
        return [one for one in self.messages.values() if one.get("thread_ts") == below]

    def answer(self, method: str, token: str, said: dict[str, Any]) -> dict[str, Any]:
        self.calls.append((method, said))
        if token != f"Bearer {TOKEN}":
            return {"ok": False, "error": "invalid_auth"}
        told: dict[str, Any] = getattr(self, f"_{method.replace('.', '_')}")(said)
        return told

    def _chat_postMessage(self, said: dict[str, Any]) -> dict[str, Any]:  # noqa: N802 - Slack's name
        if said["channel"] != CHANNEL:
            return {"ok": False, "error": "channel_not_found"}
        if not BLOCKS.is_valid(said["blocks"]):
            return {"ok": False, "error": "invalid_blocks"}
        ts = f"1795262078.{len(self.messages) + 1:06d}"
        self.messages[ts] = {**said, "ts": ts}
        return {"ok": True, "channel": CHANNEL, "ts": ts}

    def _chat_update(self, said: dict[str, Any]) -> dict[str, Any]:
        if said["ts"] not in self.messages:
            return {"ok": False, "error": "message_not_found"}
        if not BLOCKS.is_valid(said["blocks"]):
            return {"ok": False, "error": "invalid_blocks"}
        self.messages[said["ts"]] = {**self.messages[said["ts"]], **said}
        return {"ok": True, "channel": CHANNEL, "ts": said["ts"]}

    def _views_open(self, said: dict[str, Any]) -> dict[str, Any]:
        if said["trigger_id"] == "expired":
            return {"ok": False, "error": "expired_trigger_id"}
        VIEW.validate(said["view"])
        self.forms.append(said["view"])
        return {"ok": True, "view": {**said["view"], "id": "V1"}}


@contextmanager
def served() -> Iterator[FakeSlack]:
    slack = FakeSlack()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if slack.failures:
                return self._send(*slack.failures.pop(0))
            said = json.loads(body)
            if self.path.startswith("/hooks/"):
                slack.told.append({**said, "address": self.path})
                return self._send(200, {}, b"ok")
            told = slack.answer(self.path.removeprefix("/api/"), self.headers.get("Authorization", ""), said)
            return self._send(200, {"Content-Type": "application/json"}, json.dumps(told).encode())

        def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    slack.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield slack
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
