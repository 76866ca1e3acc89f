"""bigquery.jobs.create refused in the project that runs the job."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Remedy, Tier

CAUSE = Cause(
    id="bq.job",
    title="May not run BigQuery jobs in this project",
    order=89,
    tier=Tier.T1,
    explain="Queries run as jobs in a project, and the caller may not create jobs in this one. It is the project that runs and pays "
    "for the query, often not the one that holds the data.",
    confirm=("Policy Troubleshooter for bigquery.jobs.create on that project says NOT_GRANTED",),
    remedy="Run the job in a project where you may, or grant roles/bigquery.jobUser on this project.",
    traps=("X10", "X17"),
    next_error="the data's own permission (bigquery.tables.getData) is checked next",
    permissions=("bigquery.jobs.*",),
    sentences=(
        Sentence(
            r"does not have (?P<permission>bigquery\.jobs\.\w+) permission in project (?P<project>[\w\-:]+(?:\.[\w-]+)*)",
            weight=3,
        ),
    ),
    fix=Remedy.GRANT_ROLE,
    service="bigquery.googleapis.com",
)
