"""The access scopes of a virtual machine do not cover the call."""

from shared.model.diagnosis import Cause
from shared.model.plan import Remedy, Tier

CAUSE = Cause(
    id="cred.scope.gce",
    title="VM access scopes too narrow",
    order=58,
    tier=Tier.T2,
    explain="The virtual machine hands out tokens limited to the access scopes it was created with, and this call needs another. "
    "With the default scopes a VM may read buckets and write logs but not write to buckets. Roles are not the problem.",
    confirm=(
        "instances.get shows serviceAccounts[].scopes without any scope the method accepts (compute.instances.get)",
        "the call was made with the VM's own credential, not with a key file on it",
    ),
    remedy="Give the VM a dedicated service account with narrow roles and the cloud-platform scope, or add the one scope. "
    "Both need the VM stopped and started, in its maintenance window.",
    traps=("X1", "X5", "X8"),
    next_error="IAM is checked once the scope fits: the VM's service account may lack the role as well",
    fix=Remedy.VM_SCOPES,
)
