"""The REST side: HTTP requests to doors and back, each held to Google's schema."""

from __future__ import annotations

import json
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sandbox.caller import caller_of
from sandbox.discovery import Method, named_enums
from sandbox.door import Call, Door
from sandbox.errors import Refusal
from sandbox.exchange import Dropped, Hanging, exchange
from sandbox.services import doors
from sandbox.world import Json, World

SELECTED = "analysisQuery.accessSelector"
LISTS = ("permissions", "assetTypes", f"{SELECTED}.permissions", f"{SELECTED}.roles")
"""The query parameters that may come several times; doors get them with commas between."""
BODILESS = ("$alt", "prettyPrint", "fields", "key", "quotaUser")


class RestHandler(BaseHTTPRequestHandler):
    """One connection of a REST client; `world` is set by the server."""

    world: World
    protocol_version = "HTTP/1.1"
    server_version = "unforbid-sandbox"
    wbufsize = -1  # a reply leaves in one piece: its second piece would wait 40 ms for an acknowledgement

    def answer(self) -> None:
        """Answer one request; every method of HTTP comes here."""
        split = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        data = self.rfile.read(length)
        found = route(self.command, split.path)
        if found is None:
            self._reply(404, {"error": {"code": 404, "message": f"{split.path}: the sandbox has no such method",
                                        "status": "NOT_FOUND"}})  # fmt: skip
            return
        method, door, inside = found
        asked = {key: values for key, values in parse_qs(split.query).items() if key not in BODILESS}
        params = {key: ",".join(values) if key in LISTS else values[-1] for key, values in asked.items()} | inside
        try:
            status, body = self._answer_call(method, door, params, data)
        except Dropped as dropped:
            if isinstance(dropped, Hanging):
                self.world.faults.hang()
            self.close_connection = True
            return
        self._reply(status, body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815 - the names http.server looks for

    def _answer_call(self, method: Method, door: Door, params: dict[str, str], data: bytes) -> tuple[int, Any]:
        with self.world.lock:
            try:
                body = _body_of(method, self.headers.get("Content-Type", ""), data, params)
                caller = caller_of(self.world, self.headers.get("Authorization", ""))
                paying = self.headers.get("X-Goog-User-Project", "") or params.get("userProject", "")
                headers = {key.lower(): value for key, value in self.headers.items()}
                call = Call(params=params, body=body, caller=caller, user_project=paying, headers=headers)
                return 200, exchange(self.world, method, door, call)
            except Refusal as refusal:
                return refusal.http, refusal.body(method.service)

    def _reply(self, status: int, body: Any) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        kind = "application/octet-stream" if isinstance(body, bytes) else "application/json; charset=UTF-8"
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name http.server gives it
        """Say nothing: what was called stands in the world's `calls`."""


def route(verb: str, path: str) -> tuple[Method, Door, dict[str, str]] | None:
    """The method that a request is for, with its path parameters; the most literal path wins."""
    best: tuple[int, Method, Door, dict[str, str]] | None = None
    for method, door in doors().values():
        if method.verb != verb:
            continue
        inside = method.parameters_of(path)
        if inside is None:
            continue
        literal = -sum(len(value) for value in inside.values())
        if best is None or literal > best[0]:
            best = (literal, method, door, inside)
    return best[1:] if best else None


def _body_of(method: Method, kind: str, data: bytes, params: dict[str, str]) -> Any:
    """The request's body: JSON as an object, an upload as `{"metadata", "media"}`."""
    if "uploadType" in params:
        return _upload(kind, data, params)
    if not data:
        return {}
    body = json.loads(data)
    return named_enums(method.api, method.request, body) if method.request else body


def _upload(kind: str, data: bytes, params: dict[str, str]) -> Json:
    if not kind.startswith("multipart/related"):
        return {"metadata": {"name": params.get("name", "")}, "media": data}
    parts = message_from_bytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + data).get_payload()
    metadata, media = (part.get_payload(decode=True) for part in parts)  # type: ignore[union-attr,union-attr]
    return {"metadata": json.loads(metadata), "media": media}  # type: ignore[arg-type]
