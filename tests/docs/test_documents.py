"""Documents say what the code does: examples are real output, generated pages are current, links lead somewhere."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from shared.cli.main import unforbid
from shared.settings import DOCUMENTED, read_settings

CONSOLE = re.compile(r"```console\n\$ unforbid (.*?)\n(.*?)\n```", re.DOTALL)


def documents(root: Path) -> list[Path]:
    return [root / "README.md", root / "CHANGELOG.md", *sorted((root / "docs").rglob("*.md"))]


def generator(root: Path) -> Any:
    spec = importlib.util.spec_from_file_location("generate", root / "docs/generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_terminal_excerpt_is_what_the_command_prints(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    shown = [(file, *found) for file in documents(root) for found in CONSOLE.findall(file.read_text())]
    assert shown
    for file, command, printed in shown:
        told = CliRunner().invoke(unforbid, command.split())
        assert told.output.rstrip("\n") == printed, f"{file.name}: unforbid {command}"


def test_the_generated_pages_are_what_the_code_would_write(root: Path) -> None:
    made = generator(root).pages()
    for path, page in made.items():
        assert (root / "docs" / path).read_text() == page, f"docs/{path}: run make docs"
    kept = {path.relative_to(root / "docs") for path in (root / "docs/causes").glob("*.md")}
    assert kept == {path for path in made if path.parts[0] == "causes"}


def test_every_link_between_documents_leads_somewhere(root: Path) -> None:
    for file in documents(root):
        for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", file.read_text()):
            if not target.startswith("http"):
                assert (file.parent / target).exists(), f"{file.name} links to {target}"


def test_every_room_is_on_the_map(root: Path) -> None:
    page = (root / "docs/architecture.md").read_text()
    rooms = {path.name for path in (root / "shared").iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert {room for room in rooms if f"`{room}/`" not in page} == set()


def test_every_setting_is_documented_and_nothing_else_is(root: Path) -> None:
    source = "".join(file.read_text() for file in (root / "shared").rglob("*.py"))
    assert set(re.findall(r'"(UNFORBID_\w+)"', source)) == set(DOCUMENTED)
    assert f"{read_settings({}).store}" in (root / "docs/settings.md").read_text()


def test_the_build_runs_what_the_readme_tells_a_newcomer_to_run(root: Path) -> None:
    told = re.search(r"## Try it.*?```sh\n(.*?)```", (root / "README.md").read_text(), re.DOTALL)
    assert told
    run = [line for line in (root / ".ci/run").read_text().splitlines() if line.startswith("make ")]
    assert run == told[1].split("\n")[:-1]


def test_the_readme_counts_right(root: Path) -> None:
    page = (root / "README.md").read_text()
    numbers = {9: "nine", 10: "ten", 11: "eleven", 12: "twelve", 13: "thirteen"}
    assert f"{numbers[len(list((root / 'samples').glob('*.json')))]} stories" in page


def test_nothing_tells_a_reader_to_come_back_later(root: Path) -> None:
    for file in documents(root):
        assert not re.search(r"\b(?:TODO|TBD|coming soon|work in progress)\b", file.read_text()), file.name
