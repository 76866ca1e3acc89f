"""A binding exists, but its condition does not hold."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Tier

CAUSE = Cause(
    id="iam.condition",
    title="Conditional binding does not apply",
    order=93,
    tier=Tier.T2,
    explain="A binding gives the caller the permission, but only under a condition, and the condition did not hold: its time is over, "
    "or the resource or tag is another.",
    confirm=(
        "Policy Troubleshooter shows a binding with the role and membership included and its condition false",
        "the policy read with version 3 shows the expression, for instance request.time < timestamp(...)",
    ),
    remedy="A new binding with a new end if whoever approved the first agrees. The condition itself is never removed, and no "
    "unconditional twin is added.",
    traps=("X10", "X13"),
    sentences=(
        Sentence(
            r"(?:^|[^-\w])conditions? .{0,80}(?:evaluat\w+ to false|(?:is|are|was|were) not (?:met|satisfied)|did not hold|has expired)",
            weight=3,
            anyones=True,
        ),
        Sentence(
            r"\"?conditionExplanation\"?.{0,200}\bfalse\b|UNKNOWN_CONDITIONAL|ALLOW_ACCESS_STATE_UNKNOWN_CONDITIONAL",
            weight=3,
        ),
    ),
)
