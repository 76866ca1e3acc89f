"""The request itself is malformed: a parameter or a mix of credentials the API does not take."""

from shared.model.diagnosis import Cause
from shared.model.plan import Tier

CAUSE = Cause(
    id="client.request",
    title="The request cannot be accepted as it is",
    order=57,
    tier=Tier.T3,
    explain="The API refuses the form of this request: two kinds of credentials at once, a missing origin, or a parameter it does not support.",
    confirm=("the error's reason names what is wrong; the client's code or library sets it",),
    remedy="Mend the client.",
    errors=(
        "SYSTEM_PARAMETER_UNSUPPORTED",
        "MISSING_ORIGIN",
        "OVERLOADED_CREDENTIALS",
        "CREDENTIAL_ANDROID_APP_INVALID",
    ),
)
