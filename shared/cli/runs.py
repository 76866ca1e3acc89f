"""`unforbid runs`: what the store holds."""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path

import click
import msgspec

from shared.adapters.sqlite_store import SqliteStore
from shared.model.codec import to_json
from shared.settings import read_settings

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
    store = ctx.with_resource(closing(_store(path)))
    found, dropped, kept = store.runs(limit), store.dropped(), store.quarantined(limit)
    if form == "json":
        _print_json({"runs": found, "dropped": dropped, "quarantine": [_without_data(item) for item in kept]})
        return
    from shared.cli.draw_runs import draw_runs

    draw_runs(found, dropped, kept)
    if limit in (len(found), len(kept)):
        click.echo(f"the {limit} newest are shown; --limit shows more")


@runs.command(short_help="one run, or one quarantined message")
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
    """One run, or one quarantined message, by its id or the beginning of it."""
    store = ctx.with_resource(closing(_store(path or ctx.obj)))
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
    if form == "json":
        _print_json(run)
        return
    from shared.cli.draw_runs import draw_run

    draw_run(run)


def _store(path: Path | None) -> SqliteStore:
    import os

    chosen = path or read_settings(os.environ).store
    if not chosen.exists():
        raise click.ClickException(
            f"there is no store at {chosen}: `unforbid serve` and `unforbid demo` make one; name another with --store"
        )
    return SqliteStore(chosen)


def _without_data(item: object) -> object:
    return {key: value for key, value in msgspec.to_builtins(item).items() if key != "data"}


def _print_json(value: object) -> None:
    sys.stdout.buffer.write(msgspec.json.format(to_json(value), indent=2) + b"\n")
