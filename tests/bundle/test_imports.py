"""Imports point inward only, and the parts that think import nothing that reaches out."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

RULES = {
    "model": set(),
    "errors": {"model"},
    "ports": {"model", "errors"},
    "log": {"model"},
    "settings": {"errors", "model", "slack_settings", "gate_settings", "waking_settings"},
    "waking_settings": {"model"},
    "folder": set(),
    "grants": {"model"},
    "renderings": {"model", "grants"},
    "shapes": {"model", "renderings", "folder"},
    "causes": {"model", "renderings", "ports", "errors", "folder"},
    "actions": {"model", "grants", "ports", "errors", "folder"},
    "machines": {"model", "grants", "errors"},
    "evidence": {"model", "grants", "machines", "renderings", "ports", "errors"},
    "policy": {"model", "errors", "grants", "causes"},
    "pipeline": {
        *("model", "grants", "renderings", "shapes", "causes", "actions", "ports", "errors"),
        *("evidence", "machines", "execution", "moves", "policy", "guards", "approvals"),
    },
    "render": {"model"},
    "adapters": {"model", "grants", "machines", "ports", "errors"},
    "execution": {"model", "ports", "machines", "errors"},
    "guards": {"model"},
    "moves": {"model", "execution", "machines", "grants", "evidence", "errors", "ports"},
    "approvals": {"model", "errors", "gate_settings"},
    "deciding": {"approvals", "policy", "preparing", "model", "errors", "ports"},
    "webhooks": {"approvals", "deciding", "model", "errors", "log", "ports"},
    "settling": {"approvals", "deciding", "moves", "policy", "preparing", "pipeline", "model", "errors", "ports"},
    "judging": {"model", "errors", "guards", "pipeline", "policy", "ports"},
    "following": {
        *("approvals", "deciding", "errors", "execution", "guards", "live", "model", "pipeline", "ports"),
        *("preparing", "showing"),
    },
    "errands": {
        *("comparing", "deciding", "errors", "execution", "following", "log", "model", "pipeline", "preparing"),
        "settling",
    },
    "comparing": {"errors", "log", "model", "pipeline"},
    "preparing": {"model", "errors", "execution", "live", "pipeline", "ports"},
    "fixing": {"preparing", "model", "execution", "moves", "machines", "pipeline", "live", "errors", "ports"},
    "flows": {"pipeline", "model", "ports", "errors", "live", "judging"},
    "live": {"judging", "pipeline", "actions", "evidence", "model", "grants", "ports"},
    "clicks": {"deciding", "render", "model", "errors", "ports"},
    "showing": {"render", "execution", "model", "errors", "ports"},
    "slack": {
        *("adapters", "approvals", "clicks", "deciding", "showing", "render", "model", "ports"),
        *("slack_settings", "errors", "log"),
    },
    "gate_settings": set(),
    "deploy": {"model", "grants"},
    "doctor": {"model", "grants", "deploy"},
    "slack_settings": set(),
    "entry": {"errors", "log"},
    "wiring": {
        *("adapters", "clicks", "deciding", "errands", "errors", "evidence", "flows", "following", "grants", "judging"),
        *("live", "log", "model", "pipeline", "policy", "ports", "preparing", "settings", "slack"),
        *("approvals", "execution", "waking_settings", "webhooks"),
    },
    "cli": {
        "flows",
        "following",
        "approvals",
        "deciding",
        "deploy",
        "doctor",
        "settling",
        "fixing",
        "execution",
        "live",
        "evidence",
        "wiring",
        "adapters",
        "grants",
        "guards",
        "causes",
        "errors",
        "model",
        "pipeline",
        "preparing",
        "policy",
        "ports",
        "render",
        "renderings",
        "settings",
    },
}
"""For each room or file of shared/, what of ours it may import beside itself."""
HEAVY = {
    *("yaml", "click", "grpc", "rich", "sqlite3", "re2", "google", "functions_framework", "flask"),
    *("slack_sdk", "slack_bolt"),
}
MAY_BE_HEAVY = {
    "cli": HEAVY,
    "adapters": {"sqlite3", "google", "grpc", "flask", "slack_sdk", "slack_bolt"},
    "render": {"slack_sdk"},
    "renderings": {"re2"},
    "evidence": {"re2"},
    "policy": {"yaml"},
}


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [f"shared.{alias.name}" for alias in node.names] if node.module == "shared" else [node.module]
            yield from names
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def room_of(file: Path, shared: Path) -> str:
    return file.relative_to(shared).parts[0].removesuffix(".py")


def broken(tree: ast.AST, room: str) -> set[str]:
    """The imports of a file that its room may not have."""
    rooms = {name.split(".")[1] for name in imported(tree) if name.startswith("shared.")}
    foreign = {name.partition(".")[0] for name in imported(tree)} & HEAVY
    return (rooms - RULES.get(room, set()) - {room}) | (foreign - MAY_BE_HEAVY.get(room, set()))


@pytest.mark.invariant("I23")
def test_imports_point_inward_only(root: Path) -> None:
    shared = root / "shared"
    files = [file for file in shared.rglob("*.py") if file != shared / "__init__.py"]
    wrong = {
        str(file.relative_to(root)): found
        for file in files
        if (found := broken(ast.parse(file.read_text()), room_of(file, shared)))
    }
    assert not wrong


def test_every_room_has_a_rule(root: Path) -> None:
    shared = root / "shared"
    rooms = {room_of(file, shared) for file in shared.rglob("*.py")} - {"__init__"}
    assert rooms == set(RULES)


@pytest.mark.parametrize(
    ("source", "room"),
    [
        ("from shared.adapters.sqlite_store import SqliteStore", "pipeline"),
        ("from shared import wiring", "flows"),
        ("def look():\n    import google.cloud.storage", "causes"),
        ("import rich", "render"),
        ("def card():\n    from slack_sdk import WebClient", "showing"),
        ("import slack_bolt", "render"),
    ],
)
def test_the_guard_catches_an_import_that_points_outward(source: str, room: str) -> None:
    assert broken(ast.parse(source), room)


@pytest.mark.hazard("H32")
def test_a_pattern_runs_in_linear_time_because_only_re2_matches(root: Path) -> None:
    users = {
        str(file.relative_to(root))
        for file in (root / "shared").rglob("*.py")
        if {"re", "regex", "fnmatch"} & set(imported(ast.parse(file.read_text())))
    }
    assert users == set()


def test_shared_itself_imports_nothing(root: Path) -> None:
    assert not list(imported(ast.parse((root / "shared/__init__.py").read_text())))


def test_nobody_imports_the_entry_points_or_the_tests(root: Path) -> None:
    for file in [*(root / "shared").rglob("*.py"), *(root / "functions").rglob("*.py")]:
        tops = {name.partition(".")[0] for name in imported(ast.parse(file.read_text()))}
        assert not tops & {"functions", "tests", "fakes", "main", "bench"}, file
    assert not (root / "functions/__init__.py").exists()
