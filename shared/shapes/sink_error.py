"""Cloud Logging's own complaint about a sink that cannot deliver: `logging.googleapis.com/sink_error`."""

from __future__ import annotations

from shared.model.denial import GOOGLE, Denial
from shared.model.log_entry import LogEntry
from shared.renderings.refusal import from_words
from shared.shapes import Shape


def _read(entry: LogEntry) -> Denial:
    return from_words(entry, GOOGLE, entry.text_payload if entry.text_payload is not None else entry.json_payload)


SHAPE = Shape(
    id="sink_error",
    payloads=("json", "text"),
    order=44,
    claims=lambda entry: entry.log_id == "logging.googleapis.com/sink_error",
    read=_read,
)
