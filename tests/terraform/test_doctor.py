"""What `unforbid doctor` tells to apply is there to be applied: every address it can name is a resource of ours."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

RESOURCE = re.compile(r'^resource "(\w+)" "(\w+)"', re.MULTILINE)
ADDRESS = re.compile(r"\bgoogle_[\w{}()]+\.[a-z_]+\b")
KINDS = ("project", "folder", "organization")
NOT_OURS = ("google_project_iam_audit_config", "google_folder_iam_audit_config", "google_organization_iam_audit_config")


def addresses(root: Path) -> set[str]:
    """Every address in the checks, with each kind of what can be watched in its place."""
    named = set()
    for file in (root / "shared/doctor").glob("*.py"):
        for one in ADDRESS.findall(file.read_text()):
            named |= {re.sub(r"\{[^}]*\}", kind, one) for kind in KINDS}
    return named


def resources(root: Path) -> set[str]:
    texts = (file.read_text() for file in (root / "terraform").glob("*.tf"))
    return {f"{kind}.{name}" for text in texts for kind, name in RESOURCE.findall(text)}


def test_every_address_is_a_resource(root: Path) -> None:
    named = addresses(root)
    assert len(named) > 15
    assert {one for one in named if not one.startswith(NOT_OURS)} - resources(root) == set()


@pytest.mark.parametrize("output", ["topic", "functions", "permissions"])
def test_the_outputs_that_it_reads_are_there(root: Path, output: str) -> None:
    assert f'output "{output}" {{' in (root / "terraform/outputs.tf").read_text()


def test_fixes_and_what_is_watched_are_told_apart_as_the_outputs_tell_them(root: Path) -> None:
    from shared.cli.deployed import FIXES

    assert f'"{FIXES}${{project}}"' in (root / "terraform/outputs.tf").read_text()
