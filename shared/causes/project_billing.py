"""BILLING_DISABLED: no open billing account behind the project."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Tier

CAUSE = Cause(
    id="project.billing",
    title="Billing is not active",
    order=37,
    tier=Tier.T3,
    explain="The project that should pay has no open billing account: none was linked, or it was closed or fell behind.",
    confirm=("getProjectBillingInfo says billingEnabled: false (resourcemanager.projects.get)",),
    remedy="A billing administrator links or reopens the account. It costs money, so no machine does it.",
    next_error="the API and the caller's permissions are checked once billing is active",
    errors=("BILLING_DISABLED",),
    legacy=("billingNotEnabled", "UserProjectAccountProblem", "billingDisabled"),
    sentences=(
        Sentence(r"billing (?:is |has )?not (?:been )?enabled (?:for|on|in) (?:the |this |your )?project", weight=3),
        Sentence(r"requires? billing to be enabled(?:.{0,80}?project #?(?P<consumer>[a-z0-9][\w-]*\w))?", weight=3),
        Sentence(
            r"billing (?:is |has been |has not been |must be |is not |isn't |not |needs to be )(?:yet )?(?:enabled|disabled|active|set up|configured)(?:.{0,30}? project:? #?['\"]?(?P<consumer>[a-z0-9][\w:-]*\w))?",
            weight=3,
            anyones=True,
        ),
        Sentence(r"project:? #?['\"]?(?P<consumer>[\w:-]+)['\"]?(?: \(#\d+\))? has billing disabled", weight=3),
        Sentence(
            r"has billing disabled|(?:has )?not configured billing|(?:enable|activate) billing (?:for|on|by)", weight=3
        ),
        Sentence(
            r"billing account\b.{0,80}\b(?:disabled|absent|closed|delinquent|not open|not active|suspended|not found|is invalid|not in good standing)\b",
            weight=3,
            anyones=True,
        ),
        Sentence(
            r"\b(?:absent|closed|disabled|delinquent|no|without an?(?: active)?|not (?:linked|associated|connected) (?:to|with) an?(?: active)?) billing account\b",
            weight=3,
            anyones=True,
        ),
        Sentence(r"UREQ_PROJECT_BILLING_NOT_(?:FOUND|OPEN)", weight=3),
        Sentence(r"UserProjectAccountProblem", weight=3),
    ),
)
