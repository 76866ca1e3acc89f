"""The API key is restricted to certain web sites."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Tier

CAUSE = Cause(
    id="key.referrer",
    title="API key not allowed from this web site",
    order=49,
    tier=Tier.T3,
    explain="The API key only works from certain web pages (HTTP referrers), and this call came from another or from none.",
    confirm=("the key's browser restrictions (apikeys.keys.get) do not match the referrer",),
    remedy="The key's owner adds the site, or server code uses a key without a browser restriction.",
    errors=("API_KEY_HTTP_REFERRER_BLOCKED",),
    legacy=("ipRefererBlocked", "refererBlocked"),
    sentences=(
        Sentence(r"requests from (?:http )?referr?er .{1,120}? are blocked", weight=3),
        Sentence(r"requests from referer", weight=3),
        Sentence(r"api keys? with referr?er restrictions", weight=3),
        Sentence(
            r"\b(?:http )?referr?er\b.{0,40}\b(?:not allowed|blocked|restrict|not authori[sz]ed)",
            weight=2,
            anyones=True,
        ),
        Sentence(r"RefererNotAllowed", weight=3),
    ),
)
