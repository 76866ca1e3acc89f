"""A person's credentials were not granted the scope."""

from shared.model.denial import Denial
from shared.model.diagnosis import Cause, Sentence
from shared.model.names import PrincipalKind
from shared.model.plan import Tier


def _narrow(denial: Denial) -> str:
    """A service account has no login to repeat: its client's scope or the sharing of the file is what lacks."""
    caller = denial.names.principal
    machine = caller is not None and caller.kind is PrincipalKind.SERVICE_ACCOUNT
    return "bq.drive" if machine and "drive credentials" in denial.message.lower() else "cred.scope.user"


CAUSE = Cause(
    id="cred.scope.user",
    title="User credentials lack the scope",
    order=58,
    tier=Tier.T3,
    explain="You called with your own login, and when you logged in you did not grant the scope this API wants.",
    confirm=("the token information of your credential lists its scopes",),
    remedy="Log in again with the scope: gcloud auth application-default login --scopes=SCOPE,https://www.googleapis.com/auth/cloud-platform.",
    traps=("X5",),
    next_error="the API's own access rules are checked once the scope fits",
    sentences=(
        Sentence(r"permission denied while getting drive credentials|no oauth token with google drive scope", weight=3),
        Sentence(r"gcloud auth (?:application-default )?login --scopes", weight=3, refusal=False),
    ),
    narrow=_narrow,
)
