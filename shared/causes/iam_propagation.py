"""The role was granted a moment ago and has not reached everywhere."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Tier

CAUSE = Cause(
    id="iam.propagation",
    title="Grant still propagating",
    order=95,
    tier=Tier.T3,
    explain="The binding is there, but it was made moments before the call; changes usually take 2 minutes and can take more than 7.",
    confirm=(
        "a SetIamPolicy for this principal and resource within the ten minutes before the denial",
        "Policy Troubleshooter says CAN_ACCESS now",
    ),
    remedy="Wait and look again after 2, 5 and 10 minutes. Do not add a second role.",
    traps=("X13",),
    sentences=(
        Sentence(
            r"(?:take|wait)\b.{0,40}\bminutes?\b.{0,80}\b(?:permission|grant|role|polic)\w*\b.{0,40}\bpropagat",
            weight=2,
            refusal=False,
        ),
        Sentence(
            r"(?:permission|grant|role|polic(?:y|ies))s?\b.{0,60}\b(?:still propagating|(?:not|n't) (?:yet )?propagated|to propagate)",
            weight=2,
            refusal=False,
        ),
    ),
)
