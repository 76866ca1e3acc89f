"""BigQuery data: the caller lacks a permission on the dataset or table."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Remedy, Tier

CAUSE = Cause(
    id="bq.data",
    title="BigQuery data permission missing",
    order=90,
    tier=Tier.T1,
    explain="The caller may not read or change this dataset, table or view. BigQuery answers the same when it does not exist, or lies in another location.",
    confirm=(
        "the dataset's access entries and the table's policy do not name the caller or a group of theirs",
        "the table exists, in the location the job ran in; an authorised view still points to it",
    ),
    remedy="Grant a role that holds the permission on the dataset or table: roles/bigquery.dataViewer to read.",
    traps=("X10",),
    next_error="running the query also needs bigquery.jobs.create in the job's project",
    permissions=("bigquery.*",),
    sentences=(
        Sentence(
            r"access denied: (?P<kind>project|dataset|table|view|routine|model|connection|bigquery) (?P<name>[^\s:]+[^\s]*?)[:.,]? ",
            weight=2,
        ),
        Sentence(
            r"user does not have (?:permission to (?:query|access|get|list|update|delete|create)|(?P<permission>bigquery\.[\w.]+)).{0,200}(?:table|dataset|view|routine|model|connection|permission)",
            weight=2,
        ),
        Sentence(r"permission (?P<permission>bigquery\.[\w.]+) denied on (?P<kind>\w+)", weight=3),
    ),
    fix=Remedy.GRANT_ROLE,
    service="bigquery.googleapis.com",
)
