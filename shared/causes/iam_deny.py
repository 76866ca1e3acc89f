"""A deny policy forbids it; deny wins over every role."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Tier

CAUSE = Cause(
    id="iam.deny",
    title="IAM deny policy",
    order=91,
    tier=Tier.T3,
    explain="A deny policy forbids this permission to the caller here. It wins over every role, so granting one changes nothing.",
    confirm=(
        "Policy Troubleshooter shows the deny state DENIED",
        "the deny policies of the project, its folders and the organisation (iam.denypolicies.get)",
    ),
    remedy="Its owner decides: an exception principal, or a tag. unforbid never touches a deny policy.",
    traps=("X10",),
    sentences=(
        Sentence(r"\bdeny polic(?:y|ies)\b", weight=3, anyones=True),
        Sentence(r"DENY_ACCESS_STATE_DENIED|\"denyAccessState\": ?\"DENIED\"", weight=3),
    ),
    guardrail=True,
)
