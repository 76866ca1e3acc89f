"""iam.serviceAccounts.getOpenIdToken refused on the account to impersonate."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Remedy, Tier

CAUSE = Cause(
    id="imp.id_token",
    title="May not get an ID token of the service account",
    order=80,
    tier=Tier.T2,
    explain="The caller asked for an ID token of a service account and lacks iam.serviceAccounts.getOpenIdToken on it.",
    confirm=(
        "the target account exists and its IAM policy gives the caller no role with getOpenIdToken",
        "Policy Troubleshooter on the account says NOT_GRANTED",
    ),
    remedy="Grant roles/iam.serviceAccountOpenIdTokenCreator, which holds just this permission, on that one account.",
    traps=("X1", "X2", "X10"),
    next_error="the receiver of the ID token checks its audience and the account's own role next",
    permissions=("iam.serviceAccounts.getOpenIdToken",),
    sentences=(
        Sentence(
            r"serviceAccounts/(?P<account>[^\s:/'\"]+):generateIdToken",
            weight=2,
            refusal=False,
            implies="iam.serviceAccounts.getOpenIdToken",
        ),
        Sentence(
            r"generat\w+ (?:an? )?(?:google cloud )?(?:id|oidc) token for ['\"]?(?P<account>[\w.+-]+@[\w-]+\.iam\.gserviceaccount\.com)",
            weight=2,
            refusal=False,
            implies="iam.serviceAccounts.getOpenIdToken",
        ),
        Sentence(r"iam\.serviceAccounts\.getOpenIdToken", weight=2),
    ),
    fix=Remedy.GRANT_ROLE,
)
