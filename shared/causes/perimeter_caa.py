"""Context-aware access: the person's device or place does not satisfy an access level."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Tier

CAUSE = Cause(
    id="perimeter.caa",
    title="Context-aware access",
    order=13,
    tier=Tier.T3,
    explain="Your organisation lets people use the console and gcloud only from devices or places it trusts. This session "
    "did not meet the required access level.",
    confirm=(
        "the policy denied log has an entry of contextawareaccess.googleapis.com for this person",
        "gcpUserAccessBindings.list shows which access level the person's group must meet",
    ),
    remedy="Meet the access level (managed device, encrypted disk, allowed network); its owner decides on exceptions.",
    marks=("context_aware_access",),
    sentences=(
        Sentence(r"context[- ]aware access", weight=2),
        Sentence(
            r"(?:device|session|request|user) (?:does not|doesn't|did not) (?:meet|satisfy|comply with) .{0,40}(?:access level|access polic|security requirement|organi[sz]ation's polic)",
            weight=3,
            anyones=True,
        ),
        Sentence(r"access_denied.{0,40}account restricted", weight=2, anyones=True),
    ),
    guardrail=True,
)
