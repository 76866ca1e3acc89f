"""Deny rules that were read directly, for where Policy Troubleshooter does not tell of them."""

from __future__ import annotations

from collections.abc import Iterator

from shared.evidence.answers import Answers
from shared.evidence.case import Checked
from shared.evidence.questions import AskAncestry, AskDenyRules, Question
from shared.evidence.who import names_denied
from shared.grants.services import service_of
from shared.model.facts import DenyRule
from shared.model.names import Permission, Principal

MOST_ABOVE = 12
"""A project stands in at most ten folders below its organisation (Resource Manager, "Quotas and limits")."""


def ask(one: Checked, answers: Answers) -> Iterator[Question]:
    """The deny policies of the target's project and of everything above it."""
    if one.project is not None:
        yield AskAncestry(one.project)
        for above in line_of(one, answers):
            yield AskDenyRules(above)


def line_of(one: Checked, answers: Answers) -> tuple[str, ...]:
    """The target's project and what it stands in, narrowest first; empty where that is not known."""
    found: tuple[str, ...] | None = answers.value(AskAncestry(one.project)) if one.project else None
    return (found or ())[:MOST_ABOVE]


def denying(one: Checked, answers: Answers, principal: Principal) -> DenyRule | None:
    """A deny rule that names this caller and permission exactly, without exceptions or conditions."""
    for above in line_of(one, answers):
        rules: tuple[DenyRule, ...] = answers.value(AskDenyRules(above)) or ()
        for rule in rules:
            if _is_plain(rule) and _is_about(rule, one.permission, principal):
                return rule
    return None


def said(rule: DenyRule) -> str:
    """What a deny rule means for the caller."""
    return f"the deny policy {rule.policy} on {rule.attached_to} forbids it; no role can override a deny policy"


def _is_plain(rule: DenyRule) -> bool:
    return rule.condition is None and not rule.exception_principals and not rule.exception_permissions


def _is_about(rule: DenyRule, permission: Permission, principal: Principal) -> bool:
    spelt = _spellings(permission)
    named = any(names_denied(name, principal) for name in rule.denied_principals)
    return named and any(name in spelt for name in rule.denied_permissions)


def _spellings(permission: Permission) -> tuple[str, ...]:
    """A permission as deny policies write it: `storage.googleapis.com/objects.create` (iam v2)."""
    service, _, rest = permission.partition(".")
    return f"{service}.googleapis.com/{rest}", f"{service_of(permission)}/{rest}"
