"""Whom, what and where to ask about: what the entry names, completed by what was already answered."""

from __future__ import annotations

from shared.evidence.answers import Answers
from shared.evidence.case import Case
from shared.model.names import Permission

CREDENTIALS = "iamcredentials.googleapis.com"
TOKEN = Permission("iam.serviceAccounts.getAccessToken")


def caller_of(case: Case, answers: Answers) -> str | None:
    """The address of the caller: as the entry names it, else the account of the machine that wrote the entry."""
    if case.caller is not None or case.denial.names.principal is not None:
        return case.caller
    if case.from_machine and case.machine is not None:
        machine = answers.value(case.machine)
        return machine.account if machine is not None else None
    return None


def permission_of(case: Case) -> Permission | None:
    """The permission to ask about: the refused one, or the one that a refused impersonation needs next."""
    if case.permission is not None:
        return case.permission
    impersonates = case.denial.names.service == CREDENTIALS and case.denial.names.account
    return TOKEN if impersonates else None


def resource_of(case: Case) -> str | None:
    """The full name of the resource to ask about."""
    if case.permission is not None:
        return case.resource or case.target
    account = case.denial.names.account
    if account and "@" in account:
        project = account.partition("@")[2].partition(".")[0]
        return f"//iam.googleapis.com/projects/{project}/serviceAccounts/{account}"
    return None


def own_project(email: str) -> str | None:
    """The project that owns a user-managed service account, as `projects/ID`, by its address."""
    domain = email.partition("@")[2]
    project = domain.removesuffix(".iam.gserviceaccount.com")
    return f"projects/{project}" if project != domain and project else None
