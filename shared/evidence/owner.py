"""Which project a service account belongs to, by its address alone."""

from __future__ import annotations

from shared.model.names import SERVICE_ACCOUNT, parse_principal

USER_MANAGED, APP_ENGINE = ".iam.gserviceaccount.com", "appspot.gserviceaccount.com"
COMPUTE, DEVELOPER = "-compute", "developer.gserviceaccount.com"


def own_project(email: str) -> str | None:
    """The project that owns a service account, as `projects/ID` or `projects/NUMBER`; None where that is not told.

    `NAME@PROJECT.iam...`, `PROJECT@appspot...` and `NUMBER-compute@developer...`; a project of an old domain is written
    `PROJECT.DOMAIN` there (IAM documentation, "Types of service accounts"). Service agents are in projects of Google's.
    """
    name, _, domain = email.partition("@")
    if parse_principal(email).kind is not SERVICE_ACCOUNT:
        return None
    if domain == DEVELOPER:
        number = name.removesuffix(COMPUTE)
        return f"projects/{number}" if number != name and number.isdigit() else None
    project = domain.removesuffix(USER_MANAGED) if domain != APP_ENGINE else name
    if project == domain:
        return None
    project, _, old_domain = project.partition(".")
    return f"projects/{old_domain}:{project}" if old_domain else f"projects/{project}"
