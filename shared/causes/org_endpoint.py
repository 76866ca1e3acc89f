"""Endpoint usage restriction: this API endpoint may not be used; a regional one may."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Tier

CAUSE = Cause(
    id="org.endpoint",
    title="API endpoint not allowed",
    order=24,
    tier=Tier.T3,
    explain="Your organisation restricts which endpoints of the API may be called, for instance only regional ones, and the "
    "client called another.",
    confirm=(
        "the effective policy of constraints/gcp.restrictEndpointUsage; the error's checked_value names the endpoint",
    ),
    remedy="Point the client at an allowed endpoint.",
    errors=("ENDPOINT_USAGE_RESTRICTION_VIOLATED",),
    violations=("constraints/gcp.restrictEndpointUsage",),
    sentences=(
        Sentence(r"(?P<constraint>(?:constraints/)?gcp\.restrictEndpointUsage)\b", weight=3),
        Sentence(
            r"endpoint usage restriction|use of (?:the |this )?endpoint .{0,60}(?:restricted|not allowed|disallowed|denied)",
            weight=3,
        ),
    ),
    guardrail=True,
)
