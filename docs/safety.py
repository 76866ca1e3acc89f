"""safety.toml and the marks on the tests -> docs/safety.md: each hazard and invariant with what shows that it holds.

The tests are read and not imported. What makes the page untrue is told by `problems`, which a test expects to be none.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

KINDS = {"hazard": "H", "invariant": "I"}
EVERY = tuple([f"H{number:02}" for number in range(1, 49)] + [f"I{number:02}" for number in range(1, 34)])
HEAD = """# What could go wrong, and what always holds

A machine that answers refusals by handing out access is a machine for raising one's rights. For each hazard (H) and
each invariant (I): what stops it, or holds it up, and the tests that fail when that is taken away. The tests are those
that bear the mark of the id (`@pytest.mark.hazard`, `@pytest.mark.invariant`), in `tests/`; `terraform test` runs are
in `terraform/tests/`; for `make proof` see [the proof](proof.md). Paths that name no folder at the top are below
`shared/`.
"""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One hazard or invariant as safety.toml has it. `not_yet` is what is missing still, `untested` why no test is."""

    what: str
    stop: str
    terraform: tuple[str, ...] = ()
    proof: tuple[str, ...] = ()
    defects: tuple[str, ...] = ()
    not_yet: str = ""
    untested: str = ""


@dataclass(frozen=True, order=True)
class Mark:
    """An id on a function of a file below tests/."""

    id: str
    file: str
    function: str
    kind: str


def rows(root: Path) -> dict[str, Row]:
    """Every row by its id, in the order of ids."""
    said = tomllib.loads((root / "docs/safety.toml").read_text("utf-8"))
    made = {
        name: Row(**{key: tuple(value) if isinstance(value, list) else value for key, value in row.items()})
        for name, row in said.items()
    }
    return dict(sorted(made.items()))


def marks(tests: Path) -> list[Mark]:
    """Every mark below a folder of tests."""
    return sorted(mark for file in tests.rglob("*.py") for mark in _marks(file, file.relative_to(tests).as_posix()))


def _marks(file: Path, name: str) -> Iterator[Mark]:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield from (Mark(one, name, node.name, kind) for kind, one in _ids(node.decorator_list))


def _ids(decorators: list[ast.expr]) -> Iterator[tuple[str, str]]:
    for one in decorators:
        called = ast.unparse(one.func) if isinstance(one, ast.Call) else ""
        kind = called.removeprefix("pytest.mark.")
        if isinstance(one, ast.Call) and kind in KINDS:
            yield from ((kind, str(ast.literal_eval(part))) for part in one.args)


def problems(root: Path, told: dict[str, Row], marked: list[Mark]) -> list[str]:
    """What would make the page untrue: a row without anything to show for it, or something that is not there."""
    return [*_of_rows(told, {one.id for one in marked}), *_of_marks(root, told, marked), *_of_others(root, told)]


def _of_rows(told: dict[str, Row], shown: set[str]) -> Iterator[str]:
    yield from (f"{one} has no row" for one in EVERY if one not in told)
    yield from (f"{one} is no id of ours" for one in told if one not in EVERY)
    for name, row in told.items():
        if not row.what.strip() or not row.stop.strip():
            yield f"{name} says nothing"
        if name not in shown and not row.untested:
            yield f"{name} names no test"
        if name in shown and row.untested:
            yield f"{name} has a test and says that it cannot have one"


def _of_marks(root: Path, told: dict[str, Row], marked: list[Mark]) -> Iterator[str]:
    for one in marked:
        where = f"{one.file}::{one.function}"
        if one.id not in told or one.id[0] != KINDS[one.kind]:
            yield f"{where}: {one.kind} {one.id} is not known"
        path = root / "tests" / one.file
        if not (path.name.startswith("test_") and one.function in _collected(path)):
            yield f"{where}: a mark on what is no test"


def _collected(file: Path) -> set[str]:
    """The names of the tests that pytest finds at the top of a file."""
    tree = ast.parse(file.read_text("utf-8"))
    return {one.name for one in tree.body if isinstance(one, ast.FunctionDef) and one.name.startswith("test_")}


def _of_others(root: Path, told: dict[str, Row]) -> Iterator[str]:
    runs = {
        f"{file.name.removesuffix('.tftest.hcl')}: {run}"
        for file in (root / "terraform/tests").glob("*.tftest.hcl")
        for run in re.findall(r'^run "(\w+)"', file.read_text("utf-8"), re.MULTILINE)
    }
    page = (root / "docs/proof.md").read_text("utf-8")
    events = set(re.findall(r"`([a-z_ ]+)(?::[\w:]+)?`", page.partition("## What happens")[2].partition("\n## ")[0]))
    defects = set(re.findall(r"^- (.+)$", page.partition("## Planted defects")[2], re.MULTILINE))
    for name, row in told.items():
        for said, there in ((row.terraform, runs), (row.proof, events), (row.defects, defects)):
            yield from (f"{name}: {one!r} is not there" for one in said if one not in there)
        for path in re.findall(r"`([\w*]+(?:/[\w*]*)*(?:\.\w+|/))`", row.stop):
            if not any(list(base.glob(path)) for base in (root, root / "shared")):
                yield f"{name}: {path} is not there"


def safety_page(root: Path) -> str:
    """The page."""
    told, marked = rows(root), marks(root / "tests")
    parts = [HEAD]
    for letter, title in (("H", "Hazards"), ("I", "Invariants")):
        lines = [_line(name, row, marked) for name, row in told.items() if name[0] == letter]
        head = "what could happen | what stops it" if letter == "H" else "what holds | what holds it up"
        parts.append(f"## {title}\n\n| id | {head} | what shows it |\n|---|---|---|---|\n" + "\n".join(lines) + "\n")
    missing = [f"| {name} | {row.not_yet} |" for name, row in told.items() if row.not_yet]
    parts.append(
        "## Not yet\n\nWhat is missing still of a defence.\n\n| id | what |\n|---|---|\n" + "\n".join(missing) + "\n"
    )
    untested = [f"| {name} | {row.untested} |" for name, row in told.items() if row.untested]
    if untested:
        parts.append(
            "## Without a test\n\n| id | why, and what shows it instead |\n|---|---|\n" + "\n".join(untested) + "\n"
        )
    return "\n".join(parts)


def _line(name: str, row: Row, marked: list[Mark]) -> str:
    shown: dict[str, list[str]] = {}
    for one in marked:
        if one.id == name:
            shown.setdefault(one.file, []).append(f"`{one.function}`")
    cells = [f"[{Path(file).name}](../tests/{file}): {', '.join(tests)}" for file, tests in shown.items()]
    cells += [f"terraform test: {', '.join(f'`{one}`' for one in row.terraform)}"] * bool(row.terraform)
    cells += [f"`make proof`: {', '.join(row.proof)}"] * bool(row.proof)
    cells += [f"`make proof-defects`: {'; '.join(row.defects)}"] * bool(row.defects)
    cells += ["see [without a test](#without-a-test)"] * bool(row.untested)
    return f"| {name} | {row.what} | {row.stop} | {'<br>'.join(cells)} |"
