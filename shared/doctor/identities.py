"""Each identity holds what its function calls, and nothing more that writes: worked out of policies and roles."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from shared.doctor.expected import APPROVE, READS, WRITES, Needed, needed
from shared.doctor.finding import Finding, apply, fine, untold, wrong
from shared.doctor.held import Held, Holding, holding
from shared.grants.danger import floor_of
from shared.grants.sensitivity import is_data, is_read
from shared.model.deployment import Deployment, Function, Untold
from shared.model.plan import T3

CHECK = "permissions"
CONSUMER = "roles/serviceusage.serviceUsageConsumer"
"""Google's role for the accounting of questions; what else it holds reads numbers of the home project alone."""
DATABASES = "/databases/"
POLICIES = ".setIamPolicy"
LIMITED = "modifiedGrantsByRole"
MOST = 6


def identities(deployment: Deployment) -> Iterator[Finding]:
    """What every function's account holds against what its code calls, container by container."""
    if isinstance(deployment.functions, Untold):
        yield untold(CHECK, "the functions", deployment.functions)
        return
    wanted = sorted(needed(deployment), key=lambda one: one.function)
    by_function = {name: list(group) for name, group in groupby(wanted, key=lambda one: one.function)}
    for function in deployment.functions:
        asked = by_function.get(function.name, [])
        for one in asked:
            yield _has(deployment, function.account, one)
        for container in _containers(deployment):
            yield from _no_more(deployment, function, container, asked)


def _containers(deployment: Deployment) -> list[str]:
    """The places where it would matter: home, what is watched, and where fixes are."""
    place = deployment.place
    named = [place.home, place.watched, *(place.fixed(one) for one in place.fix_projects)]
    return list(dict.fromkeys(named))


def _has(deployment: Deployment, account: str, one: Needed) -> Finding:
    found = holding(deployment, account, one.on)
    missing = one.permissions - found.under(one.under)
    where = f"{_short(one.on)} ({one.part})"
    if not missing:
        return fine(CHECK, f"{one.function} may do what it calls on {where}")
    if found.untold:
        return untold(CHECK, f"whether {one.function} may {_some(missing)} on {where}", found.untold[0])
    return wrong(CHECK, f"{one.function} may not {_some(missing)} on {where}", apply(deployment.place, one.address))


def _no_more(deployment: Deployment, function: Function, container: str, asked: list[Needed]) -> Iterator[Finding]:
    """What it must not: writes and dangerous permissions that are not its part, and policies without a limit."""
    found = holding(deployment, function.account, container)
    allowed = {one.on: frozenset[str]() for one in asked}
    for one in (one for one in asked if DATABASES not in one.under):
        allowed[one.on] |= one.permissions
    home = deployment.place.home
    ours = [one for one in found.held if one.on == home and _is_part(one, function.name, asked)]
    beside = Holding(held=tuple(one for one in found.held if one not in ours), untold=found.untold)
    too_much = list(_too_much(beside, function, container, allowed))
    yield from too_much
    if too_much:
        return
    if found.untold:
        yield untold(CHECK, f"what more {function.name} may on {_short(container)}", found.untold[0])
    else:
        yield fine(CHECK, f"{function.name} may change nothing on {_short(container)} that is not its part")


def _too_much(
    found: Holding, function: Function, container: str, allowed: dict[str, frozenset[str]]
) -> Iterator[Finding]:
    name, account = function.name, function.account
    for one in found.held:
        part = allowed.get(container, frozenset()) | allowed.get(one.on, frozenset())
        more = {permission for permission in one.permissions - part if _is_barred(permission, name, container)}
        if more:
            said = f"{name} may {_some(more)} on {_short(container)}, by {one.role}{_inherited(one, container)}"
            yield wrong(CHECK, said, _take_away(one, account))
        unlimited = {permission for permission in one.permissions if permission.endswith(POLICIES)}
        if unlimited and not more and LIMITED not in one.condition:
            said = f"{name} may hand out every role on {_short(container)}: {one.role} has no condition on them"
            yield wrong(CHECK, said, _take_away(one, account))


def _is_part(one: Held, function: str, asked: list[Needed]) -> bool:
    """Whether a binding of Google's roles at home is the function's part: one database, or the accounting.

    Google's roles for databases hold more than is called, so they are told by their condition; who only reads a
    database must have no role that writes.
    """
    if one.role == CONSUMER:
        return function != APPROVE
    named = [need for need in asked if DATABASES in need.under and need.under in one.condition]
    writes = bool(one.permissions & (WRITES - READS))
    return one.role.startswith("roles/datastore.") and any(need.permissions == WRITES or not writes for need in named)


def _is_barred(permission: str, function: str, container: str) -> bool:
    """Whether a permission that is not needed must not be there: one that writes, reads data, or is dangerous.

    `approve` has nothing outside its own project, and nothing in it but its part.
    """
    if function == APPROVE:
        return True
    if permission.endswith(".getIamPolicy"):
        return False
    return not is_read(permission) or is_data(permission) or floor_of(permission, container) is T3


def _take_away(one: Held, account: str) -> str:
    """The command that removes a binding, whatever made it."""
    kind, _, name = _short(one.on).partition("/")
    service = {"projects": "projects", "folders": "resource-manager folders", "organizations": "organizations"}[kind]
    condition = " --all" if one.condition else ""
    member = f"--member=serviceAccount:{account}"
    return f"gcloud {service} remove-iam-policy-binding {name} {member} --role={one.role}{condition}"


def _inherited(one: Held, container: str) -> str:
    return "" if one.on == container else f", inherited from {_short(one.on)}"


def _some(permissions: frozenset[str] | set[str]) -> str:
    named = sorted(permissions)
    more = f" and {len(named) - MOST} more" if len(named) > MOST else ""
    return ", ".join(named[:MOST]) + more


def _short(name: str) -> str:
    return name.partition("googleapis.com/")[2]
