"""`unforbid filter print`: the filter of the log sink, to try in the Logs Explorer or to use without Terraform."""

from __future__ import annotations

import click


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
