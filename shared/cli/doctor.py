"""`unforbid doctor`: whether a deployment is as it should be, and the command that mends what is not."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from msgspec.structs import replace

from shared import wiring
from shared.cli.deployed import place_from, place_options, with_policy

if TYPE_CHECKING:
    from rich.console import Console

    from shared.doctor.finding import Finding
    from shared.model.deployment import Deployment

TOKEN = "UNFORBID_SLACK_TOKEN"  # noqa: S105 - the name of the variable
CHANNEL = "UNFORBID_SLACK_CHANNEL"
NO_TOKEN = f"{TOKEN} is not set here: $(gcloud secrets versions access latest --secret={{name}}-slack-bot-token)"
STYLES = {"ok": "green", "wrong": "bold red", "could not tell": "bold yellow"}


@click.command(short_help="whether a deployment is as it should be")
@place_options
@click.option(
    "--policy",
    "policy_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The policy that should be deployed, as YAML or compiled.",
)
@click.option(
    "--unlogged",
    multiple=True,
    metavar="SERVICE",
    help="A service whose logs of data access are off on purpose, such as storage.googleapis.com; once for each.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.option("--all/--only-wrong", "everything", default=True, help="Whether to show what is well, too.")
def doctor(
    policy_file: Path | None, unlogged: tuple[str, ...], *, as_json: bool, everything: bool, **options: Any
) -> None:
    """Look a deployment over with your own credentials, reading only: what is well, wrong, or cannot be told.

    Exits with 0 where all is well, with 1 where something is wrong, with 2 where nothing is but something could not be
    told, which is never taken for well.
    """
    from shared.doctor.examine import examine
    from shared.doctor.finding import exit_code

    place = with_policy(replace(place_from(options), unlogged=unlogged), policy_file)
    found = examine(read_all(place))
    if as_json:
        print_json(found)
    else:
        draw(found if everything else [one for one in found if one.severity != "ok"], found)
    raise SystemExit(exit_code(found))


def read_all(place: Any) -> Deployment:
    """Everything about a deployment, of Google and of Slack."""
    from shared.adapters.deployment_facts import read_deployment

    deployment = read_deployment(wiring.google_clients(), place, wiring.clock().now())
    return _with_slack(deployment)


def _with_slack(deployment: Deployment) -> Deployment:
    """With what Slack says, where a channel is set: the token is taken from the environment and never looked for."""
    channels = {one.settings[CHANNEL] for one in deployment.named.values() if one.settings.get(CHANNEL)}
    if not channels:
        return deployment
    from shared.adapters.slack_sight import slack_seen
    from shared.model.deployment import Slack, Untold

    if len(channels) > 1:
        return replace(deployment, slack=Slack(channel=f"the functions name different ones: {sorted(channels)}"))
    known = wiring.settings().slack
    token = os.environ.get(TOKEN, "")
    if not token:
        return replace(deployment, slack=Untold(NO_TOKEN.format(name=deployment.place.name)))
    return replace(deployment, slack=slack_seen(token, channels.pop(), known.api_url))


def print_json(found: Iterable[Finding]) -> None:
    """The findings as one document, with the exit code."""
    from shared.doctor.finding import exit_code
    from shared.model.codec import to_json

    findings = tuple(found)
    click.echo(to_json({"version": 1, "exit": exit_code(findings), "findings": findings}).decode())


def draw(shown: Iterable[Finding], found: Iterable[Finding]) -> None:
    """A table of findings, each wrong one with what mends it below, and how many there are of each."""
    from shared.cli.draw import console

    out = console()
    _table(out, tuple(shown))
    counts = {style: sum(1 for one in found if one.severity == style) for style in STYLES}
    out.print(", ".join(f"{count} {name}" for name, count in counts.items()), style="bold")


def _table(out: Console, findings: tuple[Finding, ...]) -> None:
    from rich.table import Table
    from rich.text import Text

    from shared.renderings.fold import visible

    grid = Table.grid(padding=(0, 2))
    for _ in range(2):
        grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for one in findings:
        word = Text(one.severity.value, style=STYLES[one.severity.value])
        grid.add_row(word, one.check, Text(visible(one.what)))
        if one.mend:
            grid.add_row("", "", Text(f"-> {visible(one.mend)}", style="dim"))
    out.print(grid)
