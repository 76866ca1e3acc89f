"""Why Service Usage refuses to switch an API, in the words and codes that its clients print."""

from __future__ import annotations

from sandbox.errors import ERROR_INFO, Refusal

DOMAIN = "serviceusage.googleapis.com"
FAILURE = "type.googleapis.com/google.rpc.PreconditionFailure"


def unknown(services: list[str]) -> Refusal:
    """An API that does not exist, or is nobody's business; the two look the same."""
    named = ",".join(services)
    info = {
        "@type": ERROR_INFO,
        "reason": "SERVICE_CONFIG_NOT_FOUND_OR_PERMISSION_DENIED",
        "domain": DOMAIN,
        "metadata": {"services": named},
    }
    return Refusal("PERMISSION_DENIED", f"Not found or permission denied for service(s): {named}.", details=(info,))


def billing_missing(number: str, services: list[str]) -> Refusal:
    """The project has no billing account, and these APIs need one."""
    named = ",".join(services)
    message = (
        f"Billing account for project '{number}' is not found. Billing must be enabled for activation of service(s) "
        f"'{named}' to proceed."
    )
    query = "".join(f"&services={one}" for one in services)
    kind = "billing-enabled"
    return _precondition(
        message,
        f"?error_code=390001&project={number}{query}",
        f"googleapis.com/{kind}",
        f"{DOMAIN}/{kind}",
        "UREQ_PROJECT_BILLING_NOT_FOUND",
        {"project": number, "services": named},
    )


def depended_on(service: str, dependents: list[str]) -> Refusal:
    """Other APIs that are on need this one."""
    named = ",".join(dependents)
    message = (
        f"The service {service} is depended on by the following active service(s): {named}; Please specify "
        "disable_dependent_services=true if you want to proceed with disabling all services."
    )
    query = "".join(f"&services={one}" for one in dependents)
    return _precondition(
        message,
        f"?error_code=100001&service_name={service}{query}",
        "googleapis.com",
        DOMAIN,
        "COMMON_SU_SERVICE_HAS_DEPENDENT_SERVICES",
        {"service_name": service, "services": named},
    )


def in_use(services: list[str]) -> Refusal:
    """Somebody called these APIs lately, and the request asked to look."""
    named = ",".join(services)
    return _precondition(
        f"The service(s) {named} had usage in the last 30 days; disabling may break what depends on them.",
        f"?error_code=100002&services={named}",
        "googleapis.com",
        DOMAIN,
        "COMMON_SU_SERVICE_HAS_USAGE",
        {"services": named},
    )


def _precondition(message: str, subject: str, kind: str, domain: str, reason: str, metadata: dict[str, str]) -> Refusal:
    failure = {"@type": FAILURE, "violations": [{"type": kind, "subject": subject}]}
    info = {"@type": ERROR_INFO, "reason": reason, "domain": domain, "metadata": metadata}
    return Refusal("FAILED_PRECONDITION", message, details=(failure, info))
