"""Rate limit: too many calls in a time; not a matter of access."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Tier

CAUSE = Cause(
    id="quota.rate",
    title="Rate limit exceeded",
    order=46,
    tier=Tier.T3,
    explain="The caller or project made more calls in a short time than its quota allows. Older APIs answer that with 403, "
    "which reads like missing access but is not.",
    confirm=(
        "the quota metric in the error, or serviceruntime.googleapis.com/quota/rate in Monitoring, is at its limit",
    ),
    remedy="Back off with jitter and spread the calls. If the rate is needed, its owner asks for a higher quota.",
    traps=("X9",),
    errors=("RATE_LIMIT_EXCEEDED",),
    legacy=("rateLimitExceeded", "userRateLimitExceeded", "concurrentLimitExceeded", "servingLimitExceeded"),
    sentences=(
        Sentence(r"exceeded rate limits: too many", weight=3),
        Sentence(
            r"(?:user |query |write |read |request )?rate[- ]limit (?:has been )?exceeded|exceeded (?:the )?(?:\w+ )?rate limits?",
            weight=3,
            anyones=True,
        ),
        Sentence(
            r"quota exceeded for quota (?:metric|group) '(?P<metric>[^']+)' and limit '(?P<limit>[^']+per (?:minute|second|100 seconds|user)[^']*)' of service '(?P<service>[^']+)' for consumer '(?P<consumer>[^']+)'",
            weight=3,
        ),
        Sentence(
            r"too many (?:concurrent )?(?:requests|queries|operations|table|api|dml|jobs)", weight=2, anyones=True
        ),
        Sentence(
            r"(?:requests|queries|calls|operations) per (?:minute|second|100 seconds)(?: per \w+)? (?:quota|limit)",
            weight=2,
            anyones=True,
        ),
    ),
)
