"""`unforbid explain`: entries in, explanations out; offline and without credentials."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from typing import BinaryIO

import click

from shared import flows
from shared.cli.inputs import read_inputs
from shared.errors import Unreadable
from shared.model.codec import to_json
from shared.model.log_entry import LogEntry
from shared.model.report import Report
from shared.pipeline.report import report_unreadable


@click.command(short_help="why a call was refused, from an entry or a text")
@click.argument("file", default="-", type=click.File("rb"))
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "jsonl"]),
    default="text",
    help="jsonl: one line an input, for programs",
)
@click.option("--live", is_flag=True, help="Also ask Google, with your credentials, reading only: what is proven?")
def explain(file: BinaryIO, form: str, live: bool) -> None:
    """Explain FILE (or standard input): who was refused what, why, and what would mend it.

    Reads one LogEntry, an array from `gcloud logging read --format=json`, JSON lines, a Pub/Sub push body, an API error
    body or pasted text. Needs no credentials and looks nowhere else, unless --live. Exits with 1 if an input could not
    be read.
    """
    if file is sys.stdin.buffer and sys.stdin.isatty():
        click.echo("Paste an entry or an error, then press Ctrl-D.", err=True)
    verdicts: Counter[str] = Counter()
    reports = _counted(_reports(file.read(), _explainer(live)), verdicts)
    if form == "jsonl":
        for report in reports:
            sys.stdout.buffer.write(to_json(report) + b"\n")
    elif form == "json":
        _write_array(reports)
    else:
        _draw(reports, verdicts)
    sys.stdout.flush()
    if not verdicts:
        click.echo("no entries in the input", err=True)
    if verdicts["unreadable"]:
        sys.exit(1)


def _explainer(live: bool) -> Callable[[LogEntry], Report]:
    """What explains one entry: from the entry alone, or with Google asked as well."""
    if not live:
        return flows.explain
    from shared import wiring

    asks, clock = wiring.live(), wiring.clock()

    def explain_live(entry: LogEntry) -> Report:
        click.echo("asking Google …", err=True)
        return asks.explain(entry, clock.now())

    return explain_live


def _reports(data: bytes, explainer: Callable[[LogEntry], Report]) -> Iterator[Report]:
    for found in read_inputs(data):
        yield report_unreadable(str(found)) if isinstance(found, Unreadable) else explainer(found)


def _counted(reports: Iterator[Report], verdicts: Counter[str]) -> Iterator[Report]:
    for report in reports:
        verdicts[report.verdict] += 1
        yield report


def _write_array(reports: Iterator[Report]) -> None:
    import msgspec

    body = b",\n".join(msgspec.json.format(to_json(report), indent=2) for report in reports)
    sys.stdout.buffer.write(b"[\n" + body + b"\n]\n")


def _draw(reports: Iterator[Report], verdicts: Counter[str]) -> None:
    from shared.cli.draw import console, draw_report

    out = console()
    for report in reports:
        draw_report(out, report)
    if verdicts.total() > 1:
        said = {"denial": "denials", "not_a_denial": "no denials", "unreadable": "unreadable"}
        out.print(
            f"{verdicts.total()} inputs: "
            + ", ".join(f"{count} {said[verdict]}" for verdict, count in verdicts.items())
        )
