"""What a family of looks claims: a cause, a verdict on it, and why."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from msgspec import Struct

from shared.model.evidence import Finding, Verdict
from shared.model.names import Permission


class Stage(IntEnum):
    """Where a call is stopped, in the order in which Google checks; also the order in which to mend."""

    API = 1
    SCOPE = 2
    PRINCIPAL = 3
    EXISTENCE = 4
    DENY = 5
    CONDITION = 6
    SPREADING = 7
    ALLOW = 8
    MEMORY = 9


class Claim(Struct, frozen=True, kw_only=True):
    """One cause with the verdict on it: YES it is so, NO it is not, UNKNOWN it could not be told.

    `permission` is the refused one that it is about, None where it is about all of the call. `decided` says who took
    away, on purpose, what a fix would give back; "" where nobody is known to have.
    """

    stage: Stage
    cause: str
    verdict: Verdict
    why: str
    permission: Permission | None = None
    decided: str = ""


class Reading(Struct, frozen=True, kw_only=True):
    """What one family of looks found and claims."""

    findings: tuple[Finding, ...] = ()
    claims: tuple[Claim, ...] = ()


NOTHING = Reading()


def together(readings: Iterable[Reading]) -> Reading:
    """Several readings as one, in their order."""
    kept = tuple(readings)
    return Reading(
        findings=tuple(finding for one in kept for finding in one.findings),
        claims=tuple(claim for one in kept for claim in one.claims),
    )
