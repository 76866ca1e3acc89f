"""Which deployment a command is about: by options, or by what `terraform output -json` says of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import IO, Any

import click
from msgspec.structs import replace

from shared import wiring
from shared.errors import PolicyError
from shared.model.deployment import Place
from shared.policy.compiled import from_bytes, is_compiled, seal_of
from shared.policy.load import load

KINDS = {"project": "projects", "folder": "folders", "organization": "organizations"}
FIXES = "fixes in project "
"""How the output `permissions` names the places of fixes, to tell them from what is watched."""
WHOSE = "whose denials are looked at: project/ID, folder/NUMBER or organization/NUMBER; default: the project itself"


def place_options(command: Any) -> Any:
    """The options that name a deployment, on a command."""
    for option in (
        click.option("--terraform", type=click.File("r"), metavar="FILE", help="`terraform output -json`; - reads it."),
        click.option(
            "--module", default="", metavar="ADDRESS", help="What Terraform's addresses begin with, if a module."
        ),
        click.option(
            "--fix-project", "fixed", multiple=True, help="Id of a project that fixes may change; once for each."
        ),
        click.option("--watch", metavar="KIND/ID", help=f"{WHOSE[0].upper()}{WHOSE[1:]}."),
        click.option("--name", default="unforbid", show_default=True, help="What every resource's name begins with."),
        click.option("--region", default="europe-west1", show_default=True, help="Region of its functions."),
        click.option("--project", metavar="ID", help="Id of the project that it lives in."),
    ):
        command = option(command)
    return command


def place_from(options: dict[str, Any]) -> Place:
    """The deployment that the options name."""
    outputs: IO[str] | None = options["terraform"]
    place = _from_outputs(outputs, options["watch"] or "") if outputs is not None else _named(options)
    for what, said in (("project", place.project), ("region", place.region), ("name", place.name)):
        if not _is_plain(said):
            raise click.UsageError(f"{said[:80]!r} is no {what}: it has letters, digits and hyphens")
    if not all(map(_is_plain, place.fix_projects)):
        raise click.UsageError("--fix-project takes the id of one project, such as acme-reports-dev")
    return replace(place, module=_module(options["module"]))


def _is_plain(said: str) -> bool:
    """Whether it can stand inside a resource's name: what goes into a path is never taken as it comes."""
    return said.isascii() and said.replace("-", "").isalnum()


def _named(options: dict[str, Any]) -> Place:
    """The deployment by its options alone."""
    project = options["project"]
    if not project:
        raise click.UsageError("name the project that unforbid lives in with --project, or pass --terraform FILE")
    return Place(
        project=project,
        region=options["region"],
        watch=_watched(options["watch"] or f"project/{project}"),
        name=options["name"],
        fix_projects=tuple(dict.fromkeys(options["fixed"])),
    )


def _module(address: str) -> str:
    return f"{address.removesuffix('.')}." if address else ""


def _watched(said: str) -> str:
    kind, _, name = said.replace(" ", "/").partition("/")
    if kind not in KINDS or not _is_plain(name):
        raise click.UsageError(f"{said!r} is not project/ID, folder/NUMBER or organization/NUMBER")
    return f"{KINDS[kind]}/{name}"


def _from_outputs(file: IO[str], said: str) -> Place:
    """The deployment by Terraform's outputs: its topic names project and name, a function's address the region.

    Where nothing is looked into, they do not name what is watched; then it is `said`, or the project itself.
    """
    try:
        told = {name: one["value"] for name, one in json.load(file).items()}
        _, project, _, topic = told["topic"].split("/")
        places = {where for places in told["permissions"].values() for where in places}
        fixed = sorted(where.removeprefix(FIXES) for where in places if where.startswith(FIXES))
        watched = next((where for where in sorted(places) if not where.startswith(FIXES)), "")
        region = told["functions"]["detect"].removeprefix("https://").split(".")[-3]
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise click.ClickException(
            f"{file.name} is not what `terraform output -json` prints ({type(error).__name__}: {error})"
        ) from error
    return Place(
        project=project,
        region=region,
        watch=_watched(watched or said or f"project/{project}"),
        name=topic.removesuffix("-denials"),
        fix_projects=tuple(fixed),
    )


def with_policy(place: Place, file: Path | None) -> Place:
    """The same deployment with the seal of the policy that should be in it."""
    if file is None:
        return place
    try:
        data = file.read_bytes()
        return replace(
            place, seal=seal_of(from_bytes(data) if is_compiled(data) else load(data, now=wiring.clock().now()))
        )
    except PolicyError as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"cannot read {file}: {error.strerror}") from error
