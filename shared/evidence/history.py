"""What was changed around a denial: who gave the access, who took it away, who switched an API."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import islice

from shared.evidence.answers import Answers
from shared.evidence.case import AFTER, BEFORE, Case, Checked
from shared.evidence.questions import AskChanges, AskRole
from shared.evidence.who import is_member
from shared.model.evidence import YES
from shared.model.facts import Access, Change
from shared.model.names import Permission, Principal, ResourceName, Role

SPREADS_FOR = timedelta(minutes=10)
"""How long a policy change may take to reach everywhere: typically 2 minutes, sometimes more than 7 (IAM documentation,
"Access change propagation")."""
OF_POLICIES, OF_ROLES = ("setiampolicy", "setiampermissions"), ("updaterole", "deleterole")
SETS = ("group:", "domain:", "principalSet:", "allUsers", "allAuthenticatedUsers", "projectOwner:", "projectEditor:")
"""How members begin that stand for more than one, of whom the caller may be one."""
MOST_ROLES = 3


def changes_of(case: Case, project: str) -> AskChanges:
    """The question about the changes in a project, from a day before the denial until now."""
    return AskChanges(project, case.at - BEFORE, min(case.now, case.at + AFTER))


def granted(case: Case, answers: Answers, one: Checked, access: Access, principal: Principal) -> list[Change]:
    """The changes of policies that can have given this very access, newest first."""
    roles = {binding.role for binding in access.bindings if binding.grants is YES}
    return [
        change
        for change in _policy_changes(case, answers, one)
        if any(_gives(added, principal, roles) for added in change.added)
        or (not change.added and not change.removed and _is_of(change, one))
    ]


def taken_from(case: Case, answers: Answers, one: Checked, principal: Principal) -> Iterator[tuple[Role, Change]]:
    """The roles that were taken from the caller before the call, latest first, with the change that took each."""
    for change in _policy_changes(case, answers, one):
        for role, member in (_parts(removed) for removed in change.removed):
            if is_member(member, principal) and change.at <= case.at:
                yield role, change


def asked_of(case: Case, answers: Answers, one: Checked, principal: Principal) -> list[AskRole]:
    """The questions whether what was taken from the caller would have been enough."""
    found = dict.fromkeys(AskRole(role) for role, _ in taken_from(case, answers, one, principal))
    return list(islice(found, MOST_ROLES))


def holds(answers: Answers, role: Role, permission: Permission) -> bool | None:
    """Whether a role holds a permission, None where that was not told."""
    known = answers.value(AskRole(role))
    return None if known is None else permission in known.permissions


def rewritten(case: Case, answers: Answers, one: Checked, roles: set[Role]) -> Iterator[tuple[Role, Change]]:
    """The custom roles, of some, that were changed before the call, with the change."""
    for change in _changes(case, answers, one):
        role = Role(ResourceName(change.resource).name)
        if change.method.lower().endswith(OF_ROLES) and role in roles and change.at <= case.at:
            yield role, change


def switched(case: Case, answers: Answers, project: str, verb: str, service: str) -> list[Change]:
    """The changes that switched an API on (`Enable`) or off (`Disable`) in a project, newest first."""
    found: tuple[Change, ...] = answers.value(changes_of(case, project)) or ()
    return [change for change in found if _switches(change, verb, service)]


def _switches(change: Change, verb: str, service: str) -> bool:
    return verb.lower() in change.method.lower() and ResourceName(change.resource).part("services") == service


def _policy_changes(case: Case, answers: Answers, one: Checked) -> Iterator[Change]:
    return (change for change in _changes(case, answers, one) if change.method.lower().endswith(OF_POLICIES))


def _changes(case: Case, answers: Answers, one: Checked) -> tuple[Change, ...]:
    where = one.project or case.logged_in
    return (answers.value(changes_of(case, where)) if where else None) or ()


def _gives(added: str, principal: Principal, roles: set[Role]) -> bool:
    role, member = _parts(added)
    if is_member(member, principal):
        return role in roles or not roles
    return member.startswith(SETS) and role in roles


def _parts(binding: str) -> tuple[Role, str]:
    role, _, member = binding.partition(" ")
    return Role(role), member


def _is_of(change: Change, one: Checked) -> bool:
    """Whether a change whose bindings the log does not tell was made to the target or to its project."""
    changed = ResourceName(change.resource).name
    near = {ResourceName(name).name for name in (one.target, one.resource, one.project) if name}
    return changed in near
