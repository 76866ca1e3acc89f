"""iam.serviceAccounts.signBlob or signJwt refused: signing as a service account without its key."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Remedy, Tier

CAUSE = Cause(
    id="imp.sign",
    title="May not sign as the service account",
    order=80,
    tier=Tier.T2,
    explain="Signed URLs and JWTs made without a key file are signed by the IAM Credentials API, and the caller lacks signBlob or "
    "signJwt on the account. An account needs the role on itself to sign for itself.",
    confirm=(
        "the signing account's IAM policy gives the caller no role with the permission",
        "Policy Troubleshooter on the account says NOT_GRANTED",
    ),
    remedy="A custom role with the one permission, or roles/iam.serviceAccountTokenCreator, on that one account.",
    traps=("X1", "X2", "X10"),
    next_error="whoever receives the signature checks the signing account's own permissions next",
    permissions=("iam.serviceAccounts.signBlob", "iam.serviceAccounts.signJwt"),
    sentences=(
        Sentence(
            r"serviceAccounts/(?P<account>[^\s:/'\"]+):signBlob",
            weight=2,
            refusal=False,
            implies="iam.serviceAccounts.signBlob",
        ),
        Sentence(
            r"serviceAccounts/(?P<account>[^\s:/'\"]+):signJwt",
            weight=2,
            refusal=False,
            implies="iam.serviceAccounts.signJwt",
        ),
        Sentence(r"error calling (?:the )?(?:iam )?sign_?(?:bytes?|blob|jwt)", weight=2),
        Sentence(r"iam\.serviceAccounts\.sign(?:Blob|Jwt)", weight=2),
        Sentence(r"SigningError.{0,120}(?:permission|denied|403)", weight=2),
    ),
    fix=Remedy.GRANT_ROLE,
)
