"""A run: one denial, however often it repeats, and what became of it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from shared.model.decision import Mode
from shared.model.report import Report


class RunState(StrEnum):
    """What was decided about a run; how far its fix has come, the journal says."""

    DRY_RUN_DONE = "DRY_RUN_DONE"
    NOTIFIED = "NOTIFIED"
    REFUSED = "REFUSED"
    AWAITING_APPROVAL = "AWAITING_APPROVAL"
    APPROVED = "APPROVED"


STATE_OF_MODE = {
    Mode.DRY_RUN: RunState.DRY_RUN_DONE,
    Mode.NOTIFY: RunState.NOTIFIED,
    Mode.IGNORE: RunState.NOTIFIED,
    Mode.REFUSE: RunState.REFUSED,
    Mode.ASK: RunState.AWAITING_APPROVAL,
    Mode.AUTO: RunState.APPROVED,
}


class Run(Struct, frozen=True, kw_only=True):
    """One denial as stored.

    `fingerprint` is the same for every repeat; `count` is how many distinct entries reported it, `deliveries` how many
    messages arrived including redeliveries of the same entry; `first_key` identifies the entry that opened the run, and
    `looked_at` is when Google was asked about it, None as long as it was not.
    """

    id: str
    fingerprint: str
    state: RunState
    opened_at: datetime
    last_seen: datetime
    count: int = 1
    deliveries: int = 1
    first_key: bytes = b""
    instance: str | None = None
    looked_at: datetime | None = None
    report: Report


class OpenRun(Struct, frozen=True, kw_only=True):
    """Of a run what counting its repeats takes: a process remembers thousands of these, and not their reports."""

    id: str
    opened_at: datetime
    first_key: bytes
    looked_at: datetime | None


class Repeats(Struct, frozen=True):
    """What is to be added to a run: distinct entries, deliveries, and when the last one came."""

    run_id: str
    count: int
    deliveries: int
    last_seen: datetime


class Dropped(Struct, frozen=True):
    """How many messages were no denials for one reason."""

    reason: str
    count: int


class Quarantined(Struct, frozen=True, kw_only=True):
    """A message that could not be read, kept whole with the reason; `sha256` is of the bytes as delivered."""

    id: str
    at: datetime
    reason: str
    size: int
    sha256: str
    data: bytes
