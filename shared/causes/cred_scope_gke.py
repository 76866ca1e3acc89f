"""The scopes of a GKE node pool do not cover the call."""

from shared.model.diagnosis import Cause
from shared.model.plan import Tier

CAUSE = Cause(
    id="cred.scope.gke",
    title="GKE node scopes too narrow",
    order=58,
    tier=Tier.T2,
    explain="The node's tokens are limited to the access scopes its node pool was created with. Image pulls and workloads without "
    "Workload Identity use these tokens, never the pod's own identity.",
    confirm=("nodePools.get shows config.oauthScopes without a scope the method accepts (container.clusters.get)",),
    remedy="Move the workload to a new node pool with the cloud-platform scope and a minimal node service account, or use "
    "Workload Identity. Scopes of an existing pool cannot change.",
    traps=("X1", "X5"),
    next_error="IAM is checked once the scope fits: the node's service account may lack the role as well",
)
