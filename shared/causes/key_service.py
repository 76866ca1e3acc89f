"""The API key is not allowed to call this service or method."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Tier

CAUSE = Cause(
    id="key.service",
    title="API key not allowed for this API",
    order=48,
    tier=Tier.T3,
    explain="The API key is restricted to certain APIs, and this one is not on its list.",
    confirm=("the key's API restrictions (apikeys.keys.get) do not name the service",),
    remedy="The key's owner adds the service to the key's restrictions, or uses another key. Restrictions are never removed.",
    errors=("API_KEY_SERVICE_BLOCKED",),
    legacy=("apiKeyServiceBlocked",),
    sentences=(
        Sentence(r"requests to this api (?P<service>\S+) method (?P<method>\S+) are blocked", weight=3),
        Sentence(
            r"api key (?:is )?not (?:authori[sz]ed|allowed|permitted|enabled) (?:to use|for|to call) (?:this )?(?:service|api)",
            weight=3,
        ),
        Sentence(r"ApiTargetBlocked", weight=3),
    ),
)
