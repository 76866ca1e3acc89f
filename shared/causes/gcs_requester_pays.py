"""Requester pays: the caller must name a project that pays for the request."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Tier

CAUSE = Cause(
    id="gcs.requester_pays",
    title="Requester pays bucket",
    order=41,
    tier=Tier.T3,
    explain="The bucket's owner lets requesters pay, so every request must name a project to bill, one the caller may use.",
    confirm=("the bucket's billing.requesterPays is true",),
    remedy="Set userProject (gcloud: --billing-project) to a project where you hold serviceusage.services.use.",
    next_error="the caller's access to the bucket itself is checked next",
    sentences=(Sentence(r"requester pays bucket", weight=2, refusal=False),),
    service="storage.googleapis.com",
)
