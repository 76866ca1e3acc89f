"""The generated table of scenarios is what the function finds, and it names the true cause of each."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest
from worlds import CHECKED


@pytest.fixture(scope="module")
def table() -> ModuleType:
    file = Path(__file__).resolve().parents[2] / "bench/scenarios.py"
    spec = importlib.util.spec_from_file_location("scenario_table", file)
    assert spec
    assert spec.loader
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_scenario_is_told_apart_by_looking_and_the_page_says_so(
    table: ModuleType, root: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    found = list(table.rows(sorted(table.shipped())))
    for one in found:
        CHECKED.update(one.checked)
    assert [one.scenario.name for one in found if not one.right] == []
    assert table.page(found) == (root / "docs/scenarios.md").read_text()
    assert "Traceback" not in capfd.readouterr().out


def test_twins_look_alike_to_the_entry_alone_and_have_different_causes(root: Path) -> None:
    page = (root / "docs/scenarios.md").read_text().splitlines()
    cells = [[cell.strip() for cell in line.split("|")] for line in page if line.startswith("| `upload-")]
    assert len({row[3] for row in cells}) == 1
    assert {row[4] for row in cells} >= {"gcs.iam", "iam.condition", "iam.deny", "iam.not_found", "iam.propagation"}
