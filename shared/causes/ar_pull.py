"""Artifact Registry: an image or package may not be pulled."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Remedy, Tier

CAUSE = Cause(
    id="ar.pull",
    title="Image or package may not be pulled",
    order=85,
    tier=Tier.T1,
    explain="Whoever pulls may not download from this repository. The puller is the node's service account on GKE, the service agent and "
    "the deployer on Cloud Run, the build's account in Cloud Build; never the pod's own identity.",
    confirm=(
        "the repository's policy gives the puller no role with artifactregistry.repositories.downloadArtifacts",
        "on GKE: the node's scopes include storage or cloud-platform",
    ),
    remedy="Grant roles/artifactregistry.reader on the repository to the puller.",
    traps=("X10", "X12"),
    permissions=("artifactregistry.*",),
    sentences=(
        Sentence(
            r"failed to (?:pull|resolve|authorize|fetch).{0,300}(?:gcr\.io|pkg\.dev).{0,300}(?:403|forbidden|denied|permission|unauthori[sz]ed)",
            weight=3,
        ),
        Sentence(
            r"(?:gcr\.io|pkg\.dev)\S*.{0,200}(?:403 forbidden|denied: permission|permission denied|pull access denied|denied: unauthenticated|insufficient_scope)",
            weight=3,
        ),
        Sentence(
            r"(?:denied|403|forbidden).{0,200}(?:artifactregistry\.repositories\.\w+|docker\.pkg\.dev|gcr\.io)",
            weight=2,
        ),
    ),
    fix=Remedy.GRANT_ROLE,
    service="artifactregistry.googleapis.com",
)
