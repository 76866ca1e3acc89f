"""`unforbid serve`: the functions on loopback, with the embedded store."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import click

HERE = Path(__file__).resolve().parents[2]
SOURCE = HERE / "functions" / "detect" / "main.py"


@click.command(short_help="the detect function on this machine")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(1, 65535))
@click.option(
    "--store",
    "path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The store's file; default: UNFORBID_STORE.",
)
def serve(port: int, path: Path | None) -> None:
    """Serve the detect function on 127.0.0.1, as functions-framework runs it in the cloud."""
    if path is not None:
        os.environ["UNFORBID_STORE"] = str(path)
    click.echo(
        f"detect takes Pub/Sub pushes on http://127.0.0.1:{port}/; `unforbid runs` shows what came. Ctrl-C stops it.",
        err=True,
    )
    os.execve(sys.executable, server_command(port), server_environment(os.environ))  # noqa: S606 - becomes the server


def server_command(port: int) -> list[str]:
    """The command line that serves the detect function on a port of loopback."""
    return [
        sys.executable,
        "-m",
        "functions_framework",
        "--target=detect_denial",
        f"--source={SOURCE}",
        "--host=127.0.0.1",
        f"--port={port}",
    ]


def server_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment the server needs: `shared` importable as it is in the deployed archive."""
    return {**environment, "PYTHONPATH": os.pathsep.join([str(HERE), *filter(None, [environment.get("PYTHONPATH")])])}
