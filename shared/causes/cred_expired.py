"""The credential has expired, or the clock that signed it is wrong."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Tier

CAUSE = Cause(
    id="cred.expired",
    title="Credential expired or clock skewed",
    order=56,
    tier=Tier.T3,
    explain="The token or signed assertion is out of its time: it expired, or the machine that signed it has a wrong clock.",
    confirm=("the machine's clock against a time server; the token's exp claim",),
    remedy="Synchronise the clock (NTP) and let the client refresh its token. IAM has nothing to change.",
    errors=("ACCESS_TOKEN_EXPIRED", "JWT_TOKEN_INVALID"),
    sentences=(
        Sentence(r"token must be a short-lived token", weight=3),
        Sentence(r"RequestTimeTooSkewed|clock skew", weight=3, anyones=True),
        Sentence(
            r"(?:access |id |jwt |auth )?token (?:has |is |was )?expired|token used too (?:early|late)",
            weight=2,
            refusal=False,
        ),
    ),
)
