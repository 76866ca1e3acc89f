"""What may be done with a plan, on whose word, and why, in sentences."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Mode(StrEnum):
    """From strictest to freest."""

    REFUSE = "refuse"
    IGNORE = "ignore"
    NOTIFY = "notify"
    DRY_RUN = "dry_run"
    ASK = "ask"
    AUTO = "auto"


REFUSE, IGNORE, NOTIFY, DRY_RUN, ASK, AUTO = Mode
STRICTNESS = {mode: place for place, mode in enumerate(Mode)}
"""The lower, the stricter."""


class Quorum(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How many people of one directory group have to agree; `strong` asks for an OIDC or IAP assertion as well."""

    name: str
    group_id: str
    need: int = 1
    strong: bool = False


class Terms(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """On what terms a plan may be carried out: its tier, who has to agree, for how long, when, by which rules.

    `minutes` is how long an approval may be given; `window` is when a machine may be interrupted, "" for at any time.
    `under` is what the targets stand under (`projects/NUMBER`, `folders/N`), None where that could not be told.
    """

    tier: str
    hours: int = 1
    minutes: int = 30
    quorums: tuple[Quorum, ...] = ()
    window: str = ""
    rules: tuple[str, ...] = ()
    under: tuple[str, ...] | None = None


class Decision(Struct, frozen=True, omit_defaults=True):
    """The mode that applies, every reason that led to it, and the terms where something may be carried out."""

    mode: Mode
    reasons: tuple[str, ...]
    terms: Terms | None = None
