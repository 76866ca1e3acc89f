"""Denial -> Diagnosis: causes compete; the strongest kind of sign wins, then the order of the causes.

From strongest to weakest: a machine-readable reason, typed violation or mark; a reason of an old error body, or a sentence
only one cause writes; a permission that owns a cause; a sentence that names a cause's subject; a sentence many share.
"""

from __future__ import annotations

from shared.causes import BY_ERROR, BY_LEGACY, BY_MARK, BY_VIOLATION, CAUSES, by_permission
from shared.model.denial import Denial, Trust
from shared.model.diagnosis import Also, Cause, Confidence, Diagnosis
from shared.model.names import PrincipalKind

STRUCTURE, ITS_OWN, PERMISSION, SUBJECT, SHARED = range(5)
RANK_OF_WEIGHT = {3: ITS_OWN, 2: SUBJECT, 1: SHARED}
CONFIDENCE_OF_WEIGHT = {3: Confidence.MEDIUM, 2: Confidence.MEDIUM, 1: Confidence.LOW}
MOST_ALSO = 6
IAM = "IAM_PERMISSION_DENIED"

Claim = tuple[int, int, Cause, Confidence, str]
"""Rank of the sign, order of the cause, the cause, how sure, and the sign in words."""


def diagnose(denial: Denial) -> Diagnosis:
    """The cause of a denial, as far as the entry alone can tell."""
    claims = _claims(denial)
    claims.sort(key=_strength)
    rank, _, cause, confidence, sign = claims[0]
    for _, _, other, sure, _ in claims[1:]:
        if other is cause and sure is Confidence.HIGH:
            confidence = sure
    winner = cause if cause.narrow is None else CAUSES[cause.narrow(denial)]
    return Diagnosis(
        cause=winner,
        confidence=confidence,
        also=_also(winner, cause, rank, claims),
        evidence=(sign,),
        against=_against(denial, winner),
        next_error=winner.next_error,
    )


def _strength(claim: Claim) -> tuple[int, int]:
    return claim[0], claim[1]


def _claims(denial: Denial) -> list[Claim]:
    claims: list[Claim] = []
    iam_refused = False
    for error in denial.errors:
        if error.reason == IAM:
            iam_refused = True
        elif cause := BY_ERROR.get(error.reason):
            claims.append((STRUCTURE, cause.order, cause, Confidence.HIGH, f"ErrorInfo reason {error.reason}"))
    for violation in denial.violations:
        if cause := BY_VIOLATION.get(violation.type) or BY_VIOLATION.get(violation.subject):
            claims.append((STRUCTURE, cause.order, cause, Confidence.HIGH, f"violation of type {violation.type}"))
    for mark in denial.marks:
        if cause := BY_MARK.get(mark):
            claims.append((STRUCTURE, cause.order, cause, Confidence.HIGH, f"typed metadata of the entry: {mark}"))
    for reason in denial.reasons:
        if cause := BY_LEGACY.get(reason):
            claims.append((ITS_OWN, cause.order, cause, Confidence.MEDIUM, f"reason {reason}"))
    if denial.permissions:
        claims.append(_permission_claim(denial, iam_refused))
    for one in denial.heard:
        if one.refusal or one.weight > 1:
            cause = CAUSES[one.cause]
            rank = RANK_OF_WEIGHT[one.weight]
            claims.append((rank, cause.order, cause, CONFIDENCE_OF_WEIGHT[one.weight], f"the words: {one.words}"))
    if not claims or (iam_refused and not denial.permissions):
        cause = CAUSES["iam.unconfirmed" if iam_refused or denial.status == "PERMISSION_DENIED" else "unknown"]
        confidence = Confidence.HIGH if iam_refused else Confidence.LOW
        claims.append((SHARED, cause.order, cause, confidence, f"ErrorInfo reason {IAM}" if iam_refused else f"status {denial.status}"))
    return claims


def _permission_claim(denial: Denial, iam_refused: bool) -> Claim:
    """The cause that owns the refused permission; Google's own agents have one of their own."""
    permission = denial.permissions[0]
    cause = by_permission(permission) or CAUSES["iam.unconfirmed"]
    caller = denial.principal
    if caller is not None and caller.kind is PrincipalKind.SERVICE_AGENT and not cause.id.startswith("imp."):
        cause = CAUSES["kms.agent" if permission.startswith("cloudkms.") else "agent.role"]
    stated = iam_refused or denial.trust is Trust.AUDIT
    return PERMISSION, cause.order, cause, Confidence.HIGH if stated else Confidence.MEDIUM, f"permission {permission} was not granted"


def _also(winner: Cause, family: Cause, rank: int, claims: list[Claim]) -> tuple[Also, ...]:
    """Other causes with a sign as specific as the winner's deserves, then those that the log cannot tell from it."""
    unconfirmed = CAUSES["iam.unconfirmed"]
    doubts = unconfirmed.also if winner.permissions or winner is unconfirmed else winner.also
    if len(claims) == 1:
        return doubts
    found = {winner.id: Also(winner.id, ""), family.id: Also(family.id, "")}
    known = len(found)
    for strength, _, cause, _, sign in claims:
        if strength < SHARED or rank == SHARED:
            found.setdefault(cause.id, Also(cause.id, f"it has a sign too: {sign}"))
    for doubt in doubts:
        found.setdefault(doubt.cause, doubt)
    return tuple(found.values())[known : known + MOST_ALSO]


def _against(denial: Denial, winner: Cause) -> tuple[str, ...]:
    """What speaks against the winner, or against what the text itself suggests (traps X3, X5, X7 and X12)."""
    said: list[str] = []
    if winner.id == "api.disabled" and denial.consumer and denial.owner and denial.consumer != denial.owner:
        said.append(f"the API is off in {denial.consumer}, which pays for the call, and not necessarily in {denial.owner}, which owns the log")
    if denial.heard and winner.id == "api.disabled" and any(one.cause == "imp.gke" for one in denial.heard):
        said.append("the hint at a missing IAM binding is appended to every such error; the API is what is off")
    if "does not have the correct permission scopes specified" in denial.message and not winner.id.startswith("cred.scope"):
        said.append("the sentence about the VM's scopes is the client library's guess; the error behind it decides")
    if denial.on_behalf and winner.permissions and winner.id != "agent.role":
        said.append(f"the call came through {denial.on_behalf[0]}; the permission was checked for the account named as principal")
    return tuple(said)
