"""What is deployed: a flat archive that starts by itself, from pinned and hashed packages, and nothing of this machine."""

from __future__ import annotations

import importlib.metadata
import json
import re
import subprocess
from pathlib import Path

import pytest
from entries import audit, push
from shown_runs import approval
from slack_stage import SECRET, account
from unpacked import packer, run, tool, unpack

from shared.model.shown import Wish
from shared.render.card_form import reason_form

FUNCTIONS = {"approve": "approve_click", "detect": "detect_denial", "execute": "execute_fix", "sweep": "sweep_up"}
CALLED = {"detect": push(audit()), "execute": json.dumps({"fix": "f-0"}).encode(), "sweep": b""}
"""What those of our callers send; to execute and sweep when there is nothing to do."""
OURS = {"shared", "functions", "tests", "fakes", "main"}
ANSWER = """
import sys, functions_framework
app = functions_framework.create_app(sys.argv[2], sys.argv[1])
answer = app.test_client().post("/", data=sys.stdin.buffer.read())
import shared
print(answer.status_code, shared.__file__)
"""
CLICK = """
import hashlib, hmac, sys, time, urllib.parse, functions_framework
app = functions_framework.create_app(sys.argv[2], sys.argv[1])
body = urllib.parse.urlencode({"payload": sys.stdin.buffer.read().decode()}).encode()
at = str(int(time.time()))
signature = "v0=" + hmac.new(sys.argv[3].encode(), f"v0:{at}:".encode() + body, hashlib.sha256).hexdigest()
headers = {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": signature}
kind = "application/x-www-form-urlencoded"
answer = app.test_client().post("/", data=body, headers=headers, content_type=kind)
print(answer.status_code, answer.text)
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
WRITES = ("api_writes", "google_cloud", "machine_writes", "policy_edit", "policy_writes", "writing")
"""The adapters that change anything in a cloud."""


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Exactly what the lock names."""
    checkout = Path(__file__).resolve().parents[2]
    installed = packer(checkout).install(
        (checkout / "requirements.lock").read_text(), tmp_path_factory.mktemp("packages")
    )
    assert isinstance(installed, Path)
    return installed


def sent_form() -> bytes:
    """A form of Slack about a question that nobody has asked."""
    said = {
        "type": "view_submission",
        "user": {"id": account("ann").user, "name": "ann", "team_id": account("ann").team},
        "team": {"id": account("ann").team, "domain": "acme"},
        "enterprise": None,
        "api_app_id": "A000000001",
        "trigger_id": "1795262079.trigger",
        "view": {
            **reason_form(Wish.APPROVE, approval()),
            "id": "V1",
            "state": {"values": {"reason": {"reason": {"value": "the upload needs it"}}}},
        },
        "response_urls": [],
    }
    return json.dumps(said).encode()


@pytest.mark.parametrize("name", CALLED)
def test_an_archive_starts_by_itself_and_answers_its_caller(
    root: Path, tmp_path: Path, packages: Path, name: str
) -> None:
    archive, elsewhere = unpack(name, root, tmp_path / "archive"), tmp_path / "elsewhere"
    elsewhere.mkdir()
    main = str(archive / "main.py")
    told = run(ANSWER, main, FUNCTIONS[name], packages=packages, cwd=elsewhere, given=CALLED[name])
    assert told == f"200 {archive / 'shared/__init__.py'}"
    written = {path.name for path in elsewhere.rglob("*") if path.is_file()}
    assert all(".db" in name for name in written), written
    assert sorted(path.name for path in archive.iterdir() if path.name != "__pycache__") == [
        *("main.py", "requirements.txt", "shared"),
    ]


def test_the_archive_of_detect_keeps_what_it_was_told(root: Path, tmp_path: Path, packages: Path) -> None:
    archive = unpack("detect", root, tmp_path / "archive")
    main = str(archive / "main.py")
    store = str(tmp_path / "store.db")
    told = run(ANSWER, main, "detect_denial", packages=packages, cwd=tmp_path, given=CALLED["detect"], UNFORBID_STORE=store)  # fmt: skip
    assert told.startswith("200 ")
    assert Path(store).exists()


