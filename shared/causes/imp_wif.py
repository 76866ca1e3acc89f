"""Workload identity federation: the external credential was rejected, or its principal lacks the role on the account."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Remedy, Tier

CAUSE = Cause(
    id="imp.wif",
    title="Workload identity federation",
    order=78,
    tier=Tier.T2,
    explain="A credential from outside Google Cloud is exchanged in two hops: the token service checks issuer, audience and attribute "
    "condition, then the federated principal needs a role on the service account. One of them failed.",
    confirm=(
        "hop 1 answers 400 or 401 and names the attribute, audience or issuer: compare the provider's configuration",
        "hop 2 is a 403: the account's policy lacks the exact principal:// subject (pool paths use the project number)",
    ),
    remedy="Hop 1: correct the provider's condition or the client's audience. Hop 2: roles/iam.workloadIdentityUser on the "
    "account for the exact subject, never for the whole pool.",
    traps=("X2", "X10"),
    next_error="the service account's own permissions are checked next",
    sentences=(
        Sentence(r"rejected by the attribute condition", weight=3, anyones=True, implies="sts.googleapis.com"),
        Sentence(r"credential is rejected by", weight=3, anyones=True, implies="sts.googleapis.com"),
        Sentence(
            r"\bsts\.googleapis\.com\b.{0,300}\b(?:invalid_grant|unauthorized_client|invalid_target|invalid_request|invalid_client)",
            weight=3,
            implies="sts.googleapis.com",
        ),
        Sentence(
            r"(?:invalid_grant|unauthorized_client|invalid_target|invalid_request).{0,300}\b(?:sts\.googleapis\.com|workloadIdentityPools?|subject[_ ]token|audience|OIDC|id token|issuer|attribute)",
            weight=3,
            anyones=True,
            implies="sts.googleapis.com",
        ),
        Sentence(
            r"(?:error connecting to|could not (?:reach|connect to|obtain)|unable to .{0,30}) the given credential's issuer",
            weight=3,
            implies="sts.googleapis.com",
        ),
        Sentence(r"the (?:target service indicated by the .?audience|audience in id token)", weight=3, anyones=True),
        Sentence(r"id token issued at .{0,60} is stale", weight=3, anyones=True),
        Sentence(
            r"(?:invalid value for ['\"]?audience|size of mapped attribute|mapped attribute .{0,60}(?:missing|empty|exceeds))",
            weight=3,
            anyones=True,
        ),
        Sentence(r"\"?unauthorized_client\"?", weight=2, anyones=True),
        Sentence(r"(?P<principal>principal(?:Set)?://iam\.googleapis\.com/[^\s\"',)\]]+)", weight=2, refusal=False),
    ),
    fix=Remedy.GRANT_ROLE,
)
