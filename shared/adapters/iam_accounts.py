"""Service accounts (IAM v1): state, unique id and policy, read in the project that owns them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.adapters.asking import asking, limits
from shared.adapters.iam_policy import read_policy
from shared.errors import LookFailed
from shared.model.facts import Account, Policy
from shared.model.names import PrincipalKind, ResourceName, is_plain, parse_principal

if TYPE_CHECKING:
    from shared.adapters.google_clients import GoogleClients

HOST = "//iam.googleapis.com"
ACCOUNTS, APP_ENGINE = ".iam.gserviceaccount.com", "appspot.gserviceaccount.com"
DEFAULT_COMPUTE = "developer.gserviceaccount.com"
ANYWHERE = "-"
"""Stands for whichever project owns the account; a missing account then looks like one that we may not see."""


def account(clients: GoogleClients, email: str) -> Account:
    """A service account by its address or unique id.

    Raises:
        NotFound: its project has no such account.
        NotAllowedToLook: also where the project cannot be told from the address and there is no such account.
    """
    name = account_name(email)
    with asking("read the service account", f"{HOST}/{name}", "iam.serviceAccounts.get"):
        found = clients.iam_admin.get_service_account(request={"name": name}, **limits())
        if email not in (found.email, found.unique_id):
            raise LookFailed("read the service account", f"{HOST}/{name}", "the answer is about another account")
    return Account(email=found.email, unique_id=found.unique_id, project=found.project_id, disabled=found.disabled)


def account_policy(clients: GoogleClients, resource: str) -> Policy:
    """Who may use a service account, by its full name; read in its own project where its address tells that."""
    named = ResourceName(resource).part("serviceAccounts")
    if not resource.startswith(f"{HOST}/projects/") or named is None or resource.count("/") != 6:
        raise LookFailed("read the policy", resource, "this is not the full name of a service account")
    project = ResourceName(resource).project
    name = f"projects/{project}/serviceAccounts/{named}" if project else account_name(named)
    return read_policy(lambda: clients.iam_admin, resource, name, "iam.serviceAccounts.getIamPolicy")


def account_name(email: str) -> str:
    """The account's name in the API: `projects/P/serviceAccounts/EMAIL`, with `-` where the address tells no project.

    Raises:
        LookFailed: no account can have such an address.
    """
    if not email or not is_plain(email) or "/" in email or "?" in email or "%" in email:
        raise LookFailed("read the service account", email[:200], "no account has such an address")
    return f"projects/{owner_of(email) or ANYWHERE}/serviceAccounts/{email}"


def owner_of(email: str) -> str | None:
    """The project that owns an account, as far as its address says: an id or a number.

    User-managed accounts are `NAME@PROJECT.iam.gserviceaccount.com`, a project of an old domain being written
    `PROJECT.DOMAIN`; default ones are `PROJECT@appspot...` and `NUMBER-compute@developer...` (IAM documentation, "Types
    of service accounts"). Google's own service agents are in projects of Google's.
    """
    local, _, domain = email.partition("@")
    if parse_principal(email).kind is not PrincipalKind.SERVICE_ACCOUNT:
        return None
    if domain == DEFAULT_COMPUTE:
        return local.removesuffix("-compute")
    if domain != APP_ENGINE and not domain.endswith(ACCOUNTS):
        return None
    written = local if domain == APP_ENGINE else domain.removesuffix(ACCOUNTS)
    project, dot, old_domain = written.partition(".")
    return f"{old_domain}:{project}" if dot else project
