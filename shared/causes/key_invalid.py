"""The API key is missing, wrong or expired."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Tier

CAUSE = Cause(
    id="key.invalid",
    title="API key missing or not valid",
    order=53,
    tier=Tier.T3,
    explain="The call carries no API key where one is needed, or a key that Google does not know, has expired or was revoked.",
    confirm=("apikeys.keys.lookup does not find the key, or shows it deleted or expired",),
    remedy="The key's owner issues or corrects it. Keep keys out of logs.",
    errors=("API_KEY_INVALID",),
    legacy=("keyInvalid", "keyExpired", "badRequestKey"),
    sentences=(
        Sentence(r"api key (?:is )?(?:not valid|invalid|expired|not found|missing)", weight=3, anyones=True),
        Sentence(
            r"(?:invalid|missing|bad|expired|no|without an?|missing a valid|provide an?) api[ _-]?key",
            weight=2,
            anyones=True,
        ),
        Sentence(
            r"(?:provided|your|this|the) api key .{0,40}(?:invalid|expired|deleted|leaked|not valid|revoked|disabled)",
            weight=3,
            anyones=True,
        ),
        Sentence(r"doesn't allow unregistered callers|callers without established identity", weight=3),
    ),
)
