"""What may be done with a plan, and why, in sentences."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Mode(StrEnum):
    """From strictest to freest; several verdicts combine to the strictest."""

    REFUSE = "refuse"
    IGNORE = "ignore"
    NOTIFY = "notify"
    DRY_RUN = "dry_run"


REFUSE, IGNORE, NOTIFY, DRY_RUN = Mode
STRICTNESS = {mode: rank for rank, mode in enumerate(Mode)}


class Decision(Struct, frozen=True):
    """The mode that applies and every reason that led to it."""

    mode: Mode
    reasons: tuple[str, ...]


def strictest(*modes: Mode) -> Mode:
    """The strictest of several modes."""
    return min(modes, key=STRICTNESS.__getitem__)
