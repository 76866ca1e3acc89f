"""One line of JSON on standard output for each thing that happened, with a stable `event` name."""

from __future__ import annotations

import json
import os

from shared.model.codec import to_json

STDOUT = 1
PLAIN = bytes(range(0x20, 0x7F))


def log(event: str, *, severity: str = "INFO", **facts: object) -> None:
    """Write one structured line; Cloud Logging reads `severity` and keeps the rest as jsonPayload.

    Whatever the facts say it is one line of printable ASCII: nothing in it turns a line around or moves a cursor.
    """
    line = {"severity": severity, "event": event, **{name: fact for name, fact in facts.items() if fact is not None}}
    data = to_json(line)
    os.write(STDOUT, (json.dumps(json.loads(data)).encode() if data.translate(None, PLAIN) else data) + b"\n")
