"""Application, agent and client text: `textPayload`, and every string field of `jsonPayload`."""

from __future__ import annotations

from shared.model.denial import TEXT, Denial
from shared.model.log_entry import LogEntry
from shared.renderings.refusal import from_words
from shared.shapes import Shape


def _read(entry: LogEntry) -> Denial:
    value = entry.text_payload if entry.text_payload is not None else entry.json_payload
    status = entry.http_request.status if entry.http_request else 0
    return from_words(entry, TEXT, value, status=status or "")


SHAPE = Shape(id="application", payloads=("json", "text"), order=90, claims=lambda _: True, read=_read)
