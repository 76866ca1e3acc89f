"""A principal access boundary leaves the resource out."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Tier

CAUSE = Cause(
    id="iam.pab",
    title="Principal access boundary",
    order=91,
    tier=Tier.T3,
    explain="The caller belongs to a set of principals that may only reach certain resources, and this one is not among them. Roles "
    "do not count outside the boundary.",
    confirm=(
        "the v3beta troubleshooter's boundary explanation says the principal is not eligible",
        "searchTargetPolicyBindings for the principal set, and the bound policies' rules",
    ),
    remedy="The boundary's owner adds the resource to its rules.",
    traps=("X10",),
    sentences=(Sentence(r"principal access boundar(?:y|ies)|pabPolicyExplanation", weight=3),),
    guardrail=True,
)
