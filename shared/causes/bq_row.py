"""Row-level security: a row access policy guards the table."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Tier

CAUSE = Cause(
    id="bq.row",
    title="Rows guarded by a row access policy",
    order=68,
    tier=Tier.T3,
    explain="The table has row access policies and the operation needs all rows, or none of the policies names the caller.",
    confirm=("rowAccessPolicies.list of the table; the grantees of each policy",),
    remedy="Ask the owner of the data to add the caller to a row access policy.",
    permissions=(
        "bigquery.rowAccessPolicies.getFilteredData",
        "bigquery.rowAccessPolicies.overrideTimeTravelRestrictions",
    ),
    sentences=(
        Sentence(r"row[- ](?:level )?access polic(?:y|ies)", weight=3),
        Sentence(r"row[- ]level security", weight=2),
    ),
    guardrail=True,
    service="bigquery.googleapis.com",
)
