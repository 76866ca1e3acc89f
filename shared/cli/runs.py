"""`unforbid runs`: what the store holds."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from shared.cli.kept import kept_journal, kept_store
from shared.errors import Refused
from shared.execution.fold import Fix
from shared.model.codec import to_json
from shared.model.journal import Line
from shared.model.work import Work

if TYPE_CHECKING:
    from shared.ports import Journal

LIMIT = click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000), help="How many to show.")
STORE = click.option(
    "--store",
    "path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The store's file; default: UNFORBID_STORE.",
)
FORMAT = click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")


@click.group(invoke_without_command=True, short_help="what the store holds")
@STORE
@FORMAT
@LIMIT
@click.pass_context
def runs(ctx: click.Context, path: Path | None, form: str, limit: int) -> None:
    """What the store holds: each denial once, with how often it came; what was dropped; what could not be read."""
    ctx.obj = path
    if ctx.invoked_subcommand is not None:
        return
    store = ctx.with_resource(kept_store(path))
    found, dropped, kept = store.runs(limit), store.dropped(), store.quarantined(limit)
    if form == "json":
        _print_json({"runs": found, "dropped": dropped, "quarantine": [_without_data(item) for item in kept]})
        return
    from shared.cli.draw_runs import draw_runs

    draw_runs(found, dropped, kept)
    if limit in (len(found), len(kept)):
        click.echo(f"the {limit} newest are shown; --limit shows more")


@runs.command(short_help="one run with its fixes, one fix, or one quarantined message")
@click.argument("run_id", metavar="ID")
@STORE
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "raw"]),
    default="text",
    help="raw: a quarantined message as it came",
)
@click.pass_context
def show(ctx: click.Context, run_id: str, path: Path | None, form: str) -> None:
    """One run with its fixes, one fix, or one quarantined message, by its id or, but for fixes, the beginning of it.

    Of a fix: its timeline, what it changed as a diff, how it was proven, and what undo would do.
    """
    if run_id.startswith(("f-", "u-")):
        _show_fix(run_id, form)
        return
    store = ctx.with_resource(kept_store(path or ctx.obj))
    if run_id.startswith("q-"):
        item = store.quarantined_item(run_id)
        if form == "raw":
            sys.stdout.buffer.write(item.data)
        elif form == "json":
            _print_json(_without_data(item))
        else:
            from shared.cli.draw_runs import draw_quarantined

            draw_quarantined(item)
        return
    if form == "raw":
        raise click.ClickException("a run has no raw form: only quarantined messages are kept as they came")
    run = store.run(run_id)
    with kept_journal() as journal:
        fixes = [_told(journal, fix) for fix in reversed(journal.fixes(run.id))] if journal else []
    if form == "json":
        _print_json({**msgspec.to_builtins(run), "fixes": [one.facts() for one in fixes]})
        return
    from shared.cli.draw_runs import draw_run

    draw_run(run, fixes)


def _show_fix(fix_id: str, form: str) -> None:
    if form == "raw":
        raise click.ClickException("a fix has no raw form: only quarantined messages are kept as they came")
    with kept_journal() as journal:
        if journal is None:
            raise click.ClickException(f"there is no fix {fix_id!r}: no fix was begun yet")
        told = _told(journal, fix_id)
    if form == "json":
        _print_json(told.facts())
        return
    from shared.cli.draw_runs import draw_told

    draw_told(told)


class ToldFix(msgspec.Struct, frozen=True):
    """One fix with its journal, and what undo would do, or the reason why it cannot be undone."""

    fix: Fix
    lines: list[Line]
    undo: tuple[Work, ...] | str

    def facts(self) -> dict[str, Any]:
        """The JSON form."""
        fix, opened = self.fix, self.fix.opened
        return {
            "id": fix.id,
            "run": opened.run,
            "undo_of": opened.undo_of,
            "plan_hash": opened.plan_hash,
            "approved_by": opened.approved_by,
            "opened_at": fix.opened_at,
            "ended_at": fix.ended_at,
            "outcome": fix.outcome,
            "why": fix.why,
            "works": opened.works,
            "pages": fix.pages,
            "undo": [] if isinstance(self.undo, str) else self.undo,
            "no_undo": self.undo if isinstance(self.undo, str) else None,
            "lines": self.lines,
        }


def _told(journal: Journal, fix_id: str) -> ToldFix:
    from shared.execution.fold import fold
    from shared.fixing import to_undo

    lines = journal.lines(fix_id)
    try:
        undo: tuple[Work, ...] | str = to_undo(fix_id, journal)
    except Refused as error:
        undo = str(error)
    return ToldFix(fold(lines), lines, undo)


def _without_data(item: object) -> object:
    return {key: value for key, value in msgspec.to_builtins(item).items() if key != "data"}


def _print_json(value: object) -> None:
    sys.stdout.buffer.write(msgspec.json.format(to_json(value), indent=2) + b"\n")
