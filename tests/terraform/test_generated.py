"""What Terraform takes from the code is what the code says now."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


def tool(root: Path, name: str) -> ModuleType:
    """A module of tools/terraform, loaded by its path."""
    spec = importlib.util.spec_from_file_location(f"terraform_{name}", root / f"tools/terraform/{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    kept = [*sys.path]
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path[:] = kept
    return module


def test_generated_files_are_current(root: Path) -> None:
    stale = [
        str(file.relative_to(root))
        for file, text in tool(root, "generate").documents().items()
        if not file.exists() or file.read_text() != text
    ]
    assert not stale, "run: python tools/terraform/generate.py"


def test_the_readme_names_every_variable_and_output(root: Path) -> None:
    readme = (root / "terraform/README.md").read_text()
    generate = tool(root, "generate")
    sources = [(root / "terraform" / name).read_text() for name in ("variables.tf", "outputs.tf")]
    named = [found["name"] for source in sources for found in generate.BLOCK.finditer(source)]
    assert len(named) > 20
    assert [name for name in named if f"| `{name}` |" not in readme] == []


def test_a_collection_without_a_database_is_refused(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    generate = tool(root, "generate")
    monkeypatch.setattr(generate.stored, "CLEANED_UP", ("runs", "nowhere"))
    with pytest.raises(ValueError, match="nowhere"):
        generate.store_document()
