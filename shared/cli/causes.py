"""`unforbid causes`: the reference of everything a 403 can mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.console import Console


@click.command(short_help="everything a 403 can mean, or one cause in full")
@click.argument("cause_id", metavar="[ID]", required=False)
def causes(cause_id: str | None) -> None:
    """List every cause, or show the page of one: what it means, what confirms it, what mends it."""
    from shared.causes import CAUSES
    from shared.cli.draw import console

    if cause_id is None:
        _list(console())
        return
    if cause_id not in CAUSES:
        near = [known for known in CAUSES if cause_id in known or known.split(".")[0] == cause_id.split(".")[0]]
        hint = f"; near it: {', '.join(near)}" if near else "; `unforbid causes` lists them all"
        raise click.ClickException(f"there is no cause {cause_id!r}{hint}")
    _show(console(), cause_id)


def _list(out: Console) -> None:
    from rich.table import Table

    from shared.causes import CAUSES

    table = Table(box=None, pad_edge=False)
    for heading in ("id", "title", "fix", "tier"):
        table.add_column(heading, overflow="fold")
    for cause in sorted(CAUSES.values(), key=lambda one: one.id):
        table.add_row(cause.id, cause.title, cause.fix.value, cause.tier.value)
    out.print(table)


def _show(out: Console, cause_id: str) -> None:
    from rich.markdown import Markdown

    from shared.causes import CAUSES
    from shared.render.cause_page import cause_page

    out.print(Markdown(cause_page(CAUSES[cause_id])))
