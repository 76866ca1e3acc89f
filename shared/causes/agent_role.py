"""A Google service agent, not the caller, lacks its role."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Tier

AGENT = r"(?P<agent>(?:service-\d+@[\w-]+(?:\.iam)?|[\w.-]+@(?:gcp-sa-[\w-]+|bigquery-encryption)\.iam)\.gserviceaccount\.com)"

CAUSE = Cause(
    id="agent.role",
    title="Service agent lacks its role",
    order=76,
    tier=Tier.T2,
    explain="Google's own agent for this service works in your project with a role of its own, and that role is gone or was never "
    "given. Granting something to the person who called does not help.",
    confirm=(
        "the project's policy does not give the agent its documented service agent role",
        "the agent exists; if not, services.generateServiceIdentity creates it",
    ),
    remedy="Restore exactly the documented service agent role for that agent, on the project it works in.",
    traps=("X12",),
    next_error="the agent's work goes on and may meet the permissions of the resources it uses",
    sentences=(
        Sentence(
            rf"please (?:give|grant|ensure|make sure|bind|add|verify|check)\b.{{0,200}}?{AGENT}",
            weight=3,
        ),
        Sentence(
            rf"{AGENT}['\"\])]* (?:does not|doesn't|do not|lacks?|is missing|needs|must have|requires|must be granted|is not authorized|has not been)",
            weight=3,
        ),
        Sentence(
            r"service agent\b.{0,100}\b(?:does not|doesn't|lacks?|is missing|needs|must|requires?|missing required|was removed|cannot|not have)\b",
            weight=3,
        ),
        Sentence(
            rf"(?:missing|lacks?|without|grant\w*|bind|restore|add)\b.{{0,60}}\broles/(?P<service_role>[\w.]*serviceAgent)\b(?:.{{0,80}}?{AGENT})?",
            weight=3,
        ),
        Sentence(r"(?:grant|give|ensure|permission\w*|role|access)\b.{0,80}\bservice agent\b", weight=2),
        Sentence(
            rf"(?:does not|doesn't|lacks?|denied|missing)\b.{{0,120}}?\b{AGENT}",
            weight=2,
        ),
        Sentence(r"(?P<agent>\d+@cloudservices\.gserviceaccount\.com)", weight=2, refusal=False),
    ),
)
