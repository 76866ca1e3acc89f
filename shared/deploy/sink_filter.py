"""The filter of the log sink: every entry in which a 403 can show, and none that unforbid caused itself.

Source: Cloud Logging documentation, "Logging query language" (NOT binds closest, then OR, then AND, so each clause
stands in brackets) and "Route logs" (a filter has 20,000 characters at most). Patterns hold no backslash, so none has
to be escaped twice.
"""

from __future__ import annotations

from msgspec import Struct

LONGEST = 20_000
AUDITED = '(log_id("cloudaudit.googleapis.com/activity") OR log_id("cloudaudit.googleapis.com/data_access"))'
WHO = "protoPayload.authenticationInfo"

CLIENTS_SAY = (
    "PERMISSION_DENIED",
    "PermissionDenied",
    "[Ee]rror[:( ]*(code )?[:= (]*403",
    "H(ttp|TTP)Error 403",
    "Forbidden: 403",
    "status[:= ]+403",
    "[Cc]ode.{1,4}403",
    "403 [(]Forbidden",
    "403 (Forbidden|Request (had|is)|Permission|Caller|SignatureDoesNotMatch|GET|POST|PUT|PATCH|DELETE)",
    "returned 403",
    "^7:",
    "Error: 7 ",
    "IAM returned 403",
)
"""How client libraries and tools print the status itself."""
SERVICES_SAY = (
    "Required .{1,80} permission",
    "Access Denied: ",
    "AccessDeniedException",
    "Code>(AccessDenied|SignatureDoesNotMatch)",
    "User not authorized to perform",
    "Caller does not have required permission",
    "denied (on|for) resource",
    "does not have [a-zA-Z.]+ access to the Google Cloud",
    "accessNotConfigured",
    "has not been used in project",
    "insufficient_scope",
    "insufficientPermissions",
    "insufficient authentication scopes",
    "Provided scope",
    "vpcServiceControlsUniqueIdentifier",
    "Unable to acquire impersonated credentials",
    "is forbidden: User",
    "Error while connecting .4033",
    "permission_denied",
    "invalid_grant",
    "failed to generate Google Cloud federated token",
    "computeMetadata.*connection refused",
)
"""What services write into their errors, whichever client prints them."""
TEXT_FIELDS = (
    "textPayload",
    "jsonPayload.message",
    "jsonPayload.MESSAGE",
    "jsonPayload.error.message",
    "jsonPayload.err",
)
CODE_FIELDS = (
    "jsonPayload.error.code=403",
    "jsonPayload.error.status=PERMISSION_DENIED",
    "jsonPayload.err.code=(7 OR 403)",
)
KERNEL_FIELDS = ("textPayload", "jsonPayload.message", "jsonPayload.MESSAGE")
NEIGHBOURS = "QUOTA_EXCEEDED|rateLimitExceeded|constraints/|permitted customer"
VIOLATED = "protoPayload.policyViolationInfo.orgPolicyViolationInfo.violationInfo.constraint"
FRONT_DOORS = "handled_by_identity_aware_proxy|denied_by_security_policy"
PULLS = "(Failed to pull|pull access|gcfsd|image).*(403 Forbidden|insufficient authentication scopes|permission)"
OUT_OF_MEMORY = "Out of memory: Kill|invoked oom-killer|Memory cgroup out of memory"


class Own(Struct, frozen=True, kw_only=True):
    """What a deployment has of its own: its project, its accounts and its functions; none of them empty."""

    project: str
    accounts: tuple[str, ...]
    functions: tuple[str, ...]


TEMPLATE = Own(project="${project}", accounts=("${accounts}",), functions=("${functions}",))
"""In the place of names, what Terraform's `templatefile` fills in: lists already joined by `any_of_these`."""


def any_of_these(values: tuple[str, ...]) -> str:
    """The right side of a comparison with each of several values; one that stands for a list is left as it is."""
    return " OR ".join(value if value.startswith("${") else f'"{value}"' for value in values)


