"""The archive of a function, unpacked, and a Python that sees nothing beside it but the packages of its requirements."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import sysconfig
import zipfile
from io import BytesIO
from pathlib import Path
from types import ModuleType

STANDARD = sysconfig.get_paths()["stdlib"]
ALONE = """
import sys
sys.path[:] = [one for one in sys.path if one.endswith(".zip") or one.startswith({standard!r})] + [{packages!r}]
assert not [one for one in sys.path if one.endswith("site-packages")], sys.path
"""


def tool(root: Path, name: str) -> ModuleType:
    """A module of tools/terraform."""
    spec = importlib.util.spec_from_file_location(name, root / f"tools/terraform/{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def packer(root: Path) -> ModuleType:
    """The tool that packs as Terraform does."""
    return tool(root, "pack")


def unpack(name: str, root: Path, folder: Path) -> Path:
    """The archive of a function in an empty folder."""
    with zipfile.ZipFile(BytesIO(packer(root).archive(name, root))) as packed:
        packed.extractall(folder)
    return folder


def run(code: str, *args: str, packages: Path, cwd: Path, given: bytes = b"", **environment: str) -> str:
    """The last line that a fresh Python prints: one without this checkout, and with no package beside those."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", ALONE.format(standard=STANDARD, packages=str(packages)) + code, *args],
        input=given,
        cwd=cwd,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().splitlines()[-1]
