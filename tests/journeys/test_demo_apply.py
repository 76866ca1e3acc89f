"""`unforbid demo --apply`, as a person without credentials or a network sees it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from command import run

WATCHED = """
import os, sys
sys.dont_write_bytecode = True
sys.path.insert(0, {root!r})
ours, outside = os.path.realpath(".unforbid"), []
def watch(event, args):
    if event == "open" and isinstance(args[0], (str, bytes)):
        writes = (args[2] or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        path = os.path.realpath(os.fsdecode(args[0]))
        if writes and not path.startswith((ours, "/dev/")):
            outside.append(f"writes {{path}}")
    elif event in ("os.mkdir", "os.remove", "os.rename", "sqlite3.connect"):
        path = os.path.realpath(os.fsdecode(args[0]))
        if not path.startswith(ours):
            outside.append(f"{{event}} {{path}}")
    elif event == "socket.connect":
        if args[1][0] not in ("127.0.0.1", "localhost", "::1"):
            outside.append(f"reaches {{args[1]}}")
sys.addaudithook(watch)
from shared.cli.main import unforbid
try:
    unforbid(["demo", "--apply"])
finally:
    print(outside, file=sys.stderr)
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str, Path]:
    """What the demo prints to a pipe, and what it did that it must not do; run once, in an empty folder."""
    root, folder = Path(__file__).resolve().parents[2], tmp_path_factory.mktemp("demo")
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "GOOGLE_APPLICATION_CREDENTIALS": "/nowhere/at/all"}
    command = [sys.executable, "-c", WATCHED.format(root=str(root))]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr + done.stdout[-2000:]
    return done.stdout, done.stderr, folder


@pytest.fixture
def stories(told: tuple[str, str, Path]) -> list[str]:
    """Each story, in one line."""
    whole = told[0]
    second, third = whole.index("\n2. "), whole.index("\n3. ")
    return [" ".join(part.split()) for part in (whole[:second], whole[second:third], whole[third:])]


def said_in_order(story: str, *words: str) -> list[str]:
    """The words that are not there, or not behind those before them."""
    at, missing = 0, []
    for one in words:
        found = story.find(one, at)
        if found < 0:
            missing.append(one)
        else:
            at = found + len(one)
    return missing


def test_an_upload_goes_through_after_the_scopes_are_set_and_back(stories: list[str]) -> None:
    missing = said_in_order(
        stories[0],
        "upload on //storage.googleapis.com/projects/_/buckets/photos/objects/cat.jpg: refused",
        "Provided scope(s) are not authorized",
        "proven yes",
        "what would change (tier T2, plan ",
        "the machine is stopped and started: what runs on it is interrupted",
        "approved by owner@example.com and security@example.com",
        "will stop web-1",
        "will give web-1 the account",
        "devstorage.read_write",
        "will start web-1",
        "boot: yes",
        "fixed the same call succeeded at",
        "the same call again: accepted",
        "and back: unforbid undo",
        "will stop web-1",
        "will start web-1",
        "undone what this run had changed is as it was",
        "everything is as it was before",
    )
    assert missing == []


def test_a_token_is_minted_after_the_api_is_on_and_the_role_given_on_the_target_alone_and_back(
    stories: list[str],
) -> None:
    target = "//iam.googleapis.com/projects/acme-data/serviceAccounts/release-bot@acme-data.iam.gserviceaccount.com"
    missing = said_in_order(
        stories[1],
        f"mint_token on {target}: refused",
        "will switch iamcredentials.googleapis.com on in projects/111111111111",
        "will add serviceAccount:ci-runner@acme-web.iam.gserviceaccount.com to roles/iam.serviceAccountTokenCreator on "
        + target,
        "fixed the same call succeeded at",
        "the same call again: accepted",
        "and back: unforbid undo",
        "will take serviceAccount:ci-runner@acme-web.iam.gserviceaccount.com out of",
        "will switch iamcredentials.googleapis.com off in projects/111111111111",
        "undone",
        "everything is as it was before",
    )
    assert missing == []


def test_agents_beat_again_after_the_role_and_the_reset_and_each_is_told_apart(stories: list[str]) -> None:
    missing = said_in_order(
        stories[2],
        "write_log on //cloudresourcemanager.googleapis.com/projects/acme-web: refused",
        "will add serviceAccount:web-server@acme-web.iam.gserviceaccount.com to roles/logging.logWriter",
        "fixed the same call succeeded at",
        "the agents may write logs now and are still silent: the same entry looked into again",
        "evidence: [88213.402117] Out of memory: Killed process 1412 (otelopscol)",
        "will reset web-1",
        "boot: yes",
        "agent: yes: its agents were heard at",
        "flow logs: yes: a flow was recorded at",
        "the host records flows, whatever roles the machine's account has",
        "fixed ",
        "the same call again: accepted",
        "nothing to take back",
        "will take serviceAccount:web-server@acme-web.iam.gserviceaccount.com out of roles/logging.logWriter",
        "undone",
        "everything is as it was before",
    )
    assert missing == []


def test_every_story_ends_well_and_nothing_is_left_different(told: tuple[str, str, Path]) -> None:
    out = told[0]
    assert out.count("the same call again: accepted\n") == 3
    assert out.count("everything is as it was before\n") == 3
    assert "still different" not in out
    assert "a person is called" not in out


def test_what_is_piped_is_plain_and_says_nothing_twice(told: tuple[str, str, Path]) -> None:
    out = told[0]
    assert "\x1b" not in out
    assert [line for line in out.splitlines() if line != line.rstrip()] == []
    for word in ("  agent: ", "  flow logs: ", "  call: "):
        assert out.count(word) == 1
    assert len(out.splitlines()) < 400


def test_nothing_is_written_but_its_own_folder_and_nothing_reached_but_this_machine(
    told: tuple[str, str, Path],
) -> None:
    _, err, folder = told
    assert err.strip() == "[]"
    assert {file.name for file in folder.iterdir()} == {".unforbid"}


def test_a_file_where_its_folder_should_be_is_said_to_be_in_the_way(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".unforbid").touch()
    told = run("demo", "--apply")
    assert (told.exit_code, "is in the way" in told.stderr) == (1, True)
