"""CONSUMER_SUSPENDED: Google suspended the project."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Tier

CAUSE = Cause(
    id="project.suspended",
    title="Project suspended by Google",
    order=36,
    tier=Tier.T3,
    explain="Google suspended this project or account, for abuse, payment or terms of service. Every call of it is refused.",
    confirm=("the console's project page and the owners' mail name the reason",),
    remedy="Treat it as a security incident first; then appeal through Google support.",
    errors=("CONSUMER_SUSPENDED", "GCP_SUSPENDED"),
    legacy=("projectSuspended", "accountSuspended"),
    sentences=(
        Sentence(
            r"consumer:? ['\"]?(?:projects?[:/])?(?P<consumer>[\w:.-]*\w)['\"]? (?:has been|is|was) suspended", weight=3
        ),
        Sentence(
            r"(?:project|account|api key|consumer|organi[sz]ation)\b.{0,80}\b(?:has been|is|was) suspended",
            weight=3,
            anyones=True,
        ),
        Sentence(r"suspended (?:due to|for|because of) (?:abus|suspicious|violat|fraud|non-?payment|terms)", weight=3),
    ),
)
