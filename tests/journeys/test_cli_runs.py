"""The demo, and what the store holds, as a person sees them."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from command import run


def test_runs_without_a_store_say_what_makes_one(tmp_path: Path) -> None:
    result = run("runs", "--store", str(tmp_path / "none.db"))
    assert result.exit_code == 1
    assert "unforbid serve" in result.output


def test_the_demo_tells_every_story_through_the_real_function(root: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "COLUMNS": "200"}
    command = [str(root / ".venv/bin/unforbid"), "demo"]
    if not Path(command[0]).exists():
        pytest.skip("unforbid is not installed beside the tests")
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    for cause in (
        "cred.scope.gce",
        "imp.token",
        "api.disabled",
        "cred.lost_token",
        "log.writer",
        "gcs.iam",
        "perimeter.vpcsc",
    ):
        assert cause in done.stdout
    assert "memory was exhausted on this machine shortly before" in done.stdout
    assert done.stdout.count("dropped: ") == 3
    assert "  301  " in done.stdout

    store = str(tmp_path / ".unforbid/demo.db")
    listed = run("runs", "--store", store).stdout
    assert "DRY_RUN_DONE" in listed
    assert "no denials: 3" in listed
    found = json.loads(run("runs", "--store", store, "--format", "json").stdout)
    shown = run("runs", "--store", store, "show", found["runs"][0]["id"]).stdout
    assert "entries: 301, deliveries: 301" in shown


def test_quarantine_is_listed_and_shown_without_obeying_it(tmp_path: Path) -> None:
    from datetime import UTC, datetime

    from shared.adapters.sqlite_store import SqliteStore
    from shared.model.run import Quarantined

    path = tmp_path / "s.db"
    store = SqliteStore(path)
    data = b"\x1b[2Jbad \xff" + base64.b64encode(b"x")
    store.quarantine(
        Quarantined(id="q-7", at=datetime(2026, 1, 2, tzinfo=UTC), reason="not JSON", size=9, sha256="ab", data=data)
    )
    store.close()
    assert "q-7" in run("runs", "--store", str(path)).stdout
    shown = run("runs", "--store", str(path), "show", "q-7").stdout
    assert "not JSON" in shown
    assert "\x1b" not in shown
    assert run("runs", "--store", str(path), "show", "q-", "--format", "raw").stdout_bytes == data


def test_more_runs_than_are_shown_are_said_to_be_there(tmp_path: Path) -> None:
    from datetime import UTC, datetime

    from shared.adapters.sqlite_store import SqliteStore
    from shared.model.run import Quarantined

    path = tmp_path / "s.db"
    with closing(SqliteStore(path)) as store:
        for number in range(4):
            at = datetime(2026, 1, 2, tzinfo=UTC)
            store.quarantine(Quarantined(id=f"q-{number}", at=at, reason="bad", size=1, sha256="ab", data=b"x"))
    assert "the 3 newest are shown; --limit shows more" in run("runs", "--store", str(path), "--limit", "3").stdout
    assert "newest are shown" not in run("runs", "--store", str(path)).stdout


def test_the_demo_refuses_settings_it_cannot_use(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("UNFORBID_MODE", "mend")
    told = run("demo")
    assert told.exit_code == 1
    assert "UNFORBID_MODE must be one of observe" in told.stderr
    monkeypatch.delenv("UNFORBID_MODE")
    (tmp_path / ".unforbid").touch()
    assert "is in the way" in run("demo").stderr
