"""One line of JSON on standard output for each thing that happened, with a stable `event` name."""

from __future__ import annotations

import os

from shared.model.codec import to_json

STDOUT = 1


def log(event: str, *, severity: str = "INFO", **facts: object) -> None:
    """Write one structured line; Cloud Logging reads `severity` and keeps the rest as jsonPayload."""
    line = {"severity": severity, "event": event, **{name: fact for name, fact in facts.items() if fact is not None}}
    os.write(STDOUT, to_json(line) + b"\n")
