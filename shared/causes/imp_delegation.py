"""iam.serviceAccounts.implicitDelegation refused: a link of a delegation chain is missing."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Remedy, Tier

CAUSE = Cause(
    id="imp.delegation",
    title="Delegation chain is broken",
    order=80,
    tier=Tier.T2,
    explain="The call reaches its target through a chain of service accounts, and one link may not act for the next.",
    confirm=(
        "for each link: its IAM policy gives the previous account implicitDelegation, and the last one getAccessToken on the target",
    ),
    remedy="Grant the missing link only, on that one account; a custom role with implicitDelegation is the narrowest.",
    traps=("X2", "X10"),
    next_error="the last delegate's getAccessToken on the target is checked next",
    permissions=("iam.serviceAccounts.implicitDelegation",),
    sentences=(Sentence(r"iam\.serviceAccounts\.implicitDelegation", weight=2),),
    fix=Remedy.GRANT_ROLE,
)
