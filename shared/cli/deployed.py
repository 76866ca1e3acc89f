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
    if outputs is not None:
        return replace(_from_outputs(outputs), module=_module(options["module"]))
    project = options["project"]
    if not project:
        raise click.UsageError("name the project that unforbid lives in with --project, or pass --terraform FILE")
    return Place(
        project=project,
        region=options["region"],
        watch=_watched(options["watch"] or f"project/{project}"),
        name=options["name"],
        fix_projects=tuple(dict.fromkeys(options["fixed"])),
        module=_module(options["module"]),
    )


def _module(address: str) -> str:
    return f"{address.removesuffix('.')}." if address else ""


def _watched(said: str) -> str:
    kind, _, name = said.replace(" ", "/").partition("/")
    if kind not in KINDS or not name or not name.replace("-", "").isalnum() or not name.isascii():
        raise click.UsageError(f"{said!r} is not project/ID, folder/NUMBER or organization/NUMBER")
    return f"{KINDS[kind]}/{name}"


def _from_outputs(file: IO[str]) -> Place:
    """The deployment by Terraform's outputs: its topic names project and name, a function's address the region."""
    try:
        told = {name: one["value"] for name, one in json.load(file).items()}
        _, project, _, topic = told["topic"].split("/")
        permissions = told["permissions"]
        watched = next(iter(permissions.get("detect", ())), f"project/{project}")
        fixed = {where for who, places in permissions.items() if who != "detect" for where in places}
        region = told["functions"]["detect"].removeprefix("https://").split(".")[-3]
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise click.ClickException(
            f"{file.name} is not what `terraform output -json` prints ({type(error).__name__}: {error})"
        ) from error
    return Place(
        project=project,
        region=region,
        watch=_watched(watched),
        name=topic.removesuffix("-denials"),
        fix_projects=tuple(sorted(one.removeprefix("project ") for one in fixed)),
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
