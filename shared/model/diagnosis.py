"""Why a call was refused: the winning cause, how sure we are, and what else it could be."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from msgspec import Struct

from shared.model.denial import Denial
from shared.model.evidence import UNKNOWN, Finding, Verdict
from shared.model.plan import Remedy, Tier


class Confidence(StrEnum):
    """high: a machine-readable reason; medium: a message of one service; low: a message many causes share."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


HIGH, MEDIUM, LOW = Confidence


class Also(Struct, frozen=True):
    """Another cause that fits, and what tells the two apart."""

    cause: str
    why: str


class Sentence(Struct, frozen=True):
    """A sentence form of the domain, as an RE2 pattern over folded text; named groups become facts.

    A fact that may stand in two places has a second group, named with an underscore at its end. `weight`: 3 only this
    cause writes it; 2 it names this cause's subject; 1 many causes share it. `refusal`: whether the sentence alone
    says that a call was refused. Where it is False the sentence explains a refusal known from elsewhere; found alone
    it only points a reader to the cause's page. `anyones` marks words that other vendors' systems write as well: they
    count only beside a sign of Google. `implies` is the permission, or the API host, that the sentence is documented
    to be about when it names none.
    """

    pattern: str
    weight: int = 2
    refusal: bool = True
    anyones: bool = False
    implies: str = ""


class Cause(Struct, frozen=True, kw_only=True):
    """One cause of a refused call: how it is recognised, what it means, how it is confirmed, what mends it.

    `order` decides between causes with equally strong signs, lowest first. `errors` are ErrorInfo reasons, `legacy`
    the reasons of `error.errors[]`, `violations` the types of PreconditionFailure, `marks` what typed metadata said,
    `permissions` exact names or prefixes ending in `*`. `narrow` may hand over to the id of a more specific sibling.
    `also` are the causes a log entry alone cannot exclude. `guardrail` marks what is explained and never changed.
    `service` is the API whose refusal this always is, if there is one.
    """

    id: str
    title: str
    order: int
    tier: Tier
    explain: str
    confirm: tuple[str, ...]
    remedy: str
    traps: tuple[str, ...] = ()
    next_error: str | None = None
    errors: tuple[str, ...] = ()
    legacy: tuple[str, ...] = ()
    violations: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    permissions: tuple[str, ...] = ()
    sentences: tuple[Sentence, ...] = ()
    also: tuple[Also, ...] = ()
    fix: Remedy = Remedy.ADVISE
    guardrail: bool = False
    narrow: Callable[[Denial], str] | None = None
    service: str | None = None


class Looked(Struct, frozen=True, kw_only=True):
    """What came of looking at Google Cloud itself.

    `proven` is the verdict on the diagnosis's cause. `mend` are all causes that were found to be so, in the order in
    which they have to be mended. `copy` says whether Cloud Logging has this very entry, `outside` whether the target
    is known to stand outside the operators' organisation. `decided` says who took away what a fix would give back.
    """

    proven: Verdict
    why: str = ""
    findings: tuple[Finding, ...] = ()
    mend: tuple[Cause, ...] = ()
    copy: Verdict = UNKNOWN
    outside: bool = False
    decided: str = ""


class Diagnosis(Struct, frozen=True, kw_only=True):
    """The cause that wins, with its confidence, what speaks for it and against it, and what remains possible.

    `looked` is None where only the entry was read.
    """

    cause: Cause
    confidence: Confidence
    also: tuple[Also, ...] = ()
    evidence: tuple[str, ...] = ()
    against: tuple[str, ...] = ()
    next_error: str | None = None
    looked: Looked | None = None
