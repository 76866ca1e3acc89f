"""A hold keeps the object from being changed or deleted."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Tier

CAUSE = Cause(
    id="gcs.hold",
    title="Object under a hold",
    order=70,
    tier=Tier.T3,
    explain="A temporary or event-based hold is set on this object; while it stands nobody can delete or overwrite it.",
    confirm=("the object's temporaryHold or eventBasedHold is true (storage.objects.get)",),
    remedy="Whoever set the hold releases it.",
    traps=("X8",),
    legacy=("objectUnderActiveHold",),
    sentences=(Sentence(r"is under active (?P<hold>event-based|temporary) hold", weight=3),),
    service="storage.googleapis.com",
)
