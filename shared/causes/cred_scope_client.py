"""ACCESS_TOKEN_SCOPE_INSUFFICIENT: the client asked for a token that is too narrow."""

from shared.model.denial import Denial
from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Tier

SERVERLESS = ("cloud_run_revision", "cloud_run_job", "cloud_function", "gae_app", "cloud_run_worker_pool")


def _narrow(denial: Denial) -> str:
    if denial.origin.instance and not denial.origin.by_key:
        return "cred.scope.gce"
    if denial.origin.runs_on.startswith("k8s_") or denial.origin.runs_on == "gke_cluster":
        return "cred.scope.gke"
    if denial.origin.runs_on in SERVERLESS:
        return "cred.scope.serverless"
    asked_to_log_in = any(one.cause == "cred.scope.user" for one in denial.signs.heard)
    return "cred.scope.user" if asked_to_log_in else "cred.scope.client"


CAUSE = Cause(
    id="cred.scope.client",
    title="Access token lacks the scope (client)",
    order=58,
    tier=Tier.T3,
    explain="The access token does not carry an OAuth scope this API accepts. The refusal came before IAM was asked, so a "
    "role cannot help. Where the token came from is not stated; most often the client asked for too little.",
    confirm=(
        "which credential made the call: a key file, the machine's metadata server, a person's login",
        "the scopes of that token against the scopes the method accepts (any one of them suffices)",
    ),
    remedy="Create the client with https://www.googleapis.com/auth/cloud-platform, or with the scope the method accepts.",
    traps=("X1", "X5", "X8"),
    next_error="IAM is checked once the token is wide enough: the caller may turn out to lack the role as well",
    errors=("ACCESS_TOKEN_SCOPE_INSUFFICIENT",),
    legacy=("insufficientPermissions", "insufficientScopes"),
    marks=("agent_scope",),
    sentences=(
        Sentence(r"insufficient (?:authentication|oauth2?|access token|auth) scopes?", weight=3),
        Sentence(r"provided scope\(?s?\)? (?:is|are) not authori[sz]ed", weight=3),
        Sentence(
            r"insufficient_scope|(?:missing|insufficient|required?|wrong|incorrect|without) (?:the )?(?:required |oauth2? |necessary |correct )?scopes?\b",
            weight=2,
            anyones=True,
        ),
        Sentence(
            r"(?:access )?token (?:does not|doesn't) (?:have|include|contain) .{0,60}\bscopes?\b",
            weight=3,
            anyones=True,
        ),
        Sentence(r"scopes? (?:is|are) (?:not sufficient|insufficient)", weight=3, anyones=True),
        Sentence(r"insufficient permission: request had insufficient", weight=3),
        Sentence(r"acceptable scopes: ", weight=3),
    ),
    narrow=_narrow,
)
