"""The service itself says which role or permission has to be granted."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Remedy, Tier

CAUSE = Cause(
    id="iam.allow_missing",
    title="Role missing",
    order=92,
    tier=Tier.T1,
    explain="No role of the caller contains the permission on this resource: it was never granted, was removed, or ended.",
    confirm=(
        "Policy Troubleshooter says NOT_GRANTED for allow and NOT_DENIED for deny",
        "a SetIamPolicy in the activity log that removed the binding, if it worked before",
    ),
    remedy="The narrowest role on the narrowest resource that carries a policy, for a limited time; or a patch for the owner of the "
    "infrastructure code.",
    traps=("X10", "X11", "X13", "X17"),
    sentences=(
        Sentence(
            r"(?:must|need to|should|please|have to) (?:\w+ )?(?:grant|give)\b.{0,80}?\b(?:permission|role|access)s? to:? ['\"]?(?P<principal>[\w.+%-]+@[\w-]+(?:\.[\w-]+)+)",
            weight=3,
        ),
        Sentence(r"you (?:may|might) not have (?:the )?permissions? to", weight=2),
        Sentence(r"requires? (?:the |an? )(?:[\w/-]+,? ){1,12}roles?\b", weight=2),
        Sentence(
            r"(?:make sure|ensure|grant|ask .{0,60}to grant|needs?|requires?|missing|must have|add|does not have|without|lacks)\b.{0,120}['\"\s(](?P<role>roles/[\w.]+)",
            weight=2,
        ),
        Sentence(r"(?:lacks?|missing)(?: the)?(?: required| necessary)? iam permissions?", weight=2, anyones=True),
    ),
    fix=Remedy.GRANT_ROLE,
)
