"""`unforbid audit`: whether the journal of fixes is still what was written."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import click

from shared import wiring
from shared.errors import NotFound
from shared.model.chain import Head, broken
from shared.model.journal import Line, Link
from shared.ports import Journal


@click.group(short_help="whether the journal is what was written")
def audit() -> None:
    """What was changed, by whose approval, and proof that nobody has touched the record of it."""


@audit.command(short_help="check the chain of every line that was ever written")
@click.option(
    "--head", "heads", multiple=True, metavar="SEQUENCE:DIGEST", help="A place noted elsewhere, as log lines have it."
)
def verify(heads: tuple[str, ...]) -> None:
    """Check that each line of the journal is the one that was written, in its place, and that none is missing.

    Each log line of `execute` and `sweep` ends with the head of the chain. Give one that was kept elsewhere with
    --head: without it, a journal that somebody cut short or wrote anew cannot be told from a whole one.

    Exits with 1 where anything is wrong.
    """
    noted = [_head(one) for one in heads]
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
    if not noted:
        click.echo("compare an older head with --head, from the log lines: this alone cannot tell a journal cut short")


def _head(text: str) -> Head:
    sequence, _, digest = text.partition(":")
    if not (sequence.isascii() and sequence.isdigit() and len(digest) == 64):
        raise click.ClickException(f"{text[:80]!r} is no head: it looks like 12:3f…, with 64 digits")
    return Head(int(sequence), digest)


def _lines(journal: Journal, links: list[Link]) -> Iterator[Line]:
    """Every line there is, of fixes that are listed and of those that only the chain remembers."""
    for fix in dict.fromkeys((*journal.fixes(), *(one.fix for one in links))):
        try:
            yield from journal.lines(fix)
        except NotFound:
            continue
