"""Restrict resource service usage: the organisation does not allow this service here."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Tier

CAUSE = Cause(
    id="org.service_restriction",
    title="Service restricted by organisation policy",
    order=21,
    tier=Tier.T3,
    explain="Your organisation allows only certain Google services in this project, and this one is not among them. The API "
    "may be enabled and your roles complete: the policy still refuses.",
    confirm=("the effective policy of constraints/gcp.restrictServiceUsage on the project",),
    remedy="Use an allowed service, or ask the policy's administrator for an exception.",
    errors=("RESOURCE_USAGE_RESTRICTION_VIOLATED",),
    violations=("constraints/gcp.restrictServiceUsage",),
    sentences=(
        Sentence(
            r"disallowed by organization's (?P<constraint>constraints/\S+) constraint for '(?P<res>[^']+)' attempting to use service '(?P<service>[^']+)'",
            weight=3,
        ),
        Sentence(r"(?P<constraint>(?:constraints/)?gcp\.restrictServiceUsage)\b", weight=3),
        Sentence(r"disallowed by organi[sz]ation's .{0,80}constraint", weight=3),
    ),
    guardrail=True,
)
