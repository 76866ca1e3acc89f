"""The answer: what happened, why, what would be done, and what may be done. One JSON object, version 1."""

from __future__ import annotations

from msgspec import Struct

from shared.model.decision import Decision
from shared.model.diagnosis import Also
from shared.model.evidence import Finding
from shared.model.plan import Action

VERSION = 1


class Report(Struct, frozen=True, kw_only=True):
    """One explained entry, in the field order of the documented JSON line (`docs/explain.md`)."""

    v: int = VERSION
    id: str | None
    verdict: str
    reason: str
    cause: str | None = None
    title: str | None = None
    confidence: str | None = None
    also: tuple[Also, ...] = ()
    principal: str | None = None
    permissions: tuple[str, ...] = ()
    resource: str | None = None
    service: str | None = None
    consumer: str | None = None
    scopes: tuple[str, ...] = ()
    trust: str = "text"
    evidence: tuple[str, ...] = ()
    proven: str | None = None
    looks: tuple[Finding, ...] = ()
    next_error: str | None = None
    plan: tuple[Action, ...] = ()
    decision: Decision
