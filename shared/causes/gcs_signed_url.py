"""A signed URL or HMAC signature was not accepted."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Tier

CAUSE = Cause(
    id="gcs.signed_url",
    title="Signature not accepted",
    order=70,
    tier=Tier.T3,
    explain="The signature of a signed URL or HMAC request does not match what was requested, or its time is over. No identity was "
    "established, so no audit entry exists and no role helps.",
    confirm=("method, headers and x-goog-* parameters of the request against those signed; the signer's clock",),
    remedy="Sign exactly what is sent. What the signature may do is decided by the signing account's role.",
    legacy=("SignatureDoesNotMatch", "ExpiredToken"),
    sentences=(
        Sentence(r"SignatureDoesNotMatch", weight=3, anyones=True),
        Sentence(r"request signature we calculated does not match", weight=3, anyones=True),
        Sentence(r"<Code>ExpiredToken</Code>|signed url (?:has )?expired", weight=3, anyones=True),
        Sentence(r"request signature expired at", weight=3),
    ),
    service="storage.googleapis.com",
)
