"""Kubernetes authorisation: neither RBAC nor IAM allows the request to the cluster."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Tier

CAUSE = Cause(
    id="gke.rbac",
    title="Kubernetes RBAC",
    order=74,
    tier=Tier.T2,
    explain="The cluster's API server refused the request: no RoleBinding in the cluster and no IAM role on the project allows it. "
    "A system:serviceaccount name is a Kubernetes account, not a Google one.",
    confirm=(
        "kubectl auth can-i VERB RESOURCE --as USER --namespace NAMESPACE says no",
        "the user has no container.* permission on the project either",
    ),
    remedy="A RoleBinding in the one namespace, made by the cluster's owner; never cluster-admin.",
    traps=("X10",),
    marks=("rbac",),
    sentences=(
        Sentence(
            r"\buser ['\"](?P<principal>[^'\"]*)['\"] cannot (?P<verb>\w+) (?:resource|path) ['\"](?P<kind>[^'\"]*)['\"]",
            weight=3,
        ),
        Sentence(
            r"\buser ['\"](?P<principal>[^'\"]*)['\"] cannot (?P<verb>get|list|watch|create|update|patch|delete|deletecollection) (?P<kind>[\w./-]+) (?:in the namespace|at the cluster scope)",
            weight=3,
        ),
        Sentence(r"is forbidden: user ['\"](?P<principal>[^'\"]*)['\"]", weight=3),
        Sentence(r"error from server \(forbidden\)", weight=3),
        Sentence(r"requires one of \[['\"](?P<permission>container\.[\w.]+)['\"]", weight=3),
        Sentence(r"\buser=&\{(?P<principal>[^\s}]+)", weight=2, refusal=False),
        Sentence(r"attempt(?:ing)? to grant (?:extra privileges|RBAC permissions not currently held)", weight=3),
    ),
    service="k8s.io",
)
