"""`unforbid policy`: is the written policy right, and what would it say?"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from shared.errors import PolicyError, Unreadable
from shared.model.codec import to_json
from shared.model.subject import Subject
from shared.settings import read_settings

if TYPE_CHECKING:
    from shared.grants.catalogue import Catalogue
    from shared.model.log_entry import LogEntry
    from shared.model.policy import GatePolicy
    from shared.policy.rulebook import Heard, Rulebook, Ruling

FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
ON = click.option(
    "--on", "day", type=click.DateTime(["%Y-%m-%d"]), help="Judge as of a day, YYYY-MM-DD; default: today."
)
STRONG = click.option("--strong", is_flag=True, help="A way to give strong proof (OIDC, IAP) is set up.")
FORMAT = click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One step of an entry's plan as rules see it, what they rule, and what became of each of them."""

    entry: str
    subject: Subject
    ruling: Ruling
    heard: tuple[Heard, ...]


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """What a person says instead of Google: what the targets stand under, their labels, the caller's groups."""

    under: tuple[str, ...]
    label: tuple[str, ...]
    groups: tuple[str, ...]
    day: datetime | None
    strong: bool

    def beside(self, subject: Subject) -> Subject:
        """The step with what was said of it."""
        pairs = [one.partition("=") for one in self.label]
        if wrong := next((one for one in pairs if not one[1]), None):
            raise click.BadParameter(f"{wrong[0]!r} is no KEY=VALUE", param_hint="--label")
        return msgspec.structs.replace(
            subject,
            ancestry=self.under or subject.ancestry,
            labels={key: value for key, _, value in pairs} or subject.labels,
            groups={**subject.groups, **dict.fromkeys(self.groups, True)},
        )


@click.group(short_help="check and try the written policy")
def policy() -> None:
    """The written policy: which changes may be made, to whom, where, and on whose word (docs/policy.md)."""


@policy.command(short_help="every problem of a policy file at once")
@FILE
@ON
@STRONG
def check(file: Path, day: datetime | None, strong: bool) -> None:
    """Tell every problem of FILE, each with its line and what to write instead; or its digest and what it permits.

    A file with any problem is refused whole, here and where it is used: exits with 1. What roles hold is checked
    where the organisation's roles were read (`unforbid roles refresh`).
    """
    from shared.cli.draw_policy import draw_summary

    catalogue = _catalogue()
    draw_summary(file, _loaded(file, _moment(day), strong, catalogue), roles_read=catalogue is not None)


