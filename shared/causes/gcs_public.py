"""Public access prevention: the data may not be made public."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Tier

CAUSE = Cause(
    id="gcs.public",
    title="Public access prevented",
    order=70,
    tier=Tier.T3,
    explain="Public access prevention is on for this bucket, so nothing in it can be opened to everyone.",
    confirm=("the bucket's iamConfiguration.publicAccessPrevention is enforced, by itself or by its organisation",),
    remedy="Grant a named identity instead. Making data public is its owner's decision and never unforbid's.",
    sentences=(
        Sentence(r"public access prevention", weight=3),
        Sentence(r"(?P<constraint>constraints/storage\.publicAccessPrevention)", weight=3),
    ),
    service="storage.googleapis.com",
)
