"""Cloud SQL: the caller may not connect to the instance."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Remedy, Tier

CAUSE = Cause(
    id="sql.connect",
    title="May not connect to Cloud SQL",
    order=88,
    tier=Tier.T2,
    explain="The account the Cloud SQL connector or proxy uses lacks cloudsql.instances.connect, or the instance's name is wrong. A "
    "database login that fails is something else.",
    confirm=(
        "the project's policy gives the account no role with cloudsql.instances.connect",
        "the instance PROJECT:REGION:NAME exists, and the Cloud SQL Admin API is on",
    ),
    remedy="Grant roles/cloudsql.client on the project, with a condition on the instance's name.",
    traps=("X10",),
    permissions=("cloudsql.instances.connect", "cloudsql.instances.get", "cloudsql.instances.login"),
    sentences=(
        Sentence(r"boss::NOT_AUTHORIZED", weight=3),
        Sentence(r"the client is not authorized to make this request", weight=2),
        Sentence(
            r"notAuthorized\b.{0,200}\b(?:cloud ?sql|sqladmin|instance)|(?:cloud ?sql|sqladmin|createEphemeral)\b.{0,300}\bnot ?authorized",
            weight=2,
        ),
    ),
    fix=Remedy.GRANT_ROLE,
    service="sqladmin.googleapis.com",
)
