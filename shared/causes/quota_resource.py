"""A resource quota is used up."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Tier

CAUSE = Cause(
    id="quota.resource",
    title="Resource quota exceeded",
    order=47,
    tier=Tier.T3,
    explain="The project has used up a quota: CPUs, addresses, GPUs, storage or the like. Access was granted; there is no room.",
    confirm=("the quota named in the error is at its limit for that project and region",),
    remedy="Free what is not needed or choose another region. A higher quota costs money and is its owner's to ask for.",
    traps=("X9",),
    errors=("RESOURCE_QUOTA_EXCEEDED", "EMULATOR_QUOTA_EXCEEDED"),
    legacy=("quotaExceeded", "QUOTA_EXCEEDED", "limitExceeded", "uploadLimitExceeded", "storageQuotaExceeded"),
    marks=("quota",),
    sentences=(
        Sentence(
            r"quota exceeded for quota (?:metric|group) '(?P<metric>[^']+)' and limit '(?P<limit>[^']+)' of service '(?P<service>[^']+)' for consumer '(?P<consumer>[^']+)'",
            weight=2,
        ),
        Sentence(
            r"quota (?:limit |metric )?'?(?P<metric>[\w.-]+)'? (?:has been )?exceeded|\bquota exceeded\b",
            weight=3,
            anyones=True,
        ),
        Sentence(
            r"(?:^|[.:'\"({>\[]\s*)quota exceeded\b|(?-i:\bQuota exceeded\b)|resource has been exhausted", weight=3
        ),
        Sentence(
            r"(?:exceeds?|exceeded|over|reached|insufficient|out of|not enough)\b.{0,60}\bquotas?\b",
            weight=3,
            anyones=True,
        ),
        Sentence(
            r"\bquotas?\b.{0,40}\b(?:exceeded|exhausted|reached|used up|not sufficient|insufficient)",
            weight=3,
            anyones=True,
        ),
        Sentence(r"RESOURCE_EXHAUSTED", weight=2, anyones=True),
        Sentence(
            r"(?:exceeded|reached|exceeds|over) (?:the |your )?(?:maximum|limit|project limit|storage limit) (?:number |of |on )",
            weight=2,
            refusal=False,
        ),
    ),
)
