"""LogEntry -> Denial | NotADenial: the shape reads what is stated, then the words decide what structure left open."""

from __future__ import annotations

import msgspec

from shared.causes import BY_ERROR, BY_LEGACY, CAUSES, listen
from shared.grants.services import service_of
from shared.model.denial import Denial, Heard, NotADenial, Trust
from shared.model.log_entry import LogEntry
from shared.model.names import PrincipalKind, parse_permission, parse_principal, parse_resource
from shared.shapes import shape_of

GOOGLE_SIGNS = (
    "google", "gserviceaccount", "gcloud", "gcp", "gcr", "gsutil", "bigquery", "gke", "firebase", "pkg.dev", "gs://", "cloud run",
    "permission_denied", "compute engine", "pubsub", "iam.", "caller does not have", "vertex", "stackdriver", "169.254.169.254",
    "metadata server", "metadata agent",
)  # fmt: skip
OTHER_VENDORS = (
    "amazon", "arn:aws", "aws", "azure", "aadsts", "microsoft", "github", "gitlab", "docker.io", "registry-1.docker",
    "dockerhub", "npm err", "npmjs", "cloudflare", "pypi", "slack.com", "datadog", "x-amz", "s3:", "s3error", " s3 ", "\"s3\"",
    "minio", "alibaba", "oracle", "bitbucket", "quay.io", "heroku", "stripe", "openai", "okta", "salesforce", "jfrog",
    "status code: 403, request id", "host id:", "hostid>", "by integration", "confluent",
)  # fmt: skip
"""Words in lower case; the last ones are how the AWS and GitHub clients end their own refusals."""
PLAINLY_GOOGLE = ("google", "gserviceaccount", "gcloud", "gcr.io", "pkg.dev")


def classify(entry: LogEntry) -> Denial | NotADenial:
    """The denial an entry states, or the reason why it states none."""
    shape = shape_of(entry)
    if shape is None:
        return NotADenial(id=entry.insert_id or None, reason="the entry carries nothing that could be a refusal")
    read = shape.read(entry)
    if isinstance(read, NotADenial):
        return read
    if _is_settled(read):
        return read
    heard = listen(read.message) if read.message else ()
    refusal = _verdict(read, heard)
    if isinstance(refusal, NotADenial):
        return refusal
    return _completed(refusal, heard)


def _is_settled(denial: Denial) -> bool:
    """Whether structure alone tells the cause and its names, so that the words need no reading."""
    return denial.trust is Trust.AUDIT and bool(denial.errors or denial.marks) and denial.status == "PERMISSION_DENIED"


def _verdict(denial: Denial, heard: tuple[Heard, ...]) -> Denial | NotADenial:
    if denial.marks or denial.violations or any(error.reason in BY_ERROR for error in denial.errors):
        return denial
    if any(reason in BY_LEGACY for reason in denial.reasons):
        return denial
    if denial.trust is not Trust.TEXT and denial.status == "PERMISSION_DENIED":
        return denial
    google = _is_google(denial, heard)
    counted = [one for one in heard if one.refusal and (google or not one.anyones)]
    strong = any(one.weight > 1 for one in counted)
    if strong or (denial.status == "PERMISSION_DENIED" and google) or (not denial.status and counted):
        return denial
    see = next((one.cause for one in heard if not one.refusal), None)
    if denial.status == "PERMISSION_DENIED":
        reason = "a 403 without any sign of Google Cloud: the application's own, or another vendor's"
        return NotADenial(id=denial.id, reason=reason, see="app.own_403", trust=denial.trust)
    return NotADenial(id=denial.id, reason=_reason(denial, see), see=see, trust=denial.trust)


def _reason(denial: Denial, see: str | None) -> str:
    if see:
        return f"no call was refused for lack of access; what it shows is explained by: {CAUSES[see].title}"
    if denial.status and denial.status != "OK":
        return f"a failure with status {denial.status}, which is not a refusal of access"
    return "nothing in it says that a call was refused"


def _is_google(denial: Denial, heard: tuple[Heard, ...]) -> bool:
    """Whether anything in the entry comes from Google Cloud: a reason, a name, a sentence of its own, a word."""
    if denial.errors or denial.permissions or any(one.weight == 3 and one.refusal and not one.anyones for one in heard):
        return True
    lowered = denial.message.lower()
    if any(sign in lowered for sign in PLAINLY_GOOGLE):
        return True
    if any(vendor in lowered for vendor in OTHER_VENDORS):
        return False
    return bool(denial.service) or any(sign in lowered for sign in GOOGLE_SIGNS)


def _completed(denial: Denial, heard: tuple[Heard, ...]) -> Denial:
    """The denial with the gaps filled by what its sentences name, strongest first."""
    told: dict[str, str] = {}
    for one in heard:
        told = {**one.groups, **told}
    permission = parse_permission(told.get("permission", ""))
    permissions = denial.permissions or ((permission,) if permission else ())
    principal = denial.principal
    if told.get("agent"):
        principal = parse_principal(told["agent"]) if denial.trust is Trust.TEXT or principal is None else principal
    elif principal is None and told.get("principal"):
        principal = parse_principal(told["principal"])
    consumer = denial.consumer or _project(told.get("consumer"))
    resource = denial.resource or parse_resource(told.get("resource", "")) or parse_resource(_project(told.get("project")) or consumer or "")
    stated = next((error.metadata["service"] for error in denial.errors if error.metadata.get("service")), None)
    domain = next((error.domain for error in denial.errors if error.domain.endswith(".googleapis.com")), None)
    service = stated or told.get("service") or (service_of(permissions[0]) if permissions else None) or domain or denial.service
    account = told.get("account") or denial.target_account
    about_account = bool(permissions) and permissions[0].startswith("iam.serviceAccounts.")
    if account and about_account and not (resource and resource.part("serviceAccounts")):
        resource = parse_resource(account)
    return msgspec.structs.replace(
        denial,
        heard=heard,
        permissions=permissions,
        principal=principal if principal is None or principal.kind is not PrincipalKind.ANONYMOUS else None,
        consumer=consumer,
        resource=resource,
        service=service,
        target_account=account,
    )


def _project(name: str | None) -> str | None:
    if not name:
        return None
    name = name.removeprefix("project:").removeprefix("project_number:").removeprefix("projects/")
    return f"projects/{name}"
