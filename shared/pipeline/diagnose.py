"""Denial -> Diagnosis: causes compete; the strongest kind of sign wins, then the order of the causes.

From strongest to weakest: a machine-readable reason, typed violation or mark; a reason of an old error body, or a
sentence only one cause writes; a permission that owns a cause; a sentence about a cause's subject; one many share.
"""

from __future__ import annotations

from operator import itemgetter

from shared.causes import BY_ERROR, BY_LEGACY, BY_MARK, BY_VIOLATION, CAUSES, by_permission
from shared.model.denial import AUDIT, Denial
from shared.model.diagnosis import HIGH, LOW, MEDIUM, Also, Cause, Confidence, Diagnosis
from shared.model.names import PrincipalKind

STRUCTURE, ITS_OWN, PERMISSION, SUBJECT, SHARED = range(5)
RANK_OF_WEIGHT = {3: ITS_OWN, 2: SUBJECT, 1: SHARED}
CONFIDENCE_OF_WEIGHT = {3: MEDIUM, 2: MEDIUM, 1: LOW}
MOST_ALSO = 6
SCOPE_GUESS = "does not have the correct permission scopes specified"
IAM = "IAM_PERMISSION_DENIED"
UNCONFIRMED = CAUSES["iam.unconfirmed"]
AGENT = PrincipalKind.SERVICE_AGENT
NOT_THE_AGENTS = ("imp.", "log.flow_missing")
"""Causes that stay what they are when the caller is a service agent: impersonation, and the writer of a log sink."""

Claim = tuple[int, int, Cause, Confidence, str]
"""Rank of the sign, order of the cause, the cause, how sure, and the sign in words."""


def diagnose(denial: Denial) -> Diagnosis:
    """The cause of a denial, as far as the entry alone can tell."""
    claims = _claims(denial)
    if len(claims) > 1:
        claims.sort(key=itemgetter(0, 1))
    rank, _, cause, confidence, sign = claims[0]
    for _, _, other, sure, _ in claims[1:]:
        if other is cause and sure is HIGH:
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


def _claims(denial: Denial) -> list[Claim]:
    iam_refused = False
    claims: list[Claim] = []
    for error in denial.signs.errors:
        if error.reason == IAM:
            iam_refused = True
        elif cause := BY_ERROR.get(error.reason):
            claims.append((STRUCTURE, cause.order, cause, HIGH, f"ErrorInfo reason {error.reason}"))
    _add_typed_claims(denial, claims)
    if denial.names.permissions:
        claims.append(_permission_claim(denial, iam_refused))
    for one in denial.signs.heard:
        if one.refusal or one.weight > 1:
            cause = CAUSES[one.cause]
            rank, sure = RANK_OF_WEIGHT[one.weight], CONFIDENCE_OF_WEIGHT[one.weight]
            claims.append((rank, cause.order, cause, sure, f"the words: {one.words}"))
    if not claims or (iam_refused and not denial.names.permissions):
        claims.append(_last_resort(denial, iam_refused))
    return claims


def _add_typed_claims(denial: Denial, claims: list[Claim]) -> None:
    signs = denial.signs
    for violation in signs.violations:
        if cause := BY_VIOLATION.get(violation.type) or BY_VIOLATION.get(violation.subject):
            claims.append((STRUCTURE, cause.order, cause, HIGH, f"violation of type {violation.type}"))
    for mark in signs.marks:
        if cause := BY_MARK.get(mark):
            claims.append((STRUCTURE, cause.order, cause, HIGH, f"typed metadata of the entry: {mark}"))
    for reason in signs.reasons:
        if cause := BY_LEGACY.get(reason):
            claims.append((ITS_OWN, cause.order, cause, MEDIUM, f"reason {reason}"))


def _permission_claim(denial: Denial, iam_refused: bool) -> Claim:
    """The cause that owns the refused permission; Google's own agents have one of their own."""
    permission = denial.names.permissions[0]
    cause = by_permission(permission) or UNCONFIRMED
    sure = HIGH if iam_refused or denial.trust is AUDIT else MEDIUM
    sign = f"permission {permission} was not granted"
    caller = denial.names.principal
    if caller is not None and caller.kind is AGENT and not cause.id.startswith(NOT_THE_AGENTS):
        cause = CAUSES["kms.agent" if permission.startswith("cloudkms.") else "agent.role"]
        return (
            STRUCTURE if denial.trust is AUDIT else PERMISSION,
            cause.order,
            cause,
            sure,
            f"{sign} to a service agent",
        )
    return PERMISSION, cause.order, cause, sure, sign


def _last_resort(denial: Denial, iam_refused: bool) -> Claim:
    if iam_refused:
        return SHARED, UNCONFIRMED.order, UNCONFIRMED, HIGH, f"ErrorInfo reason {IAM}"
    cause = UNCONFIRMED if denial.status == "PERMISSION_DENIED" else CAUSES["unknown"]
    return SHARED, cause.order, cause, LOW, f"status {denial.status or 'not stated'}"


def _also(winner: Cause, family: Cause, rank: int, claims: list[Claim]) -> tuple[Also, ...]:
    """Other causes with a sign as specific as the winner's deserves, then those that the log cannot tell from it."""
    doubts = UNCONFIRMED.also if winner.permissions else winner.also
    if len(claims) == 1:
        return doubts
    found = {same.id: Also(same.id, "") for same in (winner, family, UNCONFIRMED if winner.permissions else winner)}
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
    names, origin = denial.names, denial.origin
    if winner.id == "api.disabled":
        if names.consumer and origin.owner and names.consumer != origin.owner:
            said.append(f"the API is off in {names.consumer}, which pays; {origin.owner} only owns the log")
        if any(one.cause == "imp.gke" for one in denial.signs.heard):
            said.append("the hint at a missing IAM binding is appended to every such error; the API is what is off")
    if SCOPE_GUESS in denial.message and not winner.id.startswith("cred.scope"):
        said.append("the sentence about the VM's scopes is the client library's guess; the error behind it decides")
    if origin.on_behalf and winner.permissions and winner.id != "agent.role":
        said.append(f"the call came through {origin.on_behalf[0]}, but the permission was checked for the principal")
    return tuple(said)
