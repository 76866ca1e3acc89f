"""The command line, called in one line."""

from __future__ import annotations

from click.testing import CliRunner, Result

from shared.cli.main import unforbid


def run(*arguments: str, given: bytes | None = None) -> Result:
    """What `unforbid ARGUMENTS` prints, with its exit code."""
    return CliRunner().invoke(unforbid, list(arguments), input=given)
