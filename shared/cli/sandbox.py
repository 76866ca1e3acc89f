"""`unforbid sandbox`: a small Google Cloud on this machine that refuses calls, to rehearse on."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from contextlib import ExitStack
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from sandbox.rehearse import Refused
    from sandbox.scenario import Scenario
    from sandbox.world import World

HERE = Path(__file__).resolve().parents[2]
ENTRIES = Path(".unforbid/sandbox")
NOT_HERE = (
    "the sandbox is no part of the installed command: run this from a checkout of unforbid, after make setup ({why})"
)


@click.command(short_help="a small Google Cloud to rehearse on")
@click.option("--scenario", "named", metavar="FILE|NAME", help="The scenario to serve.")
@click.option("--list", "listed", is_flag=True, help="The scenarios that come with it.")
@click.option("--entry", "entry_only", is_flag=True, help="Make the call once, print the log entry it leaves, and end.")
@click.option("--call", "at", metavar="HOST:PORT", help="Make the scenario's call against a sandbox that is running.")
@click.option("--deployed", is_flag=True, help="With a deployment of unforbid in it, to try `unforbid doctor` on.")
@click.option("--port", default=0, type=click.IntRange(0, 65535), help="Where to serve; default: any free port.")
def sandbox(  # noqa: PLR0913 - an argument for each option
    named: str | None, at: str | None, port: int, *, listed: bool, entry_only: bool, deployed: bool
) -> None:
    """Serve a scenario until Ctrl-C: Google's own clients can call it, and `unforbid` can look into it.

    Nothing leaves this machine. `docs/sandbox.md` tells how to write a scenario, and what the sandbox does not know.
    """
    os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
    _find_sandbox()
    if listed:
        _list()
        return
    if named is None:
        raise click.UsageError("name a scenario with --scenario, or see them with --list")
    scenario = _load(named)
    if at is not None:
        _call(scenario, at)
    elif entry_only:
        _print_entry(scenario)
    else:
        _serve(scenario, named, port, deployed=deployed)


def _find_sandbox() -> None:
    """Make the checkout's sandbox importable; it is not installed, and needs what only development installs."""
    if find_spec("sandbox") is None and (HERE / "sandbox" / "scenario.py").is_file():
        sys.path.append(str(HERE))
    try:
        import_module("sandbox.rehearse")
    except ModuleNotFoundError as error:
        raise click.ClickException(NOT_HERE.format(why=error)) from error


def _list() -> None:
    from sandbox.scenario import load, shipped
    from shared.adapters.system_clock import SystemClock

    known = {name: load(path, SystemClock()).title for name, path in shipped().items()}
    width = max(map(len, known))
    for name, title in known.items():
        click.echo(f"{name:{width}}  {title}")


def _load(named: str) -> Scenario:
    from sandbox.scenario import find, load
    from shared.adapters.system_clock import SystemClock

    return load(find(named), SystemClock())


def _call(scenario: Scenario, at: str) -> None:
    """Make the scenario's call against a sandbox that another process serves; exits with 1 where it is refused."""
    from sandbox.callers import make_call
    from sandbox.rehearse import request_in

    request = request_in(scenario)
    if request is None:
        raise click.ClickException(f"{scenario.name} makes no call: its entry is a line of a serial console")
    outcome = make_call(at, request)
    click.echo("accepted" if outcome.accepted else f"refused: {outcome.text}")
    sys.exit(0 if outcome.accepted else 1)


def _print_entry(scenario: Scenario) -> None:
    from sandbox.rehearse import rehearse

    played = rehearse(scenario, lambda _, __: None)
    click.echo(json.dumps(played.refused.entry, indent=2))


def _serve(scenario: Scenario, named: str, port: int, *, deployed: bool) -> None:
    from sandbox.rehearse import play
    from sandbox.scenario import world_of
    from sandbox.server import serving
    from shared.adapters.system_clock import SystemClock

    world = world_of(scenario, SystemClock().now)
    with ExitStack() as until_stopped:
        try:
            endpoint = until_stopped.enter_context(serving(world, port))
        except OSError as error:
            raise click.ClickException(f"cannot serve on port {port}: {error}") from error
        try:
            for asked_to_stop in (signal.SIGINT, signal.SIGTERM):  # started in the background, SIGINT is ignored
                signal.signal(asked_to_stop, signal.default_int_handler)
            _tell(scenario, named, play(scenario, world, endpoint), endpoint)
            if deployed:
                _deploy(world, endpoint)
            threading.Event().wait()
        except KeyboardInterrupt:
            click.echo("\nstopped; nothing of it is kept but the entry")


def _deploy(world: World, endpoint: str) -> None:
    """Put a deployment into the world that is served, and tell how to look it over."""
    from sandbox.deployment import deploy_into

    with world.lock:
        place = deploy_into(world).place
    watched = place.watch.replace("organizations/", "organization/")
    fixed = " ".join(f"--fix-project {one}" for one in place.fix_projects)
    where = f"--project {place.project} --watch {watched} {fixed}"
    click.echo(f"{'doctor':8}  UNFORBID_ENDPOINT={endpoint} unforbid doctor {where}")


def _tell(scenario: Scenario, named: str, refused: Refused, endpoint: str) -> None:
    """What is served where, what was refused, and what can be done with it."""
    from sandbox.callers import as_python

    entry, spec = refused.entry, scenario.spec
    ENTRIES.mkdir(parents=True, exist_ok=True)
    path = ENTRIES / f"{scenario.name}.json"
    path.write_text(json.dumps(entry, indent=2) + "\n", "utf-8")
    ours = f"UNFORBID_ORGANIZATION={spec.organization.id}"
    lines = [("serves", f"{endpoint}, REST and gRPC, until Ctrl-C")]
    if refused.request is not None and refused.outcome is not None:
        request, outcome = refused.request, refused.outcome
        lines += [("call", f"{request.do} on {request.on}, token {request.token}"), ("refused", outcome.text)]
    lines += [
        ("entry", f"{path}: {entry['insertId']} in {entry['logName']}"),
        ("truth", f"{spec.truth.cause}: {spec.truth.because}"),
        ("explain", f"UNFORBID_ENDPOINT={endpoint} {ours} unforbid explain --live {path}"),
    ]
    if refused.request is not None:
        lines += [("again", f"unforbid sandbox --scenario {named} --call {endpoint}")]
        lines += [("by hand", as_python(endpoint, refused.request))]
    click.echo(f"{scenario.title}\n{spec.about}\n")
    for name, said in lines:
        indented = said.strip().replace("\n", "\n" + " " * 10)
        click.echo(f"{name:8}  {indented}")
