"""Organization restrictions: an egress proxy's header names other organisations than the resource's."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Tier

CAUSE = Cause(
    id="perimeter.org_restriction",
    title="Organization restriction",
    order=12,
    tier=Tier.T3,
    explain="Traffic from your network is limited to certain organisations by a header its egress proxy adds, and the "
    "resource belongs to another one.",
    confirm=("the X-Goog-Allowed-Resources header of the egress proxy does not list the resource's organisation",),
    remedy="Ask the owner of the egress proxy; nothing in Google Cloud has to change.",
    errors=("ORG_RESTRICTION_VIOLATION", "ORG_RESTRICTION_HEADER_INVALID"),
    sentences=(
        Sentence(r"access denied by organi[sz]ation restriction", weight=3),
        Sentence(r"x-goog-allowed-resources", weight=3),
        Sentence(r"organi[sz]ation restrictions? (?:header|polic|violat)", weight=3),
    ),
    guardrail=True,
)
