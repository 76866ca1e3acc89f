"""What was changed around a denial: who gave the access, who took it away, who switched an API."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import islice

from shared.evidence.answers import Answers
from shared.evidence.case import AFTER, BEFORE, Case, Checked
from shared.evidence.questions import AskChanges, AskRemovals, AskRole
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
STANDS_FOR = timedelta(days=30)
"""For how long what somebody took away is not given back by a machine."""


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


def removals_of(case: Case, one: Checked, principal: Principal) -> AskRemovals | None:
    """The question who took roles from the caller, as long as that stands; None where it cannot be put."""
    where = one.project or case.logged_in
    name = principal.text.rpartition("/")[2].removesuffix("]")  # what both ways of writing a Kubernetes account share
    return AskRemovals(where, name, case.at - STANDS_FOR, case.now) if where else None


def untold(case: Case, answers: Answers, one: Checked, principal: Principal) -> str:
    """Why it could not be told whether somebody took the access away; "" where it was told, or cannot be asked."""
    question = removals_of(case, one, principal)
    if question is None or answers.value(question) is not None:
        return ""
    unknown = answers.unknown(question)
    why = f" ({unknown.said})" if unknown else ""
    return f"whether somebody took the access away within {STANDS_FOR.days} days was not told{why}"


def taken_from(case: Case, answers: Answers, one: Checked, principal: Principal) -> Iterator[tuple[Role, Change]]:
    """The roles that were taken from the caller, on the target or above it, latest first, with the change of each."""
    question = removals_of(case, one, principal)
    found: tuple[Change, ...] = (answers.value(question) if question else None) or ()
    for change in found:
        if not (_is_over(change, one) and _is_a_decision(case, change)):
            continue
        for role, member in map(_parts, change.taken):
            if is_member(member, principal):
                yield role, change


def asked_of(case: Case, answers: Answers, one: Checked, principal: Principal) -> Iterator[AskRemovals | AskRole]:
    """The questions what was taken from the caller, and whether that would have been enough."""
    question = removals_of(case, one, principal)
    if question is not None:
        yield question
        found = dict.fromkeys(AskRole(role) for role, _ in taken_from(case, answers, one, principal))
        yield from islice(found, MOST_ROLES)


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


def _is_over(change: Change, one: Checked) -> bool:
    """Whether a change was made to the target or to what it is in.

    Projects are left out of the comparison, as logs may name them by number: the log is that of the target's project.
    """
    changed, target = _inside(change.resource), _inside(one.target or one.resource or "")
    if not changed or not target or changed == target or target.startswith(f"{changed}/"):
        return True
    accounts = "serviceAccounts/"  # logs name them by number
    return target.startswith(accounts) and changed.startswith(accounts) and "@" not in changed


def _inside(name: str) -> str:
    """The part of a name below its project."""
    parts = ResourceName(name).name.split("/")
    return "/".join(parts[2:] if parts[0] == "projects" else parts)


def _is_a_decision(case: Case, change: Change) -> bool:
    """Whether somebody else made a change; what we took back ourselves is left alone for a day only."""
    return change.by not in case.ours.identities or case.now - change.at <= BEFORE
