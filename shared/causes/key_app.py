"""The API key is restricted to certain Android or iOS applications."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Tier

CAUSE = Cause(
    id="key.app",
    title="API key not allowed for this application",
    order=51,
    tier=Tier.T3,
    explain="The API key only works for certain Android or iOS applications, and this call came from another.",
    confirm=("the key's application restrictions (apikeys.keys.get) do not name the package, fingerprint or bundle",),
    remedy="The key's owner adds the application, or a server uses a key of its own.",
    errors=("API_KEY_ANDROID_APP_BLOCKED", "API_KEY_IOS_APP_BLOCKED"),
    sentences=(
        Sentence(r"requests from this (?:android|ios) client application .{1,120}? are blocked", weight=3),
        Sentence(
            r"(?:android|ios) (?:client )?app(?:lication)?\b.{0,80}\b(?:blocked|not (?:allowed|authori[sz]ed))",
            weight=2,
        ),
    ),
)
