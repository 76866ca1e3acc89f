"""Secret Manager: the caller may not read the secret."""

from shared.model.diagnosis import Cause
from shared.model.plan import Remedy, Tier

CAUSE = Cause(
    id="secret.access",
    title="Secret may not be read",
    order=90,
    tier=Tier.T2,
    explain="The caller may not read the payload of this secret. The same text appears when the secret does not exist.",
    confirm=(
        "the secret exists and its policy gives the caller no role with the permission (secretmanager.secrets.getIamPolicy)",
        "Policy Troubleshooter says NOT_GRANTED",
    ),
    remedy="Grant roles/secretmanager.secretAccessor on that one secret, with two approvers: it exposes the secret.",
    traps=("X10",),
    permissions=("secretmanager.versions.access",),
    fix=Remedy.GRANT_ROLE,
    service="secretmanager.googleapis.com",
)
