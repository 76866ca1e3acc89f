"""The API is not open to this project: its producer must allow it."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Tier

CAUSE = Cause(
    id="api.not_visible",
    title="API not available to this project",
    order=32,
    tier=Tier.T3,
    explain="This API is private, or open only to projects its producer has listed, and yours is not among them.",
    confirm=("services.get in the consumer project does not show the service at all",),
    remedy="Ask the producer of the API for access; enabling cannot work before.",
    traps=("X10",),
    errors=("SERVICE_NOT_VISIBLE",),
    sentences=(
        Sentence(r"SERVICE_CONFIG_NOT_FOUND_OR_PERMISSION_DENIED", weight=3),
        Sentence(
            r"(?:is not|not) (?:visible|allow-?listed|whitelisted|allowed to use|available) (?:to|for) (?:this |the |your |consumer )?(?:project|consumer)",
            weight=3,
        ),
    ),
)
