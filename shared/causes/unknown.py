"""A refusal that none of the known causes explains."""

from shared.model.diagnosis import Cause
from shared.model.plan import Tier

CAUSE = Cause(
    id="unknown",
    title="Unexplained refusal",
    order=99,
    tier=Tier.T3,
    explain="The call was refused, but the entry says too little to tell why.",
    confirm=("the client's own log of the call: it usually holds the details the entry lacks",),
    remedy="Look at the caller's log around the same time; run the call again with the client's debug output.",
    errors=("ERROR_REASON_UNSPECIFIED",),
)
