"""The API does not accept this kind of credential."""

from shared.model.diagnosis import Cause
from shared.model.plan import Tier

CAUSE = Cause(
    id="cred.type",
    title="Kind of credential not accepted",
    order=57,
    tier=Tier.T3,
    explain="The API understood the credential but does not accept its kind: a session cookie, a federated or personal account, "
    "a token type it does not know.",
    confirm=("the API's documentation lists the credential types it takes",),
    remedy="Use a credential the API accepts, usually a service account's access token.",
    errors=(
        "ACCESS_TOKEN_TYPE_UNSUPPORTED",
        "SESSION_COOKIE_INVALID",
        "CREDENTIAL_TYPE_UNSUPPORTED",
        "ACCOUNT_TYPE_UNSUPPORTED",
    ),
)
