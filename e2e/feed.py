"""The topic that a log sink writes to, and its push subscription, in Google's emulator of Pub/Sub."""

from __future__ import annotations

import base64
import json
from http.client import HTTPConnection
from typing import Any

from e2e.deployment import HOME, NAME

TOPIC, SUBSCRIPTION = f"projects/{HOME}/topics/{NAME}-denials", f"projects/{HOME}/subscriptions/{NAME}-denials"


class Feed:
    """What is published, and pushed to the front of `detect`.

    The retries are the emulator's own, about a second apart. With the backoff that terraform/topics.tf sets, it gives a
    message up until its acknowledgement deadline is over (tried with 0.8.20).
    """

    def __init__(self, address: str, push_to: str) -> None:
        self._address = address
        self.published = 0
        self._ask("PUT", TOPIC, {})
        pushed = {
            "topic": TOPIC,
            "pushConfig": {"pushEndpoint": push_to},
            "ackDeadlineSeconds": 90,
        }
        self._ask("PUT", SUBSCRIPTION, pushed)

    def publish(self, entry: dict[str, Any]) -> None:
        """Publish a log entry, as a sink does."""
        data = base64.b64encode(json.dumps(entry, separators=(",", ":")).encode()).decode()
        message = {"data": data, "attributes": {"logging.googleapis.com/timestamp": entry["timestamp"]}}
        self._ask("POST", f"{TOPIC}:publish", {"messages": [message]})
        self.published += 1

    def close(self) -> None:
        """Take the topic away, for the next one."""
        self._ask("DELETE", SUBSCRIPTION, None)
        self._ask("DELETE", TOPIC, None)

    def _ask(self, method: str, name: str, body: Any) -> None:
        host, _, port = self._address.partition(":")
        connection = HTTPConnection(host, int(port), timeout=30)
        try:
            data = json.dumps(body) if body is not None else None
            connection.request(method, f"/v1/{name}", data, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            said = answer.read()
            if answer.status != 200:
                raise RuntimeError(f"{method} {name}: {answer.status} {said[:200]!r}")
        finally:
            connection.close()
