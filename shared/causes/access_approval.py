"""Access Approval and key access justifications: Google's own staff or an external key manager was refused."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Tier

CAUSE = Cause(
    id="access_approval",
    title="Access approval or key justification refused",
    order=63,
    tier=Tier.T3,
    explain="Access Approval governs Google's own personnel, and key access justifications govern when an external key may be "
    "used. Your call meets it only as an error of the key.",
    confirm=("the logs of Cloud KMS, or of the external key manager, show the refused justification",),
    remedy="The owner of the key or of the approval policy decides.",
    sentences=(
        Sentence(r"access approval\b.{0,80}\b(?:denied|required|not approved|refus|dismiss)", weight=3),
        Sentence(r"key access justification", weight=3),
        Sentence(
            r"external key manager\b.{0,80}\b(?:denied|refus|rejected|not allowed)|(?:denied|rejected) by (?:the )?(?:external key manager|ekm)",
            weight=3,
        ),
    ),
)
