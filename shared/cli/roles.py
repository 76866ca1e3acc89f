"""`unforbid roles`: the organisation's roles, and which of them to give."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from shared.errors import NotFound, Unreadable
from shared.model.codec import to_json
from shared.model.names import Permission, Role, parse_permission
from shared.model.role import RoleDefinition, Stage
from shared.settings import read_settings

if TYPE_CHECKING:
    from shared.grants.catalogue import Catalogue

FORMAT = click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")


@click.group(short_help="the roles there are, and which to give")
def roles() -> None:
    """The organisation's roles, and which of them to give for a missing permission."""


@roles.command(short_help="read every role into the catalogue")
@click.option("--organization", metavar="ID", help="Also read the custom roles of an organisation, by its number.")
@click.option("--project", metavar="ID", multiple=True, help="Also read the custom roles of a project.")
@click.option(
    "--from",
    "source",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Read a file instead: one role a line, as roles.list with view=FULL returns it.",
)
def refresh(organization: str | None, project: tuple[str, ...], source: Path | None) -> None:
    """Read every role from Google (iam.roles.list) into the catalogue that the other commands use."""
    from shared.adapters.role_file import write_catalogue
    from shared.grants.catalogue import pack

    settings = read_settings(os.environ)
    parents = [
        "",
        *([f"organizations/{organization}"] if organization else []),
        *(f"projects/{one}" for one in project),
    ]
    found = read_roles(source) if source else _from_google(settings.endpoint, parents)
    read = list(_counted(found))
    if not read:
        raise click.ClickException("there were no roles to read: the catalogue stays as it was")
    origin = source.name if source else ", ".join(parent or "Google" for parent in parents)
    data = pack(read, datetime.now(UTC), origin)
    try:
        write_catalogue(settings.roles, data)
    except OSError as error:
        raise click.ClickException(f"{settings.roles} cannot be written: {error.strerror}") from error
    click.echo(f"{len(read)} roles in {settings.roles} ({len(data) / 1_048_576:.1f} MiB)")


@roles.command(short_help="the least role for some permissions")
@click.argument("permissions", nargs=-1, required=True, metavar="PERMISSION...")
@click.option("--on", "resource", metavar="RESOURCE", help="What the role would be given on, as a resource name.")
@FORMAT
def suggest(permissions: tuple[str, ...], resource: str | None, form: str) -> None:
    """The role that holds every PERMISSION and gives least beyond, with the proof; or a custom role to create."""
    from shared.grants.choose import choose
    from shared.grants.companions import ANYWHERE

    asked = [_permission(text) for text in permissions]
    target = _target(asked, resource) if resource else None
    choice = choose(asked, _catalogue(), on=target or ANYWHERE)
    if form == "json":
        _print_json(choice)
        return
    from shared.cli.draw_roles import draw_choice

    draw_choice(choice, target)


@roles.command(short_help="what a role holds")
@click.argument("name", metavar="ROLE")
@FORMAT
def show(name: str, form: str) -> None:
    """What ROLE holds; the dangerous permissions first."""
    from shared.grants.choose import role_of

    catalogue = _catalogue()
    role = catalogue.role(role_of(name))
    if role is None:
        near = [known for known in catalogue.names() if name.rpartition("/")[2].lower() in known.lower()][:5]
        hint = f"; near it: {', '.join(near)}" if near else ""
        raise NotFound(f"the catalogue has no role {role_of(name)}{hint}")
    if form == "json":
        _print_json(role)
        return
    from shared.cli.draw_roles import draw_role

    draw_role(role)


def _catalogue() -> Catalogue:
    from shared.adapters.role_file import open_catalogue
    from shared.grants.catalogue import CatalogueError

    path = read_settings(os.environ).roles
    try:
        catalogue = open_catalogue(path)
    except FileNotFoundError as error:
        raise click.ClickException(
            f"there is no catalogue at {path}: make one with `unforbid roles refresh`"
        ) from error
    except (CatalogueError, OSError) as error:
        raise click.ClickException(f"{path}: {error}") from error
    now, origin = datetime.now(UTC), catalogue.origin
    if origin.is_stale(now):
        click.echo(
            f"the catalogue is {origin.age(now).days} days old: `unforbid roles refresh` reads it again", err=True
        )
    return catalogue


def _target(asked: list[Permission], resource: str) -> str:
    """The one resource all permissions would be granted on; a sentence if there is none, or more than one."""
    from shared.grants.danger import is_above_project
    from shared.grants.target import target_of
    from shared.model.names import is_target, parse_resource

    named = parse_resource(resource)
    targets = {target_of(permission, named, None) for permission in asked}
    target = targets.pop() if len(targets) == 1 else None
    if target is None or not is_target(target):
        raise click.ClickException(
            f"{resource!r} is nothing on which all of these can be granted: ask for one at a time"
        )
    if is_above_project(target):
        raise click.ClickException(f"{target} is above a project: nothing is proposed there")
    return target


def _permission(text: str) -> Permission:
    permission = parse_permission(text)
    if permission is None:
        raise click.ClickException(f"{text!r} is no permission: they look like storage.objects.get")
    return permission


def _from_google(endpoint: str, parents: Iterable[str]) -> Iterator[RoleDefinition]:
    from shared.adapters.google_clients import iam_admin
    from shared.adapters.iam_roles import list_roles

    client = iam_admin(endpoint)
    for parent in parents:
        yield from list_roles(client, parent)


class _Listed(msgspec.Struct):
    name: str
    title: str = ""
    stage: str = "GA"
    included_permissions: list[str] = msgspec.field(name="includedPermissions", default_factory=list)


def read_roles(source: Path) -> Iterator[RoleDefinition]:
    """The roles of a file, one a line as roles.list with view=FULL returns it; raises Unreadable with the line."""
    decode = msgspec.json.Decoder(_Listed).decode
    for number, line in enumerate(source.read_bytes().splitlines(), 1):
        if not line.strip():
            continue
        try:
            listed = decode(line)
            permissions = tuple(sorted({Permission(name) for name in listed.included_permissions}))
            yield RoleDefinition(
                name=Role(listed.name), title=listed.title, stage=Stage(listed.stage), permissions=permissions
            )
        except (msgspec.DecodeError, ValueError) as error:
            raise Unreadable(f"{source.name}, line {number} is no role as roles.list returns it: {error}") from error


def _counted(found: Iterable[RoleDefinition]) -> Iterator[RoleDefinition]:
    """The same roles, with a line of progress a thousand."""
    for number, role in enumerate(found, 1):
        if number % 1_000 == 0:
            click.echo(f"  {number} roles read", err=True)
        yield role


def _print_json(value: object) -> None:
    sys.stdout.buffer.write(msgspec.json.format(to_json(value), indent=2) + b"\n")
