"""TLS restrictions: the client's TLS version or cipher is not allowed."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Tier

CAUSE = Cause(
    id="org.tls",
    title="TLS version or cipher not allowed",
    order=23,
    tier=Tier.T3,
    explain="Your organisation accepts only certain TLS versions and ciphers for this service, and the client offered another.",
    confirm=("the effective policy of constraints/gcp.restrictTLSVersion or gcp.restrictTLSCipherSuites",),
    remedy="Update the client or its TLS settings.",
    errors=("TLS_ORG_POLICY_VIOLATED", "TLS_CIPHER_RESTRICTION_VIOLATED"),
    violations=("constraints/gcp.restrictTLSVersion", "constraints/gcp.restrictTLSCipherSuites"),
    sentences=(
        Sentence(r"(?P<constraint>(?:constraints/)?gcp\.restrictTLS(?:Version|CipherSuites))\b", weight=3),
        Sentence(
            r"\bTLS (?:version|cipher)\b.{0,80}(?:not allowed|restricted|disallowed|violat|denied)",
            weight=3,
            anyones=True,
        ),
    ),
    guardrail=True,
)
