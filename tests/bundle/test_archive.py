"""What is deployed: a flat archive that starts by itself, from pinned and hashed packages, and nothing of this machine."""

from __future__ import annotations

import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from entries import audit, push

FUNCTIONS = {"detect": "detect_denial"}
OURS = {"shared", "functions", "tests", "fakes", "main"}
ANSWER = """
import sys, functions_framework
app = functions_framework.create_app(sys.argv[2], sys.argv[1])
answer = app.test_client().post("/", data=sys.stdin.buffer.read())
import shared
print(answer.status_code, shared.__file__)
"""
IMPORT = """
import sys
touched = []
def watch(event, args):
    if event in ("socket.connect", "socket.bind", "sqlite3.connect", "subprocess.Popen", "os.mkdir", "os.remove"):
        touched.append(event)
    if event == "open" and isinstance(args[1], str) and set("wax+") & set(args[1]):
        touched.append(f"write {args[0]}")
sys.dont_write_bytecode = True
import functions_framework
sys.addaudithook(watch)
import importlib.util
sys.path.append(sys.argv[1].removesuffix("main.py"))
spec = importlib.util.spec_from_file_location("main", sys.argv[1])
spec.loader.exec_module(importlib.util.module_from_spec(spec))
print(touched)
"""


@pytest.fixture
def archive(root: Path, tmp_path: Path) -> Path:
    """The function's archive, as Terraform packs it: main.py, shared/ and requirements.txt, nothing else."""
    folder = tmp_path / "archive"
    shutil.copytree(root / "shared", folder / "shared", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(root / "functions/detect/main.py", folder)
    shutil.copy(root / "requirements.txt", folder)
    return folder


def run(code: str, *args: str, cwd: Path, root: Path, given: bytes = b"") -> str:
    """The last line a fresh process prints that does not see this checkout, as the deployed one does not."""
    hidden = (
        "import sys\n"
        f"sys.path[:] = [path for path in sys.path if path not in ('', {str(root)!r})]\n"
        "sys.meta_path[:] = [one for one in sys.meta_path if 'Editable' not in getattr(one, '__name__', '')]\n"
    )
    environment = {"PATH": os.environ["PATH"], "UNFORBID_STORE": str(cwd / "store.db")}
    done = subprocess.run(
        [sys.executable, "-c", hidden + code, *args],
        input=given,
        cwd=cwd,
        env=environment,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().splitlines()[-1]


def test_the_archive_starts_and_answers_on_its_own(archive: Path, root: Path) -> None:
    told = run(ANSWER, str(archive / "main.py"), "detect_denial", cwd=archive, root=root, given=push(audit()))
    assert told == f"200 {archive / 'shared/__init__.py'}"
    assert (archive / "store.db").exists()


def test_importing_a_function_touches_nothing(root: Path, tmp_path: Path) -> None:
    shutil.copy(root / "functions/detect/main.py", tmp_path)
    shutil.copytree(root / "shared", tmp_path / "shared")
    assert run(IMPORT, str(tmp_path / "main.py"), cwd=tmp_path, root=root) == "[]"


def test_no_installed_package_takes_our_names() -> None:
    taken = {}
    for package in importlib.metadata.distributions():
        if package.metadata["Name"] == "unforbid":
            continue
        tops = {str(file).partition("/")[0].removesuffix(".py") for file in package.files or ()}
        if tops & OURS:
            taken[package.metadata["Name"]] = tops & OURS
    assert not taken


@pytest.mark.parametrize("name", ["requirements", "requirements-dev"])
def test_what_is_needed_is_pinned_with_a_reason_and_locked_with_hashes(root: Path, name: str) -> None:
    lock = (root / f"{name}.lock").read_text()
    for line in (root / f"{name}.txt").read_text().splitlines():
        if line.startswith("#"):
            continue
        pinned = re.fullmatch(r"([\w-]+==[\w.]+)\s+# \S.*", line)
        assert pinned, f"{line}: a pin and its reason"
        assert re.search(rf"^{re.escape(pinned[1])} ?.*\\\n    --hash=sha256:", lock, re.MULTILINE), pinned[1]
    for entry in re.split(r"\n(?=\S)", lock.strip()):
        assert "--hash=sha256:" in entry, entry


def test_the_names_of_functions_are_unique(root: Path) -> None:
    names = [
        found
        for file in (root / "functions").glob("*/main.py")
        for found in re.findall(r"^def (\w+)\(", file.read_text(), re.MULTILINE)
    ]
    assert len(names) == len(set(names))
    assert set(FUNCTIONS.values()) <= set(names)


def test_nothing_of_this_machine_is_committed(root: Path) -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    here = re.compile(
        rb"/(?:work|root|home)/(?:main|shared|\.library|\.pyenv|\.cache)|index-url|https?://(?!pypi)[\w.-]*pypi"
    )
    found = [
        name
        for name in listed.stdout.decode().split("\0")
        if name
        and (root / name).is_file()
        and name != "tests/bundle/test_archive.py"
        and here.search((root / name).read_bytes())
    ]
    assert not found
