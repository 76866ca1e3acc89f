"""No credentials were sent."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Tier

CAUSE = Cause(
    id="cred.missing",
    title="No credentials were sent",
    order=57,
    tier=Tier.T3,
    explain="The call carried no credential, so Google does not know who asks.",
    confirm=("the request has no Authorization header",),
    remedy="Let the client find its credentials (Application Default Credentials) and send them.",
    errors=("CREDENTIALS_MISSING",),
    sentences=(
        Sentence(r"missing required authentication credential", weight=2, refusal=False),
        Sentence(
            r"could not (?:automatically determine|load the default) credentials|default credentials were not found",
            weight=2,
            refusal=False,
        ),
        Sentence(r"login required|anonymous caller does not have", weight=1, refusal=False),
    ),
)
