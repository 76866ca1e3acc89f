"""`unforbid people`: which person is behind an account of Slack; only those who are known here can vote there."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import click
import msgspec

from shared.approvals.people import is_address
from shared.cli.approvals import BALLOTS
from shared.cli.kept import kept_ballots, opened_ballots
from shared.model.approval import Person, SlackUser
from shared.model.codec import to_json

COLUMNS = ("enterprise", "team", "user", "id", "email")
LONGEST_FILE = 1_048_576
LONGEST_NAME = 64
MOST_TOLD = 20
Known = tuple[SlackUser, Person]


@click.group(short_help="which person is behind an account of Slack")
def people() -> None:
    """Who may vote through Slack: an account there counts only for the person of the directory named here."""


@people.command(short_help="say which person is behind an account")
@click.argument("email")
@click.option("--id", "person_id", required=True, help="The person's id in the directory, which never changes.")
@click.option("--team", required=True, help="The id of the Slack workspace, T….")
@click.option("--user", required=True, help="The id of the account in it, U… or W….")
@click.option("--enterprise", default="", help="The id of the Enterprise Grid, E…, where there is one.")
@BALLOTS
def add(email: str, person_id: str, team: str, user: str, enterprise: str, path: Path | None) -> None:  # noqa: PLR0913, PLR0917 - one for each part of a name
    """Say that the account USER of TEAM is the person EMAIL; said again, the last word holds."""
    row = {"enterprise": enterprise, "team": team, "user": user, "id": person_id, "email": email}
    _keep([_known(row)], list(_wrong(row)), path)


@people.command("list", short_help="every account with its person")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
@BALLOTS
def list_(form: str, path: Path | None) -> None:
    """Every account of Slack that is known to be somebody's."""
    with kept_ballots(path) as ballots:
        found = ballots.people() if ballots is not None else []
    if form == "json":
        rows = [{**msgspec.to_builtins(account), **msgspec.to_builtins(person)} for account, person in found]
        sys.stdout.buffer.write(msgspec.json.format(to_json(rows), indent=2) + b"\n")
        return
    from shared.cli.draw_approvals import draw_people

    draw_people(found)


@people.command("import", short_help="the same for many, from a CSV file")
@click.argument("file", type=click.File("rb"))
@BALLOTS
def import_(file: io.BufferedReader, path: Path | None) -> None:
    """Read accounts and their people from FILE, a CSV with the columns enterprise, team, user, id and email.

    All of them are kept, or none: every line that cannot be used is named.
    """
    rows, problems = _rows(file.read(LONGEST_FILE + 1))
    for line, row in enumerate(rows, 2):
        problems.extend(f"line {line}: {one}" for one in _wrong(row))
    _keep([_known(row) for row in rows], problems, path)


def _rows(data: bytes) -> tuple[list[dict[str, str]], list[str]]:
    """The rows of a file, and what is wrong with it as a whole."""
    if len(data) > LONGEST_FILE:
        return [], [f"the file has more than {LONGEST_FILE} bytes"]
    try:
        found = csv.DictReader(io.StringIO(data.decode("utf-8-sig")), restkey="more", restval="", strict=True)
        if tuple(found.fieldnames or ()) != COLUMNS:
            return [], [f"the first line must be {','.join(COLUMNS)}"]
        rows = list(found)
    except (UnicodeDecodeError, csv.Error) as error:
        return [], [f"the file is no CSV in UTF-8: {error}"]
    return rows, [] if rows else ["the file names nobody"]


def _wrong(row: dict[str, str]) -> Iterator[str]:
    """What is wrong with one account and its person."""
    if "more" in row:
        yield f"it has more than {len(COLUMNS)} columns"
    for name, starts in (("team", "T"), ("user", "UW"), ("enterprise", "E")):
        said = row[name].strip()
        is_id = said[:1] in tuple(starts) and said.isascii() and said.isalnum() and len(said) <= LONGEST_NAME
        if not is_id and (said or name != "enterprise"):
            yield f"{said[:LONGEST_NAME]!r} is no id of a Slack {name}: it begins with {' or '.join(starts)}"
    said = row["id"].strip()
    if not (said.isascii() and said.isprintable() and 0 < len(said) <= LONGEST_NAME and " " not in said):
        yield f"{said[:LONGEST_NAME]!r} is no id of a person in the directory"
    if not is_address(row["email"].strip().lower()):
        yield f"{row['email'].strip()[:LONGEST_NAME]!r} is no e-mail address of a person"


def _known(row: dict[str, str]) -> Known:
    said = {name: row[name].strip() for name in COLUMNS}
    account = SlackUser(enterprise=said["enterprise"], team=said["team"], user=said["user"])
    return account, Person(id=said["id"], email=said["email"].lower())


def _keep(known: list[Known], problems: list[str], path: Path | None) -> None:
    """Keep all of these people, or none of them where one is wrong or contradicts another or what is known."""
    _refuse(problems)
    with opened_ballots(path) as ballots:
        _refuse(list(_contradictions(known, ballots.people())))
        for account, person in known:
            ballots.keep_person(account, person)
    click.echo(f"{len(known)} {'account is' if len(known) == 1 else 'accounts are'} known to be somebody's")


def _refuse(problems: list[str]) -> None:
    """Stop with all of these problems; go on where there are none."""
    if problems:
        told = "\n  ".join(problems[:MOST_TOLD])
        more = f"\n  and {len(problems) - MOST_TOLD} more" if len(problems) > MOST_TOLD else ""
        raise click.ClickException(f"nobody was added:\n  {told}{more}")


def _contradictions(known: list[Known], before: Iterable[Known]) -> Iterator[str]:
    """Where one account would be two people, or one address two ids: each person is to be counted once."""
    accounts: dict[SlackUser, Person] = {}
    replaced = {account for account, _ in known}
    ids = {person.email: person.id for account, person in before if account not in replaced}
    for account, person in known:
        if accounts.setdefault(account, person) != person:
            yield f"the account {account.user} of {account.team} is named twice, for different people"
        if ids.setdefault(person.email, person.id) != person.id:
            yield f"{person.email} has two ids in the directory: {ids[person.email]} and {person.id}"
