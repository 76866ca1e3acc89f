"""End-user credentials without a quota project: the call is accounted to Google's own client project."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Tier

CAUSE = Cause(
    id="api.adc_quota_project",
    title="No quota project set for user credentials",
    order=30,
    tier=Tier.T3,
    explain="You call with your own Application Default Credentials and no quota project is set, so the call is accounted to "
    "the project of Google's command line client, where nothing can be enabled for you.",
    confirm=("the consumer in the error is 764086051850 or 32555940559, the projects of Google's own clients",),
    remedy="gcloud auth application-default set-quota-project YOUR_PROJECT, or call as a service account. Nothing has to be enabled.",
    traps=("X6", "X7"),
    next_error="with a quota project set, its API state and your serviceusage.services.use there are checked",
    sentences=(
        Sentence(r"requires a quota project, which is not set", weight=3),
        Sentence(
            r"authenticated using end user credentials from (?:the )?google cloud sdk (?:or google cloud shell )?which are not supported",
            weight=3,
        ),
        Sentence(r"authenticating (?:by )?using local application default credentials", weight=3),
        Sentence(
            r"end user credentials .{0,120}(?:are not supported|is not supported|not allowed) (?:by|for)", weight=3
        ),
        Sentence(r"(?:project|consumer|projects/)[\s:=#'\"/]*(?P<consumer>764086051850|32555940559)\b", weight=3),
        Sentence(r"without a quota project", weight=2, refusal=False),
    ),
)
