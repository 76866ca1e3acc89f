"""System event audit entries: Google acted, nobody was refused."""

from __future__ import annotations

from shared.model.denial import AUDIT, NotADenial
from shared.model.log_entry import LogEntry
from shared.shapes import Shape

LOGS = ("cloudaudit.googleapis.com%2Fsystem_event", "cloudaudit.googleapis.com/system_event")


def _claims(entry: LogEntry) -> bool:
    return entry.log_name.endswith(LOGS)


def _read(entry: LogEntry) -> NotADenial:
    return NotADenial(
        id=entry.insert_id or None,
        reason="a system event: Google's own action, no caller was refused",
        trust=AUDIT,
    )


SHAPE = Shape(id="system_event", payloads=("proto",), order=20, claims=_claims, read=_read)
