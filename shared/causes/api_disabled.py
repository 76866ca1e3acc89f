"""SERVICE_DISABLED: the API is off in the project that pays for the call."""

from shared.model.denial import Denial
from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Remedy, Tier

GOOGLE_CLIENTS = ("projects/764086051850", "projects/32555940559", "projects/618104708054")
"""Projects of gcloud and of other Google clients: nobody outside Google can enable an API there."""


def _narrow(denial: Denial) -> str:
    said_so = any(one.cause == "api.adc_quota_project" and one.refusal for one in denial.signs.heard)
    return "api.adc_quota_project" if said_so or denial.names.consumer in GOOGLE_CLIENTS else "api.disabled"


CAUSE = Cause(
    id="api.disabled",
    title="API not enabled in the consumer project",
    order=33,
    tier=Tier.T2,
    explain="The API is switched off in the project the call is accounted to (the consumer, or quota project). That is the "
    "project printed in the error; it is often not the one that holds the resource.",
    confirm=(
        "services.get on exactly that project and service says DISABLED (serviceusage.services.get)",
        "no recent DisableService in the activity log: someone may have switched it off on purpose",
    ),
    remedy="Enable the API in the consumer project, once it is confirmed to be one of ours. Where the consumer surprises "
    "you, correct the client's quota project instead.",
    traps=("X3", "X6", "X7"),
    next_error="the caller's IAM permissions are checked for the first time once the API is on: a missing role would show then",
    errors=("SERVICE_DISABLED",),
    legacy=("accessNotConfigured",),
    marks=("agent_api_off",),
    sentences=(
        Sentence(
            r"(?P<api>[\w .\-/()&]{1,80}?) has not been used in (?:the )?project\b(?::? #?['\"]?(?P<consumer>[a-z0-9][\w\-:.]*\w)['\"]? before or it is disabled)?",
            weight=3,
        ),
        Sentence(
            r"API \[(?P<service>[\w.-]+)\] (?:is )?not enabled (?:on|in|for) project \[(?P<consumer>[\w\-:.]+)\]",
            weight=3,
        ),
        Sentence(
            r"(?:service|api) ['\"]?(?P<service>[a-z0-9-]+\.googleapis\.com)['\"]? (?:is not|is currently not|has not been|not) enabled(?: for consumer ['\"]?projects?[:/](?P<consumer>[\w\-:.]+\w)|[^.]{0,40}? project:? ['\"]?(?P<project>[a-z0-9][\w:.-]+\w))?",
            weight=3,
        ),
        Sentence(
            r"\bAPIs?\b(?: \([\w.-]+\))?,? (?:(?:is|are|isn't|has|hasn't|have|was) )?(?:currently )?(?:not )?(?:yet )?(?:been )?(?:not enabled|disabled|not activated|not turned on)\b(?:.{0,40}? project:? ['\"\[]?(?P<consumer>[a-z0-9][\w:.-]+\w))?",
            weight=2,
            anyones=True,
        ),
        Sentence(
            r"\bAPIs?\b(?: \([\w.-]+\))?,? (?:(?:is|are|has|have|was) not|isn't|hasn't)(?: currently| yet)?(?: been)? (?:enabled|activated|turned on)\b(?:.{0,40}? project:? ['\"\[]?(?P<consumer>[a-z0-9][\w:.-]+\w))?",
            weight=2,
            anyones=True,
        ),
        Sentence(
            r"\bAPIs?\b(?: \([\w.-]+\))? (?:must|needs? to|should|has to) be (?:enabled|activated)",
            weight=2,
            anyones=True,
        ),
        Sentence(
            r"(?:enable it by visiting|enable the api by visiting|to enable.{0,40}visit).{0,20}console\.(?:developers|cloud)\.google\.com/apis/(?:api|library)/(?P<service>[\w.-]+\.googleapis\.com)(?:/overview)?\?project=(?P<consumer>[\w\-:.]+\w)",
            weight=2,
        ),
        Sentence(r"access not configured|api project is not authorized to use this api", weight=3),
        Sentence(r"google has disabled the use of apis from this api project", weight=3),
        Sentence(r"(?:required|following) apis? (?:is|are) not enabled", weight=3),
    ),
    fix=Remedy.ENABLE_API,
    narrow=_narrow,
)
