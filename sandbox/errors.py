"""Refusals as Google writes them: a status, a sentence, and details that machines read."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
HTTP_OF = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "ABORTED": 409,
    "ALREADY_EXISTS": 409,
    "RESOURCE_EXHAUSTED": 429,
    "UNIMPLEMENTED": 501,
    "INTERNAL": 500,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
}
LEGACY = ("storage.googleapis.com", "bigquery.googleapis.com", "compute.googleapis.com")
"""APIs that answer in the older form, `error.errors[]` with a domain and a reason."""
NO_DETAILS = ("storage.googleapis.com",)
BIGQUERY = "bigquery.googleapis.com"
PRECONDITIONS = {
    "storage.googleapis.com": "At least one of the pre-conditions you specified did not hold.",
    BIGQUERY: "Precondition check failed.",
}
"""What the services say to a stale etag that answer it with 412; all others say 409 ABORTED."""
ERROR_INFO = "type.googleapis.com/google.rpc.ErrorInfo"


class Refusal(Exception):  # noqa: N818 - what the API answers, not a failure of ours
    """An answer that is not a success: canonical status, message, google.rpc details, and the older reason.

    `checked` is the permission and the resource that IAM refused, where a call needs more than its door's own.
    """

    def __init__(
        self,
        status: str,
        message: str,
        *,
        details: tuple[Json, ...] = (),
        reason: str = "",
        http: int = 0,
        checked: tuple[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.message, self.details, self.checked = status, message, details, checked
        self.http = http or HTTP_OF[status]
        self.reason = reason or _REASON_OF.get(self.http, "backendError")

    def body(self, service: str) -> Json:
        """The JSON body of the refusal as this API writes it."""
        error: Json = {"code": self.http, "message": self.message}
        if service in LEGACY:
            domain = "usageLimits" if self.reason == "accessNotConfigured" else "global"
            reason = "accessDenied" if service == BIGQUERY and self.reason == "forbidden" else self.reason
            error["errors"] = [{"message": self.message, "domain": domain, "reason": reason}]
        if service not in NO_DETAILS:
            error["status"] = self.status
            if self.details:
                error["details"] = list(self.details)
        return {"error": error}


_REASON_OF = {
    400: "invalid",
    401: "required",
    403: "forbidden",
    404: "notFound",
    409: "conflict",
    412: "conditionNotMet",
    429: "rateLimitExceeded",
    503: "backendError",
}


def error_info(reason: str, **metadata: str) -> Json:
    """google.rpc.ErrorInfo of the domain googleapis.com, or iam.googleapis.com for IAM's own reason."""
    domain = "iam.googleapis.com" if reason == "IAM_PERMISSION_DENIED" else "googleapis.com"
    return {"@type": ERROR_INFO, "reason": reason, "domain": domain, "metadata": metadata}


def service_disabled(service: str, title: str, number: str) -> Refusal:
    """The API is off in the consumer project (ErrorReason SERVICE_DISABLED)."""
    link = f"https://console.developers.google.com/apis/api/{service}/overview?project={number}"
    message = (
        f"{title} has not been used in project {number} before or it is disabled. Enable it by visiting {link} then "
        "retry. If you enabled this API recently, wait a few minutes for the action to propagate to our systems and "
        "retry."
    )
    info = error_info(
        "SERVICE_DISABLED",
        service=service,
        consumer=f"projects/{number}",
        containerInfo=number,
        serviceTitle=title,
        activationUrl=link,
    )
    guide = {
        "@type": "type.googleapis.com/google.rpc.Help",
        "links": [{"description": "Google developers console API activation", "url": link}],
    }
    return Refusal("PERMISSION_DENIED", message, details=(info, guide), reason="accessNotConfigured")


def scope_insufficient(service: str, method: str) -> Refusal:
    """The token lacks a scope: IAM was not reached (ErrorReason ACCESS_TOKEN_SCOPE_INSUFFICIENT)."""
    if service == "storage.googleapis.com":
        return Refusal("PERMISSION_DENIED", "Provided scope(s) are not authorized")
    message = "Request had insufficient authentication scopes."
    info = error_info("ACCESS_TOKEN_SCOPE_INSUFFICIENT", service=service, method=method)
    return Refusal("PERMISSION_DENIED", message, details=(info,), reason="insufficientPermissions")


def user_project_denied(service: str, project: str) -> Refusal:
    """The caller may not have a project billed for its call (ErrorReason USER_PROJECT_DENIED)."""
    message = (
        f"Caller does not have required permission to use project {project}. Grant the caller the "
        "roles/serviceusage.serviceUsageConsumer role, or a custom role with the serviceusage.services.use permission."
    )
    info = error_info("USER_PROJECT_DENIED", service=service, consumer=f"projects/{project}")
    return Refusal("PERMISSION_DENIED", message, details=(info,), reason="forbidden")


def not_found(what: str) -> Refusal:
    """The resource does not exist, told to somebody who may know."""
    return Refusal("NOT_FOUND", f"{what} was not found.")


def stale(what: str = "There were concurrent policy changes. Please retry the whole read-modify-write.") -> Refusal:
    """The etag that was sent is not the current one."""
    return Refusal("ABORTED", what)


def conflict(service: str) -> Refusal:
    """Somebody else changed the policy first, as this API says it."""
    said = PRECONDITIONS.get(service)
    return Refusal("FAILED_PRECONDITION", said, http=412) if said else stale()


def invalid(what: str) -> Refusal:
    """The request itself is wrong."""
    return Refusal("INVALID_ARGUMENT", what)
