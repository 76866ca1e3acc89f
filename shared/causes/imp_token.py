"""iam.serviceAccounts.getAccessToken refused on the account to impersonate."""

from shared.model.denial import Denial
from shared.model.diagnosis import Cause, Sentence
from shared.model.names import PrincipalKind
from shared.model.plan import Remedy, Tier

FEDERATED = (PrincipalKind.FEDERATED, PrincipalKind.FEDERATED_SET)


def _narrow(denial: Denial) -> str:
    if denial.names.principal is None:
        return "imp.token"
    if ".svc.id.goog" in denial.names.principal.text:
        return "imp.gke"
    return "imp.wif" if denial.names.principal.kind in FEDERATED else "imp.token"


CAUSE = Cause(
    id="imp.token",
    title="May not impersonate the service account",
    order=80,
    tier=Tier.T2,
    explain="The caller asked for an access token of another service account and lacks iam.serviceAccounts.getAccessToken on it. "
    "Being Owner or Editor of the project does not include that permission.",
    confirm=(
        "the target account exists: serviceAccounts.get with its own project, not with '-' (iam.serviceAccounts.get)",
        "its IAM policy gives the caller no role with getAccessToken (iam.serviceAccounts.getIamPolicy)",
        "Policy Troubleshooter on the account says NOT_GRANTED and no deny policy applies",
    ),
    remedy="Grant roles/iam.serviceAccountTokenCreator on that one account, never on the project; for federated callers "
    "roles/iam.workloadIdentityUser is enough. It hands over every right of the target, hence two approvers.",
    traps=("X1", "X2", "X3", "X10"),
    next_error="the impersonated account's own permissions are checked next; the IAM Credentials API must be on as well",
    permissions=("iam.serviceAccounts.getAccessToken",),
    sentences=(
        Sentence(r"unable to acquire impersonated credentials", weight=2, refusal=False),
        Sentence(
            r"failed to impersonate \[(?P<account>[^\]]+)\]|fail\w* (?:to )?impersonat\w+ (?:the )?(?:service )?account|(?:cannot|not allowed to|unable to|could not|permission to) impersonate",
            weight=2,
        ),
        Sentence(
            r"serviceAccounts/(?P<account>[^\s:/'\"]+):generateAccessToken",
            weight=2,
            refusal=False,
            implies="iam.serviceAccounts.getAccessToken",
        ),
        Sentence(
            r"generat\w+ (?:a )?(?:google cloud )?(?:access|oauth2?(?:\.0)?) token for ['\"]?(?P<account>[\w.+-]+@[\w-]+\.iam\.gserviceaccount\.com)",
            weight=2,
            refusal=False,
            implies="iam.serviceAccounts.getAccessToken",
        ),
        Sentence(r"roles/iam\.serviceAccountTokenCreator", weight=2),
        Sentence(r"iam\.serviceAccounts\.getAccessToken", weight=2),
        Sentence(
            r"google\.iam\.credentials\.v1\.IAMCredentials[/.]GenerateAccessToken",
            weight=2,
            refusal=False,
            implies="iam.serviceAccounts.getAccessToken",
        ),
    ),
    fix=Remedy.GRANT_ROLE,
    narrow=_narrow,
)
