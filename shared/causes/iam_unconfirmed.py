"""IAM refused, and the log text cannot tell a missing role from a deny, a condition, a boundary or a wrong name."""

from shared.model.diagnosis import Also, Cause, Sentence
from shared.model.plan import Remedy, Tier

CAUSE = Cause(
    id="iam.unconfirmed",
    title="IAM refused, reason unconfirmed",
    order=97,
    tier=Tier.T1,
    explain="IAM refused the call. A role that was never granted, a deny policy, a condition that does not hold, a boundary and a "
    "resource that does not exist all print this same text; only a policy check can tell them apart.",
    confirm=(
        "Policy Troubleshooter for principal, full resource name and permission: allow, deny and their explanations",
        "a get of the resource with rights of our own: it may not exist",
    ),
    remedy="Confirm first. If a role is missing: the narrowest one on the narrowest resource, for a limited time.",
    traps=("X8", "X10", "X11", "X12", "X13", "X17"),
    errors=("IAM_PERMISSION_DENIED",),
    also=(
        Also("iam.allow_missing", "no role with the permission: Policy Troubleshooter says NOT_GRANTED"),
        Also("iam.deny", "a deny policy forbids it: no role would help"),
        Also("iam.condition", "a binding exists but its condition is false or expired"),
        Also("iam.not_found", "the resource may not exist: the text is the same"),
        Also("iam.propagation", "a grant of the last minutes may not have spread yet: retry before anything else"),
        Also("iam.pab", "a principal access boundary leaves the resource out"),
    ),
    sentences=(
        Sentence(r"(?:the )?caller does not have (?:the )?(?:required )?permissions?", weight=1),
        Sentence(r"request denied by cloud iam|policy update access denied", weight=2),
        Sentence(r"permission ['\"]?[\w.\-/]+['\"]? (?:is )?denied", weight=1),
        Sentence(
            r"permissions? ['\"]?(?:[a-z]\w+\.\w+\.\w+)['\"]? (?:is |are )?(?:denied|missing|required|not granted)",
            weight=2,
        ),
        Sentence(
            r"(?:lacks?|missing|requires?|required|does not have|doesn't have|do not have|without|need)\b.{0,60}['\"(\s]?[a-z][\w-]+\.[a-zA-Z]\w+\.[a-z]\w+['\")]?.{0,20}\b(?:permission|access)",
            weight=2,
            anyones=True,
        ),
        Sentence(
            r"(?:lacks?|missing|requires?|required|does not have|doesn't have|do not have|without|need)\b.{0,60}\bpermissions?\b.{0,12}['\"(\s]?[a-z][\w-]+\.[a-zA-Z]\w+\.[a-z]\w+",
            weight=2,
            anyones=True,
        ),
        Sentence(
            r"(?:user|account|caller|client|principal)\b.{0,100}\b(?:is |was )?(?:not authori[sz]ed|(?:does not|doesn't|do not) have (?:\w+ )?(?:permission|access|authori[sz]ation)|lacks permission)",
            weight=1,
            anyones=True,
        ),
        Sentence(
            r"(?:does not|doesn't|do not|don't) have ['\"]?[a-z][\w-]+\.[a-zA-Z]\w+\.[a-z]\w+|(?:is missing|lacks?|missing) ['\"]?[a-z][\w-]+\.[a-zA-Z]\w+\.[a-z]\w+",
            weight=2,
            anyones=True,
        ),
        Sentence(r"no access to resource|missing or insufficient permissions", weight=2),
        Sentence(r"not authorized to access this resource/api", weight=2),
        Sentence(
            r"operation not allowed|access (?:is |was )?denied|permission (?:was |is )?denied|insufficient permissions?",
            weight=1,
            anyones=True,
        ),
        Sentence(r"PERMISSION_DENIED|PermissionDenied", weight=1, anyones=True),
        Sentence(r"(?:exception|error)\b.{0,60}\bforbidden\b|\bforbidden (?:error|exception)", weight=1, anyones=True),
    ),
    fix=Remedy.GRANT_ROLE,
)
