"""Terms of service: a person must accept them first."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Tier

CAUSE = Cause(
    id="org.tos",
    title="Terms of service not accepted",
    order=25,
    tier=Tier.T3,
    explain="The service asks its users to accept its terms before the first call, and nobody has done so for this account or project.",
    confirm=("the console shows the terms as not accepted",),
    remedy="A person with the right to do so accepts the terms in the console; no machine can.",
    violations=("TOS",),
    legacy=("termsOfServiceNotAccepted",),
    sentences=(
        Sentence(
            r"(?:must|need to|have not|has not|not) accept(?:ed)? (?:the )?.{0,60}terms of (?:service|use)",
            weight=3,
            anyones=True,
        ),
        Sentence(
            r"terms of (?:service|use) .{0,60}(?:(?:must|need to|have to) be accepted|(?:has|have) not been accepted|not accepted)",
            weight=3,
            anyones=True,
        ),
        Sentence(r"UREQ_TOS_\w+", weight=3),
    ),
    guardrail=True,
)
