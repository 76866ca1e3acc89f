"""What may be done with a plan, and why, in sentences."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Mode(StrEnum):
    """From strictest to freest."""

    REFUSE = "refuse"
    IGNORE = "ignore"
    NOTIFY = "notify"
    DRY_RUN = "dry_run"


REFUSE, IGNORE, NOTIFY, DRY_RUN = Mode


class Decision(Struct, frozen=True):
    """The mode that applies and every reason that led to it."""

    mode: Mode
    reasons: tuple[str, ...]
