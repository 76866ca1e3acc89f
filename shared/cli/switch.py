"""`unforbid pause`, `resume` and `status`: stop every change, or some, and see what stands in the way now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import click

from shared import wiring
from shared.errors import Refused, StoreUnavailable
from shared.guards.breaker import REMEMBERED, Breaker, State, breaker
from shared.guards.budgets import LIMITS, LONGEST
from shared.guards.switch import NAMES_A_SCOPE, UNREADABLE, is_scope
from shared.model.guards import EVERYTHING, Budget, Charge, Pause, Trip, Went
from shared.pipeline.approvers import approvers

if TYPE_CHECKING:
    from shared.ports import Guards

BREAKER = "breaker"
SCOPE = click.argument("scope", default=EVERYTHING, metavar="[SCOPE]")
TO_START_AGAIN = "T2"
"""Stopping takes one person, starting again takes as many as a tier T2 approval."""


@click.command(short_help="stop every change at once, or those in one place")
@SCOPE
@click.option("--by", required=True, metavar="EMAIL", help="Who stops it.")
@click.option("--why", required=True, metavar="TEXT", help="For those who find it stopped.")
def pause(scope: str, by: str, why: str) -> None:
    """Stop every change (`organization`, the default), or those in `folders/NUMBER`, `projects/ID`, or by `rule:ID`.

    It holds from the next effect on. A machine that a fix has stopped is still started, and grants still end.
    """
    if not is_scope(scope):
        raise click.ClickException(f"{scope!r} cannot be stopped: {NAMES_A_SCOPE}")
    (person,) = approvers((by,), "T1", ())
    set_now = Pause(scope=scope, by=person, why=why.strip()[:400], at=wiring.clock().now())
    wiring.guards().pause(set_now)
    click.echo(f"stopped: {scope}. To go on: unforbid resume {scope} --by EMAIL --by EMAIL")


@click.command(short_help="lift a stop, which takes two people")
@SCOPE
@click.option("--by", multiple=True, metavar="EMAIL", help="Who lifts it; twice, by different people.")
def resume(scope: str, by: tuple[str, ...]) -> None:
    """Lift the stop of SCOPE, or reset the breaker (`breaker`) after it left everything to people."""
    people = _two(by)
    guards = wiring.guards()
    if scope == BREAKER:
        guards.tripped(Trip(went=Went.RESET, why=f"reset by {', '.join(people)}", at=wiring.clock().now()))
    elif not is_scope(scope):
        raise click.ClickException(f"{scope!r} cannot be stopped: {NAMES_A_SCOPE}, or `{BREAKER}`")
    elif not guards.resume(scope):
        raise click.ClickException(f"{scope} is not stopped; `unforbid status` shows what is")
    click.echo(f"goes on: {scope}")


def _two(by: tuple[str, ...]) -> tuple[str, ...]:
    try:
        return approvers(by, TO_START_AGAIN, ())
    except Refused as error:
        raise click.ClickException(
            "starting again takes two different people: name each with --by EMAIL"
            if len(by) < 2
            else str(error).replace(f"tier {TO_START_AGAIN}", "starting again")
        ) from error


@click.command(short_help="what stands in the way of a change now")
def status() -> None:
    """The mode, every stop, the breaker and the budgets: what would keep a fix from being carried out now.

    Exits with 1 where everything is stopped, or that could not be told.
    """
    from shared.cli.draw import console

    out, now = console(), wiring.clock().now()
    out.print(f"mode      {'enforce' if wiring.settings().gate.enforcing else 'observe'}")
    try:
        pauses, found = wiring.guards().pauses(), _breaker(wiring.guards(), now)
        used = list(_used(wiring.guards(), now))
    except StoreUnavailable as error:
        raise click.ClickException(f"{UNREADABLE}: {error}") from error
    for one in pauses:
        out.print(f"stopped   {one.scope} since {one.at:%Y-%m-%d %H:%M} UTC by {one.by}: {one.why}", style="bold red")
    if not pauses:
        out.print("stopped   nothing")
    said = found.state.value if found.state is State.CLOSED else f"{found.state.value}: {found.why}"
    until = f", until {found.until:%H:%M} UTC" if found.until else ""
    out.print(f"breaker   {said}{until}", style="" if found.state is State.CLOSED else "bold yellow")
    for line in used:
        out.print(f"budget    {line}")
    if any(one.scope == EVERYTHING for one in pauses):
        raise SystemExit(1)


def _breaker(guards: Guards, now: datetime) -> Breaker:
    return breaker(guards.trips(now - REMEMBERED), now)


def _used(guards: Guards, now: datetime) -> Iterator[str]:
    """How much of what everybody shares is used."""
    for budget in (Budget.ORGANIZATION, Budget.API):
        spent = guards.spent((Charge(budget=budget, whose=EVERYTHING),), now - LONGEST)
        for limit in LIMITS[budget]:
            count = sum(1 for one in spent if one.at > now - limit.within)
            yield f"{budget.value}: {count} of {limit.most} in {limit.within // timedelta(hours=1)} h"
