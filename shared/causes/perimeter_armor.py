"""Cloud Armor filtered a request: a traffic rule, not IAM."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Tier

CAUSE = Cause(
    id="perimeter.armor",
    title="Cloud Armor rule",
    order=15,
    tier=Tier.T3,
    explain="A Cloud Armor security policy in front of the load balancer refused this request by its traffic rules. No "
    "identity was checked, so this is not a permission problem.",
    confirm=(
        "the load balancer's log has statusDetails denied_by_security_policy and names the policy and rule",
        "the rule in the security policy (compute.securityPolicies.get) matches the request",
    ),
    remedy="If the request is legitimate, the owner of the rule tunes it; unforbid never touches it.",
    sentences=(
        Sentence(r"denied_by_security_policy", weight=3, refusal=False),
        Sentence(r"(?:cloud armor|security policy) .{0,40}(?:denied|blocked|reject)", weight=3, refusal=False),
    ),
)
