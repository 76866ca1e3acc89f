"""USER_PROJECT_DENIED: the caller may not use the project named as quota or billing project."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Remedy, Tier

CAUSE = Cause(
    id="project.quota_user",
    title="Caller may not use the quota project",
    order=40,
    tier=Tier.T1,
    explain="The call names a project that should pay for it (quota or billing project), and the caller may not use that "
    "project: serviceusage.services.use is missing there.",
    confirm=(
        "the project's IAM policy gives the caller no role with serviceusage.services.use",
        "Policy Troubleshooter for that permission on the project says NOT_GRANTED",
    ),
    remedy="Unset or correct the quota project in the client; otherwise grant roles/serviceusage.serviceUsageConsumer on "
    "that project.",
    traps=("X7",),
    next_error="the call itself is authorised next, on its own resource",
    errors=("USER_PROJECT_DENIED",),
    legacy=("userProjectAccessDenied", "UserProjectAccessDenied"),
    permissions=("serviceusage.services.use",),
    sentences=(
        Sentence(
            r"caller does not have (?:the )?required permission to use project (?P<consumer>[a-z0-9][a-z0-9\-:.]*[a-z0-9])",
            weight=3,
        ),
        Sentence(r"roles/serviceusage\.serviceUsageConsumer", weight=3),
        Sentence(r"(?P<permission>serviceusage\.services\.use)\b", weight=3),
        Sentence(r"UserProjectAccessDenied", weight=3),
        Sentence(
            r"does not have (?:permission|access) to use (?:the )?(?:quota |billing |user )?project ['\"]?(?P<consumer>[a-z0-9][a-z0-9\-:.]*[a-z0-9])",
            weight=2,
        ),
    ),
    fix=Remedy.GRANT_ROLE,
)
