"""The Workspace administrator switched the service off for this person."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Tier

CAUSE = Cause(
    id="principal.blocked_by_admin",
    title="Blocked by the Workspace administrator",
    order=62,
    tier=Tier.T3,
    explain="The administrator of your Google Workspace has switched this service, or this application, off for you.",
    confirm=("the Admin console shows the service off for the person's organisational unit",),
    remedy="Ask the Workspace administrator.",
    errors=("USER_BLOCKED_BY_ADMIN",),
    legacy=("domainPolicy", "userBlockedByAdmin"),
    sentences=(
        Sentence(r"admin_policy_enforced", weight=3),
        Sentence(
            r"(?:blocked|disabled|turned off|restricted|not allowed) by (?:your |the |a )?(?:workspace |domain |google workspace |g suite )?admin(?:istrator)?",
            weight=3,
            anyones=True,
        ),
        Sentence(
            r"(?:domain )?administrators? (?:has|have) (?:disabled|turned off|blocked|restricted)",
            weight=3,
            anyones=True,
        ),
    ),
    guardrail=True,
)
