"""`unforbid audit`: whether the journal of fixes is still what was written, and Google's audit log agrees with it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shared import wiring
from shared.cli.copied import head_of, heads_in
from shared.errors import NotFound, Unreadable
from shared.model.chain import broken
from shared.model.journal import Line, Link
from shared.ports import Journal

if TYPE_CHECKING:
    from shared.pipeline.look_back import LookedBack

NOBODY = (
    "UNFORBID_IDENTITIES is not set: it has to name the service accounts that carry fixes out, as the functions have "
    "it, separated by commas"
)
LONGEST_BACK = 24 * 30


@click.group(short_help="whether the journal is what was written")
def audit() -> None:
    """What was changed, by whose approval, and proof that nobody has touched the record of it."""


@audit.command(short_help="check the chain of every line that was ever written")
@click.option(
    "--head", "heads", multiple=True, metavar="SEQUENCE:DIGEST", help="A place noted elsewhere, as log lines have it."
)
@click.option(
    "--copy",
    "copies",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Log lines that were kept elsewhere, as `gcloud logging read --format=json` writes them.",
)
def verify(heads: tuple[str, ...], copies: tuple[Path, ...]) -> None:
    """Check that each line of the journal is the one that was written, in its place, and that none is missing.

    In production each line is a log line as well, with its place in the chain. Give what was kept of them elsewhere
    with --copy, or a single place with --head: without either, a journal that somebody cut short or wrote anew cannot
    be told from a whole one.

    Exits with 1 where anything is wrong.
    """
    try:
        noted = [*map(head_of, heads), *(head for copy in copies for head in heads_in(copy))]
    except Unreadable as error:
        raise click.ClickException(str(error)) from error
    journal = wiring.journal()
    links = list(journal.links())
    wrong = list(broken(links, _lines(journal, links), noted))
    for said in wrong:
        click.echo(f"WRONG  {said}")
    if wrong:
        click.echo(f"{len(wrong)} wrong of {len(links)} links: preserve the file, and compare it with its copy")
        sys.exit(1)
    if not links:
        click.echo("whole: nothing was ever written")
        return
    click.echo(f"whole: {len(links)} links of {len({one.fix for one in links})} fixes; the head is {links[-1].noted}")
    if noted:
        click.echo(f"{len({one.sequence for one in noted})} of them stand in what was kept elsewhere, and are the same")
    else:
        click.echo("hold it against log lines with --copy or --head: this alone cannot tell a journal cut short")


@audit.command(short_help="compare the journal with Google's audit log")
@click.option(
    "--since",
    "hours",
    type=click.IntRange(1, LONGEST_BACK),
    default=24,
    show_default=True,
    metavar="HOURS",
    help="How many hours back; up to 720.",
)
@click.option(
    "--project",
    "projects",
    multiple=True,
    metavar="ID",
    help="A project beside those that the journal names; once for each.",
)
def compare(hours: int, projects: tuple[str, ...]) -> None:
    """Check that each change in the journal stands in Google's audit log, and that our accounts made no other.

    A change by one of our accounts that the journal knows nothing of is made by somebody who uses that account. Looked
    at are the projects that the journal names in the last thirty days; the last fifteen minutes are left out, for
    entries come late.

    Exits with 0 where both agree, with 1 where they do not, with 2 where they may and something could not be told.
    """
    from shared.adapters.google_sight import GoogleSight
    from shared.pipeline.compare import Span
    from shared.pipeline.look_back import SETTLED, look_back

    accounts = wiring.settings().gate.identities
    if not accounts:
        raise click.ClickException(NOBODY)
    until = wiring.clock().now() - SETTLED
    span = Span(since=until - timedelta(hours=hours), until=until)
    found = look_back(wiring.journal(), GoogleSight(wiring.google_clients()), accounts, span, projects)
    for line in _compared(found):
        click.echo(line)
    if found.projects:
        click.echo(f"compared: {span.since:%Y-%m-%d %H:%M} to {span.until:%Y-%m-%d %H:%M} UTC")
    if found.differences or found.untold:
        sys.exit(1 if found.differences else 2)


def _compared(found: LookedBack) -> Iterator[str]:
    """What was found, a line each; reasons and names may have been written by anybody."""
    from shared.render.plain import shown

    yield from (f"WRONG  {shown(one.said)}" for one in found.differences)
    yield from (f"could not tell: {shown(why)}" for why in found.untold)
    counts = f"{found.effects} changes of the journal, {found.calls} calls in {len(found.projects)} projects"
    if found.differences:
        yield f"{len(found.differences)} wrong of {counts}: `unforbid pause`, and find out who uses the account"
    elif found.untold:
        yield f"no difference in what could be read: {counts}"
    elif not found.projects:
        yield "nothing to compare: the journal names no project; name one with --project"
    else:
        yield f"agreed: {counts}"


def _lines(journal: Journal, links: list[Link]) -> Iterator[Line]:
    """Every line there is, of fixes that are listed and of those that only the chain remembers."""
    for fix in dict.fromkeys((*journal.fixes(), *(one.fix for one in links))):
        try:
            yield from journal.lines(fix)
        except NotFound:
            continue
