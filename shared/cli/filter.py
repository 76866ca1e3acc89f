"""`unforbid filter`: the filter of the log sink, to print without Terraform and to compare with the one in use."""

from __future__ import annotations

from typing import Any

import click

from shared.cli.deployed import place_from, place_options


@click.group("filter", short_help="the filter of the log sink")
def sink() -> None:
    """What a log sink has to deliver: every entry in which a 403 shows, but for those that unforbid causes itself."""


@sink.command("print", short_help="the filter, with your names in it")
@click.option("--project", required=True, help="Id of the project that unforbid lives in.")
@click.option(
    "--account",
    "accounts",
    required=True,
    multiple=True,
    help="E-mail of a service account of unforbid; once for each. What they are refused is left out.",
)
@click.option(
    "--function",
    "functions",
    multiple=True,
    default=["unforbid-detect"],
    show_default=True,
    help="Name of a deployed function; once for each. Requests to it are left out.",
)
@click.option("--self", "only_self", is_flag=True, help="Only what is left out, for an exclusion of the sink.")
def print_filter(project: str, accounts: tuple[str, ...], functions: tuple[str, ...], only_self: bool) -> None:
    """Print the filter in the Logging query language; Terraform makes the same one."""
    from shared.deploy.sink_filter import Own, self_filter, sink_filter

    own = Own(project=project, accounts=accounts, functions=functions)
    click.echo(self_filter(own) if only_self else sink_filter(own).rstrip("\n"))


@sink.command("check", short_help="whether the sink in use has the filter that the code makes")
@place_options
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def check_filter(*, as_json: bool, **options: Any) -> None:
    """Compare the sink of a deployment with what the code makes, reading only, with your own credentials.

    Exits with 0 where it is the same, with 1 where it is not, with 2 where that could not be told.
    """
    from shared import wiring
    from shared.adapters.deployment_facts import read_sink
    from shared.cli.doctor import draw, print_json
    from shared.doctor.finding import exit_code
    from shared.doctor.input import sink_checks

    deployment = read_sink(wiring.google_clients(), place_from(options), wiring.clock().now())
    found = tuple(sink_checks(deployment))
    if as_json:
        print_json(found)
    else:
        draw(found, found)
    raise SystemExit(exit_code(found))
