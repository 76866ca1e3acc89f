"""The command line as a person and a program use it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from command import run
from entries import audit, push, text

from shared.causes import CAUSES

DENIAL = audit(permission="storage.objects.get", resource="projects/_/buckets/b/objects/o")
BODY = {
    "error": {"code": 403, "message": "Request had insufficient authentication scopes.", "status": "PERMISSION_DENIED"}
}
WORDS = "ERROR: (gcloud.dns.x) User [kim@example.com] does not have permission to access projects instance [p] (or it may not exist)"


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


@pytest.mark.hazard("H16")
@pytest.mark.invariant("I25")
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


def test_settings_that_cannot_be_used_are_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNFORBID_MODE", "mend")
    result = run("runs")
    assert result.exit_code == 1
    assert result.output.startswith("Error: settings: UNFORBID_MODE")


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


def test_the_help_starts_with_what_to_do_first() -> None:
    lines = run("--help").stdout.splitlines()
    start = lines.index("  Start here:")
    assert lines[start + 1].startswith("    unforbid explain entry.json")
    assert not any("\\b" in line for line in lines)


def test_pretty_objects_one_after_another_are_read_each() -> None:
    printed = "\n".join(json.dumps(one, indent=2) for one in (DENIAL, BODY))
    told = explain(printed.encode())
    assert [one["cause"] for one in told] == ["gcs.iam", "cred.scope.client"]


def test_text_that_only_looks_like_yaml_is_read_as_text() -> None:
    words = (
        "Error: x\ninsertId: a\nlogName: b\n403 Forbidden: app@acme-test.iam.gserviceaccount.com does not have "
        "storage.objects.get access to the Google Cloud Storage bucket."
    )
    assert explain(words.encode())[0]["cause"] == "gcs.iam"
