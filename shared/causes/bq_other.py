"""BigQuery refused for a reason that is not access."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Tier

CAUSE = Cause(
    id="bq.other",
    title="BigQuery refusal that is not access",
    order=71,
    tier=Tier.T3,
    explain="BigQuery gave a 403 for the size of a result or because the request was blocked for a while; nobody's access is concerned.",
    confirm=("the reason in the job's errorResult",),
    remedy="responseTooLarge: write the result to a table. blocked: wait and try again.",
    legacy=("responseTooLarge", "blocked", "resourcesExceeded"),
    sentences=(Sentence(r"response too large to return", weight=3),),
    service="bigquery.googleapis.com",
)
