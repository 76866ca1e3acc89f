"""A retention policy keeps the object from being changed or deleted."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Tier

CAUSE = Cause(
    id="gcs.retention",
    title="Object under a retention policy",
    order=70,
    tier=Tier.T3,
    explain="The bucket's retention policy keeps this object until a date; until then nobody can delete or overwrite it, administrators included.",
    confirm=("the object's retentionExpirationTime lies in the future (storage.objects.get)",),
    remedy="Wait, or write under another name.",
    traps=("X8",),
    legacy=("retentionPolicyNotMet", "objectRetentionNotMet"),
    sentences=(
        Sentence(r"is subject to (?:the )?bucket's retention policy", weight=3),
        Sentence(
            r"(?:object|bucket)\b.{0,80}\bretention (?:policy|period|configuration)\b.{0,80}\b(?:cannot|not met|until|prevent|subject)",
            weight=3,
        ),
    ),
    service="storage.googleapis.com",
)