def self_filter(own: Own) -> str:
    """What matches every entry that we caused: the calls of our accounts, and the requests to our functions."""
    accounts = any_of_these(own.accounts)
    delegated = f"{WHO}.serviceAccountDelegationInfo.firstPartyPrincipal.principalEmail"
    ours = any_of_these(own.functions)
    served = (
        f'(resource.labels.project_id="{own.project}" AND resource.type=("cloud_run_revision" OR "cloud_function")'
        f" AND (resource.labels.service_name=({ours}) OR resource.labels.function_name=({ours})))"
    )
    return f"({WHO}.principalEmail=({accounts})\n  OR {delegated}=({accounts})\n  OR {served})"


def sink_filter(own: Own) -> str:
    """The whole filter; `ValueError` where it would leave out nothing of ours, or be longer than Google takes.

    Without the first clause every refusal of our own looks would be looked into, which is refused again.
    """
    if not own.project or not own.accounts or not own.functions:
        raise ValueError("the filter needs our project, accounts and functions: without them it would feed on itself")
    seen = "\n  OR ".join(clauses())
    made = f'NOT {self_filter(own)}\nAND NOT {WHO}.principalEmail="system:anonymous"\nAND ({seen})\n'
    if len(made) > LONGEST:
        raise ValueError(f"the filter has {len(made)} characters, Google takes {LONGEST}")
    return made


def clauses() -> tuple[str, ...]:
    """Each way a 403 shows in an entry."""
    return (*_audited(), *_served(), *_by_google(), *_by_workloads())


def _audited() -> tuple[str, ...]:
    """What audit logs write: the refusal itself, what Kubernetes and perimeters add, and what looks like a refusal."""
    said = f'protoPayload.status.message=~"{NEIGHBOURS}"'
    organisation = f'{VIOLATED}:"constraints/"'
    return (
        f"({AUDITED} AND (protoPayload.status.code=7 OR protoPayload.response.error.code=403))",
        '(labels."authorization.k8s.io/decision"="forbid")',
        '(log_id("cloudaudit.googleapis.com/policy") AND NOT protoPayload.metadata.dryRun=true)',
        f"({AUDITED} AND (protoPayload.status.code=8 OR {said} OR {organisation}))",
    )


def _served() -> tuple[str, ...]:
    """Requests that were answered with 403 before any code of the service ran."""
    door = f'jsonPayload.statusDetails=~"{FRONT_DOORS}"'
    return (
        '(log_id("run.googleapis.com/requests") AND httpRequest.status=403)',
        '(log_id("appengine.googleapis.com/request_log") AND protoPayload.status=403)',
        f'(resource.type="http_load_balancer" AND httpRequest.status=403 AND {door})',
    )


def _by_google() -> tuple[str, ...]:
    """What Google's own callers and agents report of the calls they made for somebody."""
    refused = "(jsonPayload.status=PERMISSION_DENIED OR jsonPayload.attemptResponseLog.status=PERMISSION_DENIED)"
    logs = ("cloudscheduler.googleapis.com/executions", "cloudtasks.googleapis.com/task_operations_log")
    callers = " OR ".join(f'log_id("{log}")' for log in logs)
    return (
        f"(({callers}) AND severity>=ERROR AND {refused})",
        f'(resource.type=("k8s_pod" OR "k8s_node") AND jsonPayload.message=~"{PULLS}")',
        '(log_id("logging.googleapis.com/sink_error"))',
        '(log_id("ops-agent-health") AND jsonPayload.code=~"^(Log|Mon|Tel|Meta)Api[A-Za-z]*Err$")',
    )


def _by_workloads() -> tuple[str, ...]:
    """What anybody may write, as text and as fields; and memory exhaustion, which explains the next refusal."""
    said = "|".join((*CLIENTS_SAY, *SERVICES_SAY))
    return (
        *(f'({field}=~"{said}")' for field in TEXT_FIELDS),
        *(f"({code})" for code in CODE_FIELDS),
        *(f'({field}=~"{OUT_OF_MEMORY}")' for field in KERNEL_FIELDS),
    )
