"""The service agent of a storage or data service may not use the encryption key."""

from shared.causes.agent_role import AGENT
from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Tier

CAUSE = Cause(
    id="kms.agent",
    title="Service agent may not use the KMS key",
    order=75,
    tier=Tier.T2,
    explain="Data here is protected with your own Cloud KMS key, and the agent of the service that stores it may not use that key.",
    confirm=(
        "the key's policy lacks roles/cloudkms.cryptoKeyEncrypterDecrypter for the agent (cloudkms.cryptoKeys.getIamPolicy)",
        "the key version is enabled and in a location the service accepts",
    ),
    remedy="Grant roles/cloudkms.cryptoKeyEncrypterDecrypter to the agent on that one key.",
    traps=("X12",),
    next_error="a disabled or misplaced key shows next, as 400",
    sentences=(
        Sentence(r"permission denied on cloud kms key", weight=3),
        Sentence(
            rf"(?:kms|crypto ?key|encryption key|CMEK)\b.{{0,200}}\b(?:service account|service agent|agent)\b.{{0,160}}?{AGENT}?.{{0,120}}\b(?:authori[sz]ed|permission|access|role)",
            weight=2,
        ),
        Sentence(
            rf"{AGENT}.{{0,160}}\bcloudkms\.cryptoKeyVersions\.useTo(?:En|De)crypt",
            weight=3,
        ),
        Sentence(
            rf"cloudkms\.cryptoKeyVersions\.useTo(?:En|De)crypt.{{0,200}}?{AGENT}",
            weight=3,
        ),
    ),
)
