"""The API key is restricted to certain addresses."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Tier

CAUSE = Cause(
    id="key.ip",
    title="API key not allowed from this address",
    order=50,
    tier=Tier.T3,
    explain="The API key only works from certain IP addresses, and this call came from another.",
    confirm=("the key's server restrictions (apikeys.keys.get) do not contain the caller's address",),
    remedy="The key's owner adds the address, or the call goes out through an allowed one.",
    errors=("API_KEY_IP_ADDRESS_BLOCKED",),
    legacy=("ipBlocked",),
    sentences=(
        Sentence(r"api key has an? ip address restriction", weight=3),
        Sentence(r"originating ip address of the call .{0,80}violates", weight=3),
        Sentence(r"requests from (?:ip|ip address|this ip).{0,80}(?:are )?(?:blocked|not allowed)", weight=3),
        Sentence(r"ip, site or mobile application is not authorized to use this api key", weight=3),
    ),
)
