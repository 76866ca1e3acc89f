"""A location policy: resources of this kind may not live there."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Tier

CAUSE = Cause(
    id="org.location",
    title="Location not allowed",
    order=22,
    tier=Tier.T3,
    explain="The location you asked for is not among those your organisation, or the terms of the service, allow.",
    confirm=("the effective policy of constraints/gcp.resourceLocations on the project",),
    remedy="Choose an allowed location. Exceptions belong to the policy's administrator.",
    errors=("LOCATION_TAX_POLICY_VIOLATED", "LOCATION_POLICY_VIOLATED", "LOCATION_ORG_POLICY_VIOLATED"),
    violations=("constraints/gcp.resourceLocations",),
    sentences=(
        Sentence(r"(?P<constraint>(?:constraints/)?gcp\.resourceLocations)\b", weight=3),
        Sentence(
            r"location .{0,60}(?:violates|is not allowed by|is disallowed by|restricted by|not permitted by).{0,60}(?:constraint|polic)",
            weight=3,
        ),
    ),
    guardrail=True,
)
