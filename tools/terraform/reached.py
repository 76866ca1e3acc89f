"""Which files of the checkout a function can come to load, read out of the code; and what is packed because of that."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

FUNCTIONS = ("approve", "detect", "execute", "sweep")
EXACT = ("adapters", "pipeline")
"""The rooms of which single files are left out: in them is the code that changes anything."""
WIRING = "shared/wiring.py"
"""The one file that is followed part by part: it can make everything, and each function makes some of it."""
SCANS = "members(__name__, __path__)"
BY_NAME = "shared/adapters/google_facts.py"
"""The one file that imports adapters by names in a table."""


def reached(root: Path, function: str) -> set[str]:
    """Every file below shared/ that a function can load, whichever way an invocation takes."""
    return _Walk(root).from_main(root / f"functions/{function}/main.py")


def contents(root: Path) -> dict[str, dict[str, list[str]]]:
    """For each function, as patterns below the checkout, what is packed and what of that is left out after all.

    A room of which something is loaded goes along whole, so that a new file in it changes nothing here.
    """
    return {name: _patterns(root, reached(root, name)) for name in FUNCTIONS}


def _patterns(root: Path, needed: set[str]) -> dict[str, list[str]]:
    takes, leaves = ["shared/*.py"], sorted({str(one.relative_to(root)) for one in root.glob("shared/*.py")} - needed)
    for room in sorted(one.name for one in (root / "shared").iterdir() if one.is_dir()):
        held = {str(one.relative_to(root)) for one in root.glob(f"shared/{room}/*.py")}
        if not held & needed:
            continue
        if room in EXACT and 2 * len(held & needed) < len(held):
            takes += sorted(held & needed)
            continue
        takes.append(f"shared/{room}/*.py")
        leaves += sorted(held - needed) if room in EXACT else []
    return {"takes": takes, "leaves": leaves}


class _Walk:
    """One walk along the imports, those inside functions included, those for type checking not."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._files: set[str] = set()
        self._parts: set[str] = set()
        wiring = ast.parse((root / WIRING).read_text()).body
        self._made_by = {node.name: node for node in wiring if isinstance(node, ast.FunctionDef)}
        self._around = [node for node in wiring if not isinstance(node, ast.FunctionDef)]

    def from_main(self, main: Path) -> set[str]:
        tree = ast.parse(main.read_text())
        self._follow(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "wiring":
                self._part(node.attr)
        return self._files

    def _part(self, name: str) -> None:
        """One of the functions of wiring, with those that it names."""
        if name in self._parts or name not in self._made_by:
            return
        self._parts.add(name)
        self._follow(self._made_by[name])
        for node in ast.walk(self._made_by[name]):
            if isinstance(node, ast.Name):
                self._part(node.id)

    def _file(self, named: str) -> None:
        if named in self._files:
            return
        self._files.add(named)
        if named == WIRING:
            for node in self._around:
                self._follow(node)
            return
        source = (self._root / named).read_text()
        tree = ast.parse(source)
        self._follow(tree)
        if SCANS in source:
            self._all(sorted((self._root / named).parent.glob("*.py")))
        if named == BY_NAME:
            words = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
            self._all(one for one in sorted((self._root / "shared/adapters").glob("*.py")) if one.stem in words)

    def _all(self, files: Iterable[Path]) -> None:
        for one in files:
            self._file(str(one.relative_to(self._root)))

    def _follow(self, tree: ast.AST) -> None:
        for module in _imports(tree):
            parts = module.split(".")
            for length in range(1, len(parts) + 1):
                for name in ("/".join(parts[:length]) + ".py", "/".join(parts[:length]) + "/__init__.py"):
                    if (self._root / name).is_file():
                        self._file(name)


def _imports(tree: ast.AST) -> Iterator[str]:
    """The modules of ours that a piece of code imports; a name may be one of them or stand in one."""
    if isinstance(tree, ast.If) and isinstance(tree.test, ast.Name) and tree.test.id == "TYPE_CHECKING":
        return
    if isinstance(tree, ast.ImportFrom) and (tree.module or "").partition(".")[0] == "shared":
        yield from (f"{tree.module}.{alias.name}" for alias in tree.names)
    elif isinstance(tree, ast.Import):
        yield from (alias.name for alias in tree.names if alias.name.partition(".")[0] == "shared")
    for node in ast.iter_child_nodes(tree):
        yield from _imports(node)
