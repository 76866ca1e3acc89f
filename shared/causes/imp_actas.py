"""iam.serviceAccounts.actAs refused: deploying something that would run as the account."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Remedy, Tier

CAUSE = Cause(
    id="imp.actas",
    title="May not act as the service account",
    order=79,
    tier=Tier.T2,
    explain="What you deploy would run as a service account, and you lack iam.serviceAccounts.actAs on it. This is not "
    "impersonation: it only allows attaching the account.",
    confirm=(
        "the account exists and its IAM policy gives the caller no role with actAs",
        "for an account of another project: iam.disableCrossProjectServiceAccountUsage is not enforced there",
    ),
    remedy="Grant roles/iam.serviceAccountUser on that one account, never on the project; or deploy with an account you may use.",
    traps=("X10", "X12"),
    next_error="the deploying service's own permissions, and then those of the attached account, are checked next",
    permissions=("iam.serviceAccounts.actAs",),
    sentences=(
        Sentence(r"(?-i:\bSERVICE_ACCOUNT_ACCESS_DENIED\b)", weight=3, implies="iam.serviceAccounts.actAs"),
        Sentence(r"iam\.serviceaccounts\.actas", weight=3),
        Sentence(
            r"(?:does not|do not|don't|doesn't) have (?:\w+ ){0,3}(?:access|permission)s? (?:to|on|for) (?:the )?service account:? ['\"\[]?(?P<account>[\w.@%+-]+)",
            weight=3,
            implies="iam.serviceAccounts.actAs",
        ),
        Sentence(r"iam\.serviceAccountUser\b", weight=3, implies="iam.serviceAccounts.actAs"),
        Sentence(
            r"(?:permission to|able to|allowed to|authori[sz]ed to|must be able to|cannot|can't|access to) act as (?:the )?(?:specified )?(?:service[ _]account:? ?['\"\[]{0,2}(?P<account>[\w.+-]+@[\w.-]+\w)?|['\"\[]{0,2}(?P<account_>[\w.+-]+@[\w.-]+\w)|['\"\[]+[^'\"]{1,80}@)",
            weight=3,
            implies="iam.serviceAccounts.actAs",
        ),
    ),
    fix=Remedy.GRANT_ROLE,
)