@policy.command(name="test", short_help="what a policy says of entries, and why")
@FILE
@click.argument("entries", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--under", multiple=True, metavar="PLACE", help="The targets stand under folders/N or organizations/N.")
@click.option("--label", multiple=True, metavar="KEY=VALUE", help="A label that the targets have.")
@click.option("--in-group", "groups", multiple=True, metavar="ID", help="A directory group that the caller is in.")
@ON
@STRONG
@FORMAT
def test(file: Path, entries: tuple[Path, ...], form: str, **told: Any) -> None:
    """Tell what FILE says of each of ENTRIES (or of standard input): which rule decides, and why the others do not.

    Entries are read as `unforbid explain` reads them. Nothing is asked of Google: what a target stands under, its
    labels and its groups could not be told unless you say them, and what cannot be told never permits anything.
    """
    from shared.policy.rulebook import Rulebook

    given = Given(**told)
    now = _moment(given.day)
    rules = Rulebook(_loaded(file, now, given.strong, _catalogue()))
    steps: list[Step] = []
    unreadable = False
    for name, found in _inputs(entries):
        if isinstance(found, Unreadable):
            unreadable = True
            click.echo(f"{name}: cannot be read: {found}", err=True)
            continue
        asked = [_step(name, given.beside(one), rules, now) for one in _subjects(found)]
        steps += asked
        if form == "text":
            _draw(name, asked)
    if form == "json":
        sys.stdout.buffer.write(msgspec.json.format(to_json(steps), indent=2) + b"\n")
    if unreadable:
        sys.exit(1)


@policy.command(short_help="the file format as JSON Schema, for editors")
def schema() -> None:
    """Print the JSON Schema of policy files, as docs/policy.schema.json has it: editors complete keys with it."""
    from shared.policy.schema import schema as made

    sys.stdout.buffer.write(msgspec.json.format(to_json(made()), indent=2) + b"\n")


@policy.command(name="compile", short_help="the form that a function starts from")
@FILE
@click.option("-o", "--output", required=True, type=click.Path(dir_okay=False, path_type=Path), help="Where to put it.")
@ON
@STRONG
def compile_(file: Path, output: Path, day: datetime | None, strong: bool) -> None:
    """Check FILE and write the form that a function reads at its start, without YAML, in a fraction of the time."""
    from shared.policy.compiled import to_bytes

    data = to_bytes(_loaded(file, _moment(day), strong, _catalogue()))
    half = output.with_name(f"{output.name}.{os.getpid()}")
    try:
        half.write_bytes(data)
        half.replace(output)
    except OSError as error:
        raise click.ClickException(f"{output} cannot be written: {error.strerror}") from error
    finally:
        half.unlink(missing_ok=True)
    click.echo(f"{output}: {len(data)} bytes")


def _loaded(file: Path, now: datetime, strong: bool, catalogue: Catalogue | None) -> GatePolicy:
    """The policy in a file; every problem goes to standard error with the file's name, and then it is over."""
    from shared.policy.load import load
    from shared.policy.reading import MOST_BYTES

    with file.open("rb") as opened:
        text = opened.read(MOST_BYTES + 1)
    try:
        return load(text, now=now, strong=strong, catalogue=catalogue)
    except PolicyError as error:
        for one in error.problems:
            click.echo(f"{file}:{one.line}:{one.column}: {one.said}", err=True)
        count = len(error.problems)
        click.echo(f"refused whole, for {count} problem{'s' if count > 1 else ''}", err=True)
        sys.exit(1)


def _moment(day: datetime | None) -> datetime:
    return datetime.combine(day, time(12), UTC) if day else datetime.now(UTC)


def _catalogue() -> Catalogue | None:
    """The organisation's roles, None where they were never read."""
    from shared.adapters.role_file import open_catalogue

    path = read_settings(os.environ).roles
    return open_catalogue(path) if path.exists() else None


def _inputs(entries: tuple[Path, ...]) -> Iterator[tuple[str, LogEntry | Unreadable]]:
    """Each entry with what to call it: its file, and its place there where there are several."""
    from shared.cli.inputs import read_inputs

    sources = [(str(path), path.read_bytes()) for path in entries] or [("standard input", sys.stdin.buffer.read())]
    for name, data in sources:
        found = list(read_inputs(data))
        for at, one in enumerate(found, 1):
            yield name if len(found) == 1 else f"{name} [{at}]", one


def _subjects(entry: LogEntry) -> tuple[Subject, ...]:
    """Each step that would change something, from the entry alone."""
    from shared.model.denial import NotADenial
    from shared.pipeline.classify import classify
    from shared.pipeline.diagnose import diagnose
    from shared.pipeline.plan import plan
    from shared.pipeline.subject import subjects

    denial = classify(entry)
    if isinstance(denial, NotADenial):
        return ()
    diagnosis = diagnose(denial)
    return subjects(denial, diagnosis, plan(denial, diagnosis))


def _step(name: str, subject: Subject, rules: Rulebook, now: datetime) -> Step:
    return Step(
        entry=name, subject=subject, ruling=rules.ruling(subject, now), heard=tuple(rules.explain(subject, now))
    )


def _draw(name: str, steps: list[Step]) -> None:
    from shared.cli.draw import console
    from shared.cli.draw_policy import draw_step

    if not steps:
        click.echo(f"{name}: there is nothing for a machine to change here, so no rule is asked\n")
    for one in steps:
        draw_step(console(), one.entry, one.subject, one.ruling, one.heard)
