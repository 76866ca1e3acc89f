"""How questions to people, and the people themselves, look in a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from rich.table import Table

from shared.cli.draw import console
from shared.model.approval import Person, SlackUser
from shared.renderings.fold import visible

if TYPE_CHECKING:
    from shared.cli.approvals import Asked


def draw_asked(found: Sequence[Asked], now: datetime) -> None:
    """Every open question in a line, and below it whose vote does not count, and why."""
    out = console()
    if not found:
        out.print("nobody is asked anything now")
        return
    table = _table("question", "run", "tier", "who", "was refused", "still needed", "left")
    for one in found:
        table.add_row(*(visible(cell) for cell in _cells(one, now)))
    out.print(table)
    for one in found:
        for uncounted in one.standing.not_counted:
            out.print(visible(f"{one.approval.id}: {uncounted.vote.person.email} {uncounted.why}"), style="dim")


def _cells(one: Asked, now: datetime) -> tuple[str, ...]:
    report = one.run.report if one.run else None
    what = f"{', '.join(report.permissions) or report.cause} on {report.resource or '-'}" if report else "-"
    left = int((one.approval.expires_at - now).total_seconds() // 60)
    return (
        one.approval.id,
        one.approval.run,
        one.approval.tier,
        (report.principal if report else None) or "-",
        what,
        one.standing.missing or one.standing.state.value,
        f"{left} min" if left >= 0 else "over",
    )


def draw_people(found: Sequence[tuple[SlackUser, Person]]) -> None:
    """Every account of Slack with its person."""
    out = console()
    if not found:
        out.print("no account of Slack is known to be anybody's: add one with `unforbid people add`")
        return
    table = _table("address", "id in the directory", "enterprise", "team", "user")
    for account, person in found:
        cells = (person.email, person.id, account.enterprise or "-", account.team, account.user)
        table.add_row(*(visible(cell) for cell in cells))
    out.print(table)


def _table(*headings: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold", no_wrap=heading in ("question", "run", "tier", "left"))
    return table
