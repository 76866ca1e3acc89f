"""Works -> the budgets they draw on, and whether these still hold. Counted when a fix's first effect is intended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from shared.model.guards import EVERYTHING, Budget, Charge, Spent
from shared.model.names import ResourceName
from shared.model.work import Access, Enable, Grant, Recover, Work

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)


class Limit(Struct, frozen=True, kw_only=True):
    """At most so many within a window that ends now; `distinct` counts different things, not times."""

    most: int
    within: timedelta
    distinct: bool = False
    advice: str = ""


LASTING = "a third time in a week means that it is needed for good: have a lasting binding made, as code"
LIMITS: dict[Budget, tuple[Limit, ...]] = {
    Budget.PRINCIPAL_GRANTS: (Limit(most=3, within=DAY),),
    Budget.PRINCIPAL_ROLES: (Limit(most=5, within=WEEK, distinct=True),),
    Budget.PROJECT: (Limit(most=5, within=HOUR), Limit(most=20, within=DAY)),
    Budget.ORGANIZATION: (Limit(most=20, within=HOUR), Limit(most=100, within=DAY)),
    Budget.API: (Limit(most=3, within=HOUR),),
    Budget.MACHINE: (Limit(most=1, within=DAY),),
    Budget.CARDS: (Limit(most=30, within=HOUR),),
    Budget.SAME: (Limit(most=1, within=DAY), Limit(most=2, within=WEEK, advice=LASTING)),
}
"""An operator may make these stricter by what a policy permits, never looser."""
LONGEST = WEEK


def charges_of(work: Work) -> tuple[Charge, ...]:
    """What one step of a fix draws on; what takes something away again draws on nothing."""
    return tuple(_charges(work))


def _charges(work: Work) -> Iterator[Charge]:
    if isinstance(work, Grant):
        yield Charge(budget=Budget.PRINCIPAL_GRANTS, whose=work.member)
        yield Charge(budget=Budget.PRINCIPAL_ROLES, whose=work.member, what=work.role)
        yield Charge(budget=Budget.SAME, whose=f"{work.member} {work.role} {work.resource}")
        yield from _places(ResourceName(work.resource).project)
    elif isinstance(work, Enable):
        yield Charge(budget=Budget.API, whose=EVERYTHING)
        yield from _places(work.project.removeprefix("projects/"))
    elif isinstance(work, Access | Recover):
        yield Charge(budget=Budget.MACHINE, whose=f"{work.machine.full_name}#{work.machine.id}")
        yield from _places(work.machine.project)


def _places(project: str | None) -> Iterator[Charge]:
    """A bucket's name tells no project: it draws on the organisation's budget alone."""
    if project:
        yield Charge(budget=Budget.PROJECT, whose=f"projects/{project}")
    yield Charge(budget=Budget.ORGANIZATION, whose=EVERYTHING)


def too_much(charges: Sequence[Charge], before: Sequence[Spent], now: datetime) -> tuple[str, ...]:
    """Why these charges do not fit beside what was counted before, in sentences; () where they do."""
    found = (_over(charge, limit, before, now) for charge in charges for limit in LIMITS[charge.budget])
    return tuple(why for why in found if why)


def _over(charge: Charge, limit: Limit, before: Sequence[Spent], now: datetime) -> str:
    """Why one limit would be passed. What is dated after now, by a clock ahead of ours, counts as well."""
    counted = [
        one.charge
        for one in before
        if one.charge.budget is charge.budget and one.charge.whose == charge.whose and one.at > now - limit.within
    ]
    if limit.distinct:
        kinds = {one.what for one in counted}
        if charge.what in kinds or len(kinds) < limit.most:
            return ""
    elif len(counted) < limit.most:
        return ""
    hours = limit.within // HOUR
    said = f"the budget of {charge.budget.value} is used up: {limit.most} in {hours} h for {charge.whose}"
    return f"{said}; {limit.advice}" if limit.advice else said
