"""Each function's archive, by the table that Terraform packs by (terraform/archive/contents.json), and its packages."""

from __future__ import annotations

import importlib.metadata
import io
import json
import re
import zipfile
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
CONTENTS = "terraform/archive/contents.json"
WRITTEN = (1980, 1, 1, 0, 0, 0)
"""The time in every entry, so that the same files make the same archive."""


def functions(root: Path = ROOT) -> tuple[str, ...]:
    """Every function that there is an archive of."""
    return tuple(json.loads((root / CONTENTS).read_text()))


def packed(function: str, root: Path = ROOT) -> dict[str, Path]:
    """What lies in the archive of a function: the name in it, and the file of the checkout."""
    table = json.loads((root / CONTENTS).read_text())[function]
    taken, left = ({file for one in table[how] for file in root.glob(one)} for how in ("takes", "leaves"))
    ours = {str(file.relative_to(root)): file for file in sorted(taken - left)}
    return {
        "main.py": root / f"functions/{function}/main.py",
        "requirements.txt": root / "requirements.lock",
        **ours,
    }


def archive(function: str, root: Path = ROOT) -> bytes:
    """The archive of a function as it is uploaded; byte for byte the same for the same files."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, file in packed(function, root).items():
            zipped.writestr(zipfile.ZipInfo(name, WRITTEN), file.read_bytes(), zipfile.ZIP_DEFLATED)
    return made.getvalue()


def locked(requirements: str) -> dict[str, str]:
    """The packages that a lock names for this Python, with their versions."""
    lines = re.findall(r"^([\w.-]+==[^\\\n]+?) *\\?$", requirements, re.MULTILINE)
    wanted = [one for one in map(Requirement, lines) if one.marker is None or one.marker.evaluate()]
    return {one.name: str(one.specifier).removeprefix("==") for one in wanted}


def install(requirements: str, folder: Path) -> Path:
    """A folder that holds exactly what a lock names, linked from what is installed here.

    Raises:
        ValueError: another version is installed here than the lock names.
    """
    for name, version in locked(requirements).items():
        package = importlib.metadata.distribution(name)
        if package.version != version:
            raise ValueError(f"{name} is {package.version} here and {version} in the lock: make setup")
        for file in package.files or ():
            if file.parts[0] != "..":
                link = folder.joinpath(*file.parts)
                link.parent.mkdir(parents=True, exist_ok=True)
                link.symlink_to(Path(str(package.locate_file(file))).resolve())
    return folder