def test_the_archive_of_approve_starts_by_itself_and_answers_a_click(
    root: Path, tmp_path: Path, packages: Path
) -> None:
    archive = unpack("approve", root, tmp_path / "archive")
    main = str(archive / "main.py")
    told = run(
        *(CLICK, main, "approve_click", SECRET),
        packages=packages,
        cwd=tmp_path,
        given=sent_form(),
        UNFORBID_SLACK_SIGNING_SECRET=SECRET,
    )
    assert told.startswith("200 ")
    assert "Nothing is known of this question" in told


@pytest.mark.parametrize("name", FUNCTIONS)
def test_an_archive_holds_all_that_its_function_can_load(root: Path, name: str) -> None:
    missing = tool(root, "reached").reached(root, name) - packer(root).packed(name, root).keys()
    assert not missing, "run: python tools/terraform/generate.py"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_an_archive_holds_no_room_of_which_its_function_loads_nothing(root: Path, name: str) -> None:
    needed, held = (
        tool(root, "reached").reached(root, name),
        packer(root).packed(name, root).keys() - {"main.py", "requirements.txt"},
    )
    again = "run: python tools/terraform/generate.py"
    assert {one.split("/")[1] for one in held} == {one.split("/")[1] for one in needed}, again
    adapters = {one for one in held if one.startswith("shared/adapters/")}
    assert adapters == {one for one in needed if one.startswith("shared/adapters/")}, again


@pytest.mark.parametrize("name", ["approve", "detect"])
def test_what_may_change_nothing_holds_no_code_that_does(root: Path, name: str) -> None:
    held = packer(root).packed(name, root)
    assert not [one for one in WRITES if f"shared/adapters/{one}.py" in held]
    assert "shared/pipeline/execute.py" not in held
    assert not [one for one in held if one.startswith("shared/moves/")]


def test_every_line_of_the_table_of_contents_is_about_files_that_there_are(root: Path) -> None:
    table = json.loads((root / packer(root).CONTENTS).read_text())
    assert table.keys() == FUNCTIONS.keys()
    patterns = [one for said in table.values() for one in (*said["takes"], *said["leaves"])]
    assert [one for one in patterns if not any(root.glob(one))] == []


@pytest.mark.parametrize("name", FUNCTIONS)
def test_importing_a_function_touches_nothing(root: Path, tmp_path: Path, packages: Path, name: str) -> None:
    archive = unpack(name, root, tmp_path / "archive")
    assert run(IMPORT, str(archive / "main.py"), packages=packages, cwd=tmp_path) == "[]"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_importing_a_function_loads_no_client(root: Path, tmp_path: Path, packages: Path, name: str) -> None:
    archive = unpack(name, root, tmp_path / "archive")
    loaded = run(LOADED, str(archive / "main.py"), *CLIENTS, packages=packages, cwd=tmp_path)
    assert loaded == "[]"


def test_a_function_that_loads_a_client_would_be_noticed(tmp_path: Path, packages: Path) -> None:
    (tmp_path / "main.py").write_text("import google.auth\n")
    assert "'google.auth'" in run(LOADED, str(tmp_path / "main.py"), *CLIENTS, packages=packages, cwd=tmp_path)


def test_a_package_that_the_lock_does_not_name_would_be_missed(tmp_path: Path, packages: Path) -> None:
    with pytest.raises(AssertionError, match="No module named 'pytest'"):
        run("import pytest", packages=packages, cwd=tmp_path)


@pytest.mark.hazard("H47")
def test_no_installed_package_takes_our_names() -> None:
    taken = {}
    for package in importlib.metadata.distributions():
        if package.metadata["Name"] == "unforbid":
            continue
        tops = {str(file).partition("/")[0].removesuffix(".py") for file in package.files or ()}
        if tops & OURS:
            taken[package.metadata["Name"]] = tops & OURS
    assert not taken


@pytest.mark.hazard("H47")
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
