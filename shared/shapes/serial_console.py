"""The serial console of a virtual machine: out-of-memory kills, and whatever agents print there."""

from __future__ import annotations

from shared.model.denial import TEXT, Denial
from shared.model.log_entry import LogEntry
from shared.renderings.refusal import from_words
from shared.shapes import Shape


def _claims(entry: LogEntry) -> bool:
    return entry.log_id.startswith("serialconsole.googleapis.com/")


def _read(entry: LogEntry) -> Denial:
    value = entry.text_payload if entry.text_payload is not None else entry.json_payload
    return from_words(entry, TEXT, value)


SHAPE = Shape(id="serial_console", payloads=("json", "text"), order=40, claims=_claims, read=_read)
