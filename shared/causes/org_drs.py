"""Domain restricted sharing: the policy names a member from outside the permitted organisations."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Tier

CAUSE = Cause(
    id="org.drs",
    title="Domain restricted sharing",
    order=20,
    tier=Tier.T3,
    explain="An organisation policy says which customers' identities may appear in IAM policies. The member you tried to "
    "add belongs to none of them, so the whole policy change was refused.",
    confirm=(
        "the effective policy of constraints/iam.allowedPolicyMemberDomains or iam.managed.allowedPolicyMembers on the resource",
    ),
    remedy="Use an identity inside the permitted organisation. Exceptions belong to the policy's administrator; it also "
    "stops grants by unforbid.",
    legacy=("invalidMembersDomain",),
    violations=("constraints/iam.allowedPolicyMemberDomains", "constraints/iam.managed.allowedPolicyMembers"),
    sentences=(
        Sentence(r"(?:do(?:es)? not|doesn't) belong to a permitted customer", weight=3),
        Sentence(r"(?P<constraint>(?:constraints/)?iam\.(?:managed\.)?allowedPolicyMember(?:Domain)?s)\b", weight=3),
        Sentence(r"is not in permitted organi[sz]ation", weight=3),
        Sentence(r"domain[- ]restricted sharing", weight=2),
    ),
    guardrail=True,
)
