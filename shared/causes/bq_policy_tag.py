"""Column-level security: a policy tag guards the column."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Tier

CAUSE = Cause(
    id="bq.policy_tag",
    title="Column guarded by a policy tag",
    order=68,
    tier=Tier.T3,
    explain="A column of this table carries a policy tag, and reading it needs the fine-grained reader role on that tag; roles on "
    "the table, even Owner, do not include it.",
    confirm=("the policy tag's IAM policy (datacatalog policyTags.getIamPolicy) does not name the caller",),
    remedy="Leave the column out, or ask the owner of the classified data. It is never granted by a machine.",
    sentences=(
        Sentence(r"does not have permission to access policy tag", weight=3),
        Sentence(r"neither fine-grained reader nor masked get|fine-?grained ?(?:reader|get)", weight=3),
        Sentence(r"\bpolicy tags?\b.{0,120}\b(?:permission|denied|access|protected|restricted)", weight=2),
        Sentence(r"(?:denied|permission|access)\b.{0,120}\bpolicy tags?\b", weight=2),
    ),
    permissions=("datacatalog.categories.fineGrainedGet", "bigquery.dataPolicies.maskedGet"),
    guardrail=True,
    service="bigquery.googleapis.com",
)
