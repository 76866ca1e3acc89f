"""A serverless workload asked for a token that is too narrow."""

from shared.model.diagnosis import Cause
from shared.model.plan import Tier

CAUSE = Cause(
    id="cred.scope.serverless",
    title="Serverless token lacks the scope",
    order=58,
    tier=Tier.T3,
    explain="The function or service got a token without the scope this API wants. Workspace APIs (Drive, Sheets, Gmail) are not "
    "covered by cloud-platform and must be asked for by name.",
    confirm=("the code or library asks the metadata server for ?scopes=... or sets scopes explicitly",),
    remedy="Ask for the scope the method accepts in the client's constructor; for Workspace data also share it with the service account.",
    traps=("X5",),
    next_error="IAM, or the sharing of the document, is checked once the scope fits",
)
