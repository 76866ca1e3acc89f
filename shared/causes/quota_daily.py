"""A daily allowance is used up."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Tier

CAUSE = Cause(
    id="quota.daily",
    title="Daily limit reached",
    order=45,
    tier=Tier.T3,
    explain="The day's allowance of this API or of the free tier is used up. It comes back with the next day.",
    confirm=("the per-day metric of the service is at its limit",),
    remedy="Wait for the reset, reduce the use, or its owner asks for a higher daily limit.",
    traps=("X9",),
    legacy=("dailyLimitExceeded", "dailyLimitExceededUnreg"),
    sentences=(
        Sentence(
            r"daily (?:limit|quota|usage limit)(?: for [\w ]+)? (?:has been )?(?:exceeded|reached)",
            weight=3,
            anyones=True,
        ),
        Sentence(r"exceeded (?:the |your )?(?:daily|per[- ]day) (?:limit|quota)", weight=3, anyones=True),
        Sentence(
            r"and limit '(?P<limit>[^']+per day[^']*)' of service '(?P<service>[^']+)' for consumer '(?P<consumer>[^']+)'",
            weight=3,
        ),
        Sentence(r"exceeded quota for free query bytes", weight=3),
    ),
)
