"""What is deployed: a flat archive that starts by itself, from pinned and hashed packages, and nothing of this machine."""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from entries import audit, push

FUNCTIONS = {"detect": "detect_denial", "execute": "execute_fix", "sweep": "sweep_up"}
WRITERS = {"execute": json.dumps({"fix": "f-0"}).encode(), "sweep": b""}
"""The functions that may write, with what calls them when there is nothing to do."""
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


CLIENTS = ("google.auth", "google.api_core", "google.protobuf", "googleapiclient", "grpc", "slack_sdk", "requests")
"""What every client of Google's or Slack's loads."""
LOADED = """
import sys, importlib.util
spec = importlib.util.spec_from_file_location("main", sys.argv[1])
sys.path.append(sys.argv[1].removesuffix("main.py"))
spec.loader.exec_module(importlib.util.module_from_spec(spec))
print(sorted(name for name in sys.modules if name.startswith(tuple(sys.argv[2:]))))
"""


def archived(name: str, root: Path, folder: Path) -> Path:
    """The archive of a function, as Terraform packs it: main.py, shared/ and requirements.txt, nothing else."""
    shutil.copytree(root / "shared", folder / "shared", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(root / f"functions/{name}/main.py", folder)
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


def test_the_archive_of_detect_starts_and_answers_on_its_own(root: Path, tmp_path: Path) -> None:
    archive = archived("detect", root, tmp_path / "archive")
    told = run(ANSWER, str(archive / "main.py"), "detect_denial", cwd=archive, root=root, given=push(audit()))
    assert told == f"200 {archive / 'shared/__init__.py'}"
    assert (archive / "store.db").exists()


@pytest.mark.parametrize("name", WRITERS)
def test_the_archive_of_a_writer_starts_in_an_empty_folder_and_finds_nothing_to_do(
    root: Path, tmp_path: Path, name: str
) -> None:
    archive, elsewhere = archived(name, root, tmp_path / "archive"), tmp_path / "elsewhere"
    elsewhere.mkdir()
    main = str(archive / "main.py")
    told = run(ANSWER, main, FUNCTIONS[name], cwd=elsewhere, root=root, given=WRITERS[name])
    assert told == f"200 {archive / 'shared/__init__.py'}"
    written = {path.name for path in elsewhere.rglob("*") if path.is_file()}
    assert all(".db" in name for name in written), written
    assert sorted(path.name for path in archive.iterdir() if path.name != "__pycache__") == [
        *("main.py", "requirements.txt", "shared"),
    ]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_importing_a_function_touches_nothing(root: Path, tmp_path: Path, name: str) -> None:
    archive = archived(name, root, tmp_path / "archive")
    assert run(IMPORT, str(archive / "main.py"), cwd=tmp_path, root=root) == "[]"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_importing_a_function_loads_no_client(root: Path, tmp_path: Path, name: str) -> None:
    archive = archived(name, root, tmp_path / "archive")
    loaded = run(LOADED, str(archive / "main.py"), *CLIENTS, cwd=tmp_path, root=root)
    assert loaded == "[]"


def test_a_function_that_loads_a_client_would_be_noticed(root: Path, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("import google.auth\n")
    assert "'google.auth'" in run(LOADED, str(tmp_path / "main.py"), *CLIENTS, cwd=tmp_path, root=root)


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
