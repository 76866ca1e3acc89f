"""A downscoped token: the credential access boundary leaves this out."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Tier

CAUSE = Cause(
    id="cred.downscoped",
    title="Downscoped token does not cover the call",
    order=59,
    tier=Tier.T3,
    explain="The application narrows its own token with a credential access boundary before using it, and this call lies outside it.",
    confirm=(
        "Policy Troubleshooter says CAN_ACCESS while the call is refused",
        "the token broker's code builds a credential access boundary",
    ),
    remedy="Widen the boundary in the token broker; IAM has nothing to change.",
    traps=("X8",),
    sentences=(Sentence(r"credential access boundary|down-?scoped (?:token|credential)", weight=3, refusal=False),),
)
