"""Organisation policy: a constraint forbids this configuration, whoever asks."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Tier

CAUSE = Cause(
    id="org.constraint",
    title="Organisation policy constraint",
    order=26,
    tier=Tier.T3,
    explain="A constraint of your organisation forbids what this call would create or change, for everybody. Your roles "
    "are not the problem.",
    confirm=(
        "the effective policy of the named constraint on the project (orgpolicy.policy.get)",
        "policyViolationInfo of the audit entry lists the constraint and the checked value",
    ),
    remedy="Change the request so that it complies. An exception is the policy administrator's decision; unforbid never "
    "weakens a constraint.",
    legacy=("orgPolicyConstraintFailed", "orgPolicyViolation"),
    marks=("org_policy",),
    sentences=(
        Sentence(
            r"constraint:? ['\"]?(?P<constraint>(?:constraints|customConstraints)/[\w./-]*\w)['\"]?\.? (?:is )?(?:violated|for|not satisfied|enforced)",
            weight=3,
        ),
        Sentence(
            r"(?:violates?|violation of|violated|denied by|blocked by|prohibited by|restricted by|enforced by|disallowed by)\b.{0,80}(?P<constraint>(?:constraints|customConstraints)/[\w./-]*\w)",
            weight=3,
        ),
        Sentence(r"(?P<constraint>(?:constraints|customConstraints)/[\w.-]*\w)", weight=2),
        Sentence(
            r"(?:violates?|violation of|violated|denied by|blocked by|prohibited by|restricted by|disallowed by|not (?:allowed|permitted) by|against)\b.{0,40}\b(?:org(?:ani[sz]ation)?(?:al|'s)? polic(?:y|ies))",
            weight=3,
            anyones=True,
        ),
        Sentence(
            r"org(?:ani[sz]ation)?(?:al|'s)? polic(?:y|ies)\b.{0,60}\b(?:violat|prohibit|restrict|den(?:y|ied|ies)|disallow|forbid|prevent|does not allow|enforce)",
            weight=3,
            anyones=True,
        ),
        Sentence(r"key creation is not allowed on this service account", weight=3),
        Sentence(
            r"(?:public access prevention is enforced|uniform bucket-level access (?:is )?(?:required|enforced))",
            weight=2,
        ),
    ),
    guardrail=True,
)
