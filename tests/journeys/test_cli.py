"""The command line as a person and a program use it."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from click.testing import CliRunner, Result
from entries import audit, push, text

from shared.causes import CAUSES
from shared.cli.main import unforbid

DENIAL = audit(permission="storage.objects.get", resource="projects/_/buckets/b/objects/o")
BODY = {
    "error": {"code": 403, "message": "Request had insufficient authentication scopes.", "status": "PERMISSION_DENIED"}
}
WORDS = "ERROR: (gcloud.dns.x) User [kim@example.com] does not have permission to access projects instance [p] (or it may not exist)"


def run(*arguments: str, given: bytes | None = None) -> Result:
    return CliRunner().invoke(unforbid, list(arguments), input=given)


def explain(given: bytes) -> list[dict[str, Any]]:
    result = run("explain", "--format", "jsonl", given=given)
    assert result.exit_code in (0, 1), result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.mark.parametrize(
    ("given", "causes"),
    [
        (json.dumps(DENIAL).encode(), ["gcs.iam"]),
        (json.dumps(DENIAL, indent=2).encode(), ["gcs.iam"]),
        (b"\xef\xbb\xbf" + json.dumps(DENIAL).encode(), ["gcs.iam"]),
        (json.dumps([DENIAL, BODY]).encode(), ["gcs.iam", "cred.scope.client"]),
        (json.dumps([BODY]).encode(), ["cred.scope.client"]),
        (
            b"\n".join(json.dumps(one).encode() for one in (DENIAL, BODY, WORDS)),
            ["gcs.iam", "cred.scope.client", "iam.unconfirmed"],
        ),
        (push(DENIAL), ["gcs.iam"]),
        (json.dumps({"specversion": "1.0", "data": json.loads(push(DENIAL))}).encode(), ["gcs.iam"]),
        (json.dumps(BODY).encode(), ["cred.scope.client"]),
        (json.dumps(WORDS).encode(), ["iam.unconfirmed"]),
        (WORDS.encode(), ["iam.unconfirmed"]),
        (json.dumps(BODY, indent=1).replace(",", "").encode(), ["cred.scope.client"]),
        (b"two lines\n" + WORDS.encode() + b"\n", ["iam.unconfirmed"]),
    ],
    ids=[
        "entry",
        "pretty entry",
        "BOM",
        "array",
        "array of a body",
        "JSON lines",
        "push",
        "CloudEvent",
        "body",
        "JSON string",
        "text",
        "broken JSON",
        "lines",
    ],
)
def test_every_kind_of_input_is_explained_one_line_each_in_order(given: bytes, causes: list[str]) -> None:
    assert [line["cause"] for line in explain(given)] == causes


def test_every_line_fits_the_documented_schema(root: Path) -> None:
    validator = jsonschema.Draft202012Validator(json.loads((root / "docs/explain.schema.json").read_text()))
    given = [DENIAL, BODY, WORDS, audit(code=0), "hello", 7, {"logName": 5}, text("Error 403: x, rateLimitExceeded")]
    lines = explain(b"\n".join(json.dumps(one).encode() for one in given))
    for path in sorted((root / "samples").glob("*.json")):
        lines += explain(path.read_bytes())
    assert len(lines) > len(given)
    for line in lines:
        validator.validate(line)
    assert {line["verdict"] for line in lines} == {"denial", "not_a_denial", "unreadable"}


def test_a_line_that_cannot_be_read_is_answered_in_its_place() -> None:
    lines = [
        json.dumps(DENIAL),
        '{"textPayload":"a","textPayload":"b"}',
        "{broken",
        '{"jsonPayload":' + '{"a":' * 40 + "1" + "}" * 41,
        json.dumps(BODY),
    ]
    found = explain("\n".join(lines).encode())
    assert [line["verdict"] for line in found] == ["denial", "unreadable", "unreadable", "unreadable", "denial"]
    assert "one key twice" in found[1]["reason"]
    assert "not JSON" in found[2]["reason"]
    assert "32 deep" in found[3]["reason"]


@pytest.mark.parametrize(
    "given",
    [
        b"",
        b"  \n ",
        b"\xff\xfe\x00binary",
        b'{"a":1,"a":2}',
        b"[" * 99_999,
        b'"' + b"x" * 1_100_000 + b'"',
        b"x" * 1_100_000,
    ],
)
def test_unreadable_input_is_a_sentence_and_exit_code_1(given: bytes) -> None:
    result = run("explain", "--format", "jsonl", given=given)
    assert result.exit_code == 1
    (line,) = result.stdout.splitlines()
    assert json.loads(line)["verdict"] == "unreadable"


def test_json_is_one_array() -> None:
    result = run("explain", "--format", "json", given=json.dumps([DENIAL, BODY]).encode())
    assert [one["cause"] for one in json.loads(result.stdout)] == ["gcs.iam", "cred.scope.client"]


def test_a_message_of_one_mebibyte_is_explained_by_its_end() -> None:
    words = (
        "x" * 500_000
        + " Error 403: Permission 'dns.changes.create' denied on resource 'projects/p' (or it may not exist)."
    )
    (line,) = explain(json.dumps(text(words)).encode())
    assert line["permissions"] == ["dns.changes.create"]


def test_text_for_people_is_plain_when_piped_and_says_what_matters() -> None:
    shown = run("explain", given=json.dumps(DENIAL).encode()).stdout
    for part in ("DENIED", "gcs.iam", "storage.objects.get", "roles/storage.objectViewer", "undo", "dry_run"):
        assert part in shown
    assert "\x1b" not in shown
    assert all(line == line.rstrip() for line in shown.splitlines())


def test_hostile_text_is_shown_and_never_obeyed() -> None:
    entry = text(
        "\x1b]0;owned\x07[bold]Error 403[/bold] \u202e Permission 'dns.changes.create' denied on resource 'projects/\x1b[31mp'"
    )
    shown = run("explain", given=json.dumps(entry).encode()).stdout
    assert "[bold]" in shown
    assert not any(char in shown for char in "\x1b\x07\u202e")


def test_the_reference_lists_every_cause_and_shows_each_page() -> None:
    listed = run("causes").stdout
    for cause in CAUSES:
        assert cause in listed
        page = run("causes", cause).stdout
        assert cause in page
        assert "What would confirm it" in page


def test_an_unknown_cause_is_answered_with_what_is_near() -> None:
    result = run("causes", "iam.denied")
    assert result.exit_code == 1
    assert "iam.deny" in result.output


def test_runs_without_a_store_say_what_makes_one(tmp_path: Path) -> None:
    result = run("runs", "--store", str(tmp_path / "none.db"))
    assert result.exit_code == 1
    assert "unforbid serve" in result.output


def test_settings_that_cannot_be_used_are_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNFORBID_MODE", "mend")
    result = run("runs")
    assert result.exit_code == 1
    assert result.output.startswith("Error: settings: UNFORBID_MODE")


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


def roles_file(tmp_path: Path) -> Path:
    lines = [
        {
            "name": "roles/dns.reader",
            "title": "DNS Reader",
            "stage": "GA",
            "includedPermissions": ["dns.managedZones.get"],
        },
        {
            "name": "roles/dns.admin",
            "title": "DNS Administrator",
            "stage": "GA",
            "includedPermissions": ["dns.managedZones.get", "dns.managedZones.setIamPolicy"],
        },
    ]
    path = tmp_path / "roles.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def test_roles_are_read_once_and_then_chosen_and_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNFORBID_ROLES", str(tmp_path / "roles.bin"))
    refused = run("roles", "suggest", "dns.managedZones.get")
    assert refused.exit_code == 1
    assert "unforbid roles refresh" in refused.stderr
    assert "2 roles in" in run("roles", "refresh", "--from", str(roles_file(tmp_path))).stdout
    told = run("roles", "suggest", "dns.managedZones.get", "--on", "projects/acme/managedZones/z").stdout
    assert "roles/dns.reader for dns.managedZones.get on //cloudresourcemanager.googleapis.com/projects/acme" in told
    assert "no: it would hand out dns.managedZones.setIamPolicy" in " ".join(told.split())
    shown = run("roles", "show", "dns.admin").stdout
    assert shown.index("never handed out by a machine (1)") < shown.index("dns.managedZones.get")
    near = run("roles", "show", "reader")
    assert near.exit_code == 1
    assert "near it: roles/dns.reader" in near.stderr
    assert (
        json.loads(run("roles", "suggest", "dns.managedZones.get", "--format", "json").stdout)["role"]
        == "roles/dns.reader"
    )


def test_a_file_that_holds_no_roles_is_refused_with_its_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNFORBID_ROLES", str(tmp_path / "roles.bin"))
    bad = roles_file(tmp_path)
    bad.write_text(bad.read_text() + "{}\n")
    told = run("roles", "refresh", "--from", str(bad))
    assert told.exit_code == 1
    assert "line 3 is no role" in told.stderr
    assert not (tmp_path / "roles.bin").exists()


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


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (b'{"insertId":"x","protoPayload":{"status":{"code":7,', "was it cut short"),
        (b'[\n {"logName": "projects/p/logs/l", "textPayload": "Err', "was it cut short"),
        (b"Error 403\0\0: Forbidden", "NUL bytes"),
        ('{"a":1}'.encode("utf-16-le"), "NUL bytes"),
    ],
)
def test_what_is_cut_short_or_binary_is_no_text(given: bytes, reason: str) -> None:
    told = run("explain", "--format", "jsonl", given=given)
    assert told.exit_code == 1
    assert reason in json.loads(told.stdout)["reason"]


def test_what_windows_writes_is_read() -> None:
    told = run("explain", "--format", "jsonl", given=json.dumps(DENIAL).encode("utf-16"))
    assert json.loads(told.stdout)["cause"] == "gcs.iam"


def test_an_empty_array_is_said_to_be_empty() -> None:
    assert "no entries in the input" in run("explain", given=b"[]").stderr


def test_the_demo_refuses_settings_it_cannot_use(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("UNFORBID_MODE", "mend")
    told = run("demo")
    assert told.exit_code == 1
    assert "UNFORBID_MODE must be one of observe" in told.stderr
    monkeypatch.delenv("UNFORBID_MODE")
    (tmp_path / ".unforbid").touch()
    assert "is in the way" in run("demo").stderr


def test_what_gcloud_prints_by_default_is_read_as_the_entries_it_is() -> None:
    granted = {"permission": "storage.buckets.get", "granted": True, "resource": "projects/_/buckets/b"}
    entry = audit(permission="storage.objects.list", resource="projects/_/buckets/b")
    entry["protoPayload"]["authorizationInfo"].insert(0, granted)
    printed = yaml.safe_dump_all([entry, text(WORDS)], sort_keys=True, explicit_start=True)
    told = [
        json.loads(line) for line in run("explain", "--format", "jsonl", given=printed.encode()).stdout.splitlines()
    ]
    assert [one["trust"] for one in told] == ["audit", "text"]
    assert told[0]["permissions"] == ["storage.objects.list"]
    assert told[0]["resource"] == "projects/_/buckets/b"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("logName: a\ninsertId: b\nlabels: &x {a: b}\nresource: {type: t, labels: *x}\n", "references"),
        ("logName: a\ninsertId: b\ninsertId: c\n", "one key twice"),
        ("logName: a\ninsertId: [\n", "not YAML"),
    ],
)
def test_yaml_that_gcloud_would_not_write_is_refused(given: str, reason: str) -> None:
    assert reason in json.loads(run("explain", "--format", "jsonl", given=given.encode()).stdout)["reason"]
