"""Deny policies (IAM v2) of a project, folder or organisation, with their rules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from shared.adapters.asking import asking, limits
from shared.adapters.pages import every_page
from shared.adapters.policies import condition_from
from shared.adapters.resource_manager import is_container
from shared.errors import LookFailed, NotFound
from shared.model.facts import DenyRule

if TYPE_CHECKING:
    from shared.adapters.google_clients import GoogleClients

HOST = "cloudresourcemanager.googleapis.com"


def deny_rules(clients: GoogleClients, on: str) -> tuple[DenyRule, ...]:
    """The rules of every deny policy attached to `projects/P`, `folders/N` or `organizations/N` itself.

    A list gives policies without their rules, so each one is read as well (iam v2, policies.listPolicies).
    """
    about, what = f"//{HOST}/{on}", "list the deny policies"
    if not is_container(on):
        raise LookFailed(what, about, "deny policies hang on projects, folders and organisations alone")
    parent = f"policies/{quote(f'{HOST}/{on}', safe='')}/denypolicies"
    with asking(what, about, "iam.denypolicies.list"):
        pager = clients.deny_policies.list_policies(request={"parent": parent}, **limits())
        names = [policy.name for page in every_page(pager, what, about) for policy in page.policies]
    return tuple(rule for name in names for rule in _rules(clients, name, on))


def _rules(clients: GoogleClients, name: str, on: str) -> Iterator[DenyRule]:
    """The rules of one policy; none where it was deleted since it was listed."""
    try:
        with asking("read the deny policy", name, "iam.denypolicies.get"):
            policy = clients.deny_policies.get_policy(request={"name": name}, **limits())
            message = type(policy).pb(policy)
            if message.name != name or not message.rules:
                raise LookFailed("read the deny policy", name, "the answer is not whole")
    except NotFound:
        return
    for rule in message.rules:
        yield _rule(message, rule, on)


def _rule(policy: Any, rule: Any, on: str) -> DenyRule:
    said = rule.deny_rule
    return DenyRule(
        policy=policy.name,
        attached_to=on,
        title=rule.description or policy.display_name,
        denied_principals=tuple(said.denied_principals),
        exception_principals=tuple(said.exception_principals),
        denied_permissions=tuple(said.denied_permissions),
        exception_permissions=tuple(said.exception_permissions),
        condition=condition_from(said, "denial_condition"),
    )
