"""VPC Service Controls: a service perimeter refused the call; IAM has no say in it."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Tier

CAUSE = Cause(
    id="perimeter.vpcsc",
    title="VPC Service Controls perimeter",
    order=10,
    tier=Tier.T3,
    explain="A service perimeter surrounds the resource, and this call came from outside it or reached out of it. The "
    "perimeter decides before IAM does, so no role can help.",
    confirm=(
        "the policy denied log has an entry with the same unique id: it names the perimeter and the violation",
        "the perimeter's ingress and egress rules (accesscontextmanager.servicePerimeters.get) lack this identity, service and project",
    ),
    remedy="Call from an allowed network, device or access level; otherwise the perimeter's owner adds the narrowest ingress "
    "or egress rule, dry run first. Give them the unique id.",
    traps=("X10", "X14"),
    next_error="IAM decides once the perimeter lets the call through: a missing role would only show then",
    errors=("SECURITY_POLICY_VIOLATED",),
    legacy=("vpcServiceControls",),
    violations=("VPC_SERVICE_CONTROLS",),
    marks=("vpcsc",),
    sentences=(
        Sentence(
            r"(?:due to|because of|blocked by|denied by|prohibited by) (?:a |the |your )?vpc service controls?\b|access level on the service perimeter",
            weight=3,
        ),
        Sentence(r"vpcServiceControlsUniqueI(?:dentifier|d)['\"]?[:=]?\s*['\"]?(?P<uid>[\w-]{16,})", weight=3),
        Sentence(r"request is prohibited by organization's policy", weight=3),
        Sentence(r"\bvpc service controls?\b.{0,80}\b(?:prohibited|violat|denied|block|restrict)", weight=3),
        Sentence(
            r"(?:violat\w+|blocked by|denied by|outside) (?:of )?(?:the |a |your )?(?:vpc )?service (?:controls? )?perimeter",
            weight=3,
        ),
        Sentence(r"VpcServiceControlAuditMetadata|\b(?:in|e)gressViolations\b|\bservicePerimeterName\b", weight=3),
        Sentence(
            r"\b(?:NO_MATCHING_ACCESS_LEVEL|(?:RESOURCES|NETWORK)_NOT_IN_SAME_SERVICE_PERIMETER|SERVICE_NOT_ALLOWED_FROM_VPC)\b",
            weight=3,
        ),
    ),
    guardrail=True,
)
