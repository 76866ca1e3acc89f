"""The bucket's project is blocked: billing, country or account state."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Tier

CAUSE = Cause(
    id="gcs.frozen",
    title="Bucket's project is blocked",
    order=38,
    tier=Tier.T3,
    explain="Cloud Storage refuses every request to this bucket because of the state of its project or account, not because of roles.",
    confirm=("the state of billing and of the project that owns the bucket",),
    remedy="The project's owner and the billing administrator clear the state.",
    legacy=("accountDisabled", "countryBlocked", "sslRequired"),
    sentences=(
        Sentence(
            r"account for (?:the )?(?:bucket|owning project|project) .{0,80}(?:disabled|closed|blocked)", weight=3
        ),
        Sentence(r"(?-i:\b(?:AccountProblem|AccountDisabled)\b)", weight=3),
    ),
    service="storage.googleapis.com",
)
