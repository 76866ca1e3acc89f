"""Cloud Run or Functions: the caller may not invoke the service."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Tier

CAUSE = Cause(
    id="run.invoker",
    title="May not invoke the service",
    order=85,
    tier=Tier.T1,
    explain="The service only answers callers with the invoker role, and this call had no such identity, or its identity lacks the role. "
    "The service's own code never ran.",
    confirm=(
        "the service's policy gives the caller no roles/run.invoker (run.services.getIamPolicy)",
        "the caller sends an ID token whose audience is the service's URL; ingress settings let it in",
    ),
    remedy="Grant roles/run.invoker on the service to the caller's service account (of the scheduler job, the push subscription, "
    "the calling service); never to allUsers.",
    traps=("X15",),
    marks=("invoker",),
    permissions=("run.routes.invoke", "run.jobs.run", "cloudfunctions.functions.invoke"),
    sentences=(
        Sentence(r"the request was not authenticated\. either allow unauthenticated invocations", weight=3),
        Sentence(r"request was not (?:authenticated|authorized) to invoke", weight=3),
        Sentence(r"your client does not have permission to get (?:the )?url", weight=3),
        Sentence(r"(?:run|cloudfunctions|functions)\.invoker\b", weight=2),
        Sentence(
            r"(?:a\.run\.app|cloudfunctions\.net)\b.{0,600}\b(?:403|forbidden|permission_denied|denied)|(?:403|forbidden|permission_denied)\b.{0,160}\b(?:a\.run\.app|cloudfunctions\.net)\b",
            weight=2,
        ),
    ),
    service="run.googleapis.com",
)
