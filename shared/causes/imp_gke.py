"""Workload Identity for GKE: the Kubernetes account may not use the service account."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Remedy, Tier

CAUSE = Cause(
    id="imp.gke",
    title="GKE Workload Identity binding missing",
    order=77,
    tier=Tier.T2,
    explain="The pod's Kubernetes service account is meant to act as a Google service account, but that account's policy does not "
    "name it: roles/iam.workloadIdentityUser is missing for serviceAccount:PROJECT.svc.id.goog[NAMESPACE/NAME].",
    confirm=(
        "the account's policy lacks exactly that member; a wrong namespace or annotation looks the same",
        "the cluster's workloadIdentityConfig and the annotation of the Kubernetes account",
    ),
    remedy="Add that one binding on the service account; correct the annotation if it names another account.",
    traps=("X2", "X3", "X10"),
    next_error="the service account's own permissions are checked next",
    sentences=(
        Sentence(r"iam returned 403 forbidden", weight=3),
        Sentence(r"missing iam policy binding on the target iam service account", weight=3),
        Sentence(r"(?P<member>serviceAccount:[\w:.-]+\.svc\.id\.goog\[[^\]]+\])", weight=2, refusal=False),
    ),
    fix=Remedy.GRANT_ROLE,
)
