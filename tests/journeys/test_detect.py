"""Event in, stored run out, through main.py under functions-framework."""

from __future__ import annotations

import base64
import importlib.util
import json
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import functions_framework
import pytest
from entries import PROJECT, audit, on_vm, push, text
from fakes import FakeClock, MemoryStore
from werkzeug.test import Client, TestResponse

from shared import flows, wiring
from shared.adapters.merging_recorder import MergingRecorder
from shared.adapters.sqlite_store import SqliteStore
from shared.settings import Settings

DENIAL = audit(permission="storage.objects.get", resource="projects/_/buckets/b/objects/o")
CLOUD_EVENT = {
    "ce-id": "7",
    "ce-specversion": "1.0",
    "ce-type": "google.cloud.pubsub.topic.v1.messagePublished",
    "ce-source": "//pubsub.googleapis.com/projects/p/topics/denied-calls",
    "ce-time": "2026-11-21T09:00:00Z",
}


class Function:
    """The detect function as the framework serves it, with stores and clock of the test's own."""

    def __init__(self, client: Client, store: MemoryStore, clock: FakeClock) -> None:
        self.client, self.store, self.clock = client, store, clock

    def post(self, body: bytes, headers: dict[str, str] | None = None) -> TestResponse:
        return self.client.post("/", data=body, headers={"Content-Type": "application/json", **(headers or {})})

    def flush(self) -> None:
        wiring.recorder().flush()


@pytest.fixture
def function(root: Path, monkeypatch: pytest.MonkeyPatch, clock: FakeClock) -> Function:
    store = MemoryStore()
    recorder = MergingRecorder(store, clock, Settings().merge_for)
    monkeypatch.setattr(wiring, "clock", lambda: clock)
    monkeypatch.setattr(wiring, "store", lambda: store)
    monkeypatch.setattr(wiring, "recorder", lambda: recorder)
    app = functions_framework.create_app("detect_denial", str(root / "functions/detect/main.py"))
    return Function(app.test_client(), store, clock)


def test_a_binary_cloud_event_a_structured_one_and_a_plain_push_are_the_same_event(function: Function) -> None:
    body = push(DENIAL)
    structured = {"specversion": "1.0", "id": "7", "type": "t", "source": "s", "data": json.loads(body)}
    assert function.post(body, CLOUD_EVENT).status_code == 200
    assert function.post(body).status_code == 200
    assert (
        function.post(json.dumps(structured).encode(), {"Content-Type": "application/cloudevents+json"}).status_code
        == 200
    )
    function.flush()
    (run,) = function.store.kept.values()
    assert (run.count, run.deliveries, run.report.cause) == (1, 3, "gcs.iam")


def test_the_stored_report_is_what_explain_says(function: Function) -> None:
    function.post(push(DENIAL))
    (run,) = function.store.kept.values()
    assert run.report == flows.explain_bytes(json.dumps(DENIAL).encode())
    assert run.state == "DRY_RUN_DONE"


def test_what_is_no_denial_is_counted_by_its_reason(function: Function) -> None:
    for entry in (audit(code=0), audit(code=0), text("all is well")):
        assert function.post(push(entry)).status_code == 200
    function.flush()
    assert function.store.kept == {}
    assert sum(function.store.drops.values()) == 3


HOSTILE = "\x1b[2J\u202e<script>alert(1)</script>[red]`$(reboot)`';--"


@pytest.mark.hazard("H31")
@pytest.mark.invariant("I26")
@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not a Pub/Sub delivery"),
        (b"\xff\xff", "not a Pub/Sub delivery"),
        (b'{"message":{"data":"%%%","messageId":"1"}}', "not base64"),
        (push(b"not json"), "not JSON"),
        (push(b""), "carries no message data"),
        (push(b'{"textPayload":"a","textPayload":"b"}'), "says one key twice"),
        (push(b'{"logName":1,"textPayload":"a"}'), "wrong type"),
        (push(b'{"jsonPayload":' + b'{"a":' * 40 + b"1" + b"}" * 41), "nested more than 32 deep"),
        (push(b'{"textPayload":"' + b"x" * 1_100_000 + b'"}'), "larger than 1 MiB"),
        (push(b'{"textPayload":"\xc3"}'), "not UTF-8"),
        (push({HOSTILE: HOSTILE}), "neither a payload nor a log name"),
    ],
)
def test_bad_input_is_kept_with_its_reason_and_acknowledged(function: Function, body: bytes, reason: str) -> None:
    assert function.post(body).status_code == 200
    (item,) = function.store.items.values()
    assert reason in item.reason
    assert item.data == body
    assert function.store.kept == {}


@pytest.mark.hazard("H32")
def test_the_same_bad_message_delivered_again_is_kept_once(function: Function) -> None:
    function.post(push(b"not json"))
    function.post(push(b"not json"))
    assert len(function.store.items) == 1


def test_hostile_text_in_every_field_changes_nothing_and_shows_as_it_is(function: Function) -> None:
    entry = audit(
        permission="storage.objects.get", principal=HOSTILE, message=HOSTILE, resource=HOSTILE, service=HOSTILE
    )
    assert function.post(push(entry)).status_code == 200
    (run,) = function.store.kept.values()
    assert not any(action.changes for action in run.report.plan)
    assert all(char.isprintable() for line in run.report.evidence for char in line)


@pytest.mark.invariant("I26")
def test_an_unreachable_store_asks_for_redelivery_and_then_loses_nothing(function: Function) -> None:
    function.store.fails = True
    assert function.post(push(DENIAL)).status_code == 503
    assert function.post(push(b"not json")).status_code == 503
    function.store.fails = False
    assert function.post(push(DENIAL)).status_code == 200
    assert function.post(push(b"not json")).status_code == 200
    (run,) = function.store.kept.values()
    assert (run.count, len(function.store.items)) == (1, 1)


@pytest.mark.hazard("H32")
@pytest.mark.invariant("I20", "I26")
def test_a_defect_of_ours_keeps_the_message_and_does_not_loop(
    function: Function, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(flows, "classify", broken)
    assert function.post(push(DENIAL)).status_code == 200
    (item,) = function.store.items.values()
    assert item.reason == "a defect of unforbid: ZeroDivisionError"
    first, second = (json.loads(line) for line in capfd.readouterr().out.splitlines())
    assert (first["severity"], second["outcome"]) == ("ERROR", "quarantined")
    assert "ZeroDivisionError" in first["trace"]


def test_only_a_post_is_an_event(function: Function) -> None:
    answer = function.client.get("/")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert function.store.writes == 0


@pytest.mark.hazard("H35")
def test_each_event_is_one_log_line_without_a_word_of_the_entry(
    function: Function, capfd: pytest.CaptureFixture[str]
) -> None:
    function.post(push(DENIAL))
    function.post(push({**DENIAL, "insertId": "again"}))
    function.post(push(audit(code=0)))
    lines = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert [line["outcome"] for line in lines] == ["run", "merged", "dropped"]
    assert {line["event"] for line in lines} == {"detect"}
    assert lines[0]["run"] == lines[1]["run"]
    assert "app@" not in json.dumps(lines)


@pytest.mark.hazard("H29")
@pytest.mark.invariant("I27")
def test_100_000_repeats_are_one_run_with_an_exact_count_and_a_write_a_second(clock: FakeClock) -> None:
    store = MemoryStore()
    recorder = MergingRecorder(store, clock, Settings().merge_for)
    frame = json.dumps(DENIAL)
    repeats, seconds = 100_000, 50
    for number in range(repeats):
        entry = frame.replace('"i1"', f'"i{number}"').encode()
        flows.detect(
            b'{"message":{"data":"%s","messageId":"%d"}}' % (base64.b64encode(entry), number), recorder, store, clock
        )
        if number % (repeats // seconds) == 0:
            clock.turn(seconds=1)
    recorder.flush()
    (run,) = store.kept.values()
    assert (run.count, run.deliveries) == (repeats, repeats)
    assert store.writes <= seconds + 2


def test_memory_exhaustion_on_the_same_machine_is_told_with_the_refusal(function: Function) -> None:
    oom = on_vm("[88.1] Out of memory: Killed process 1412 (otelopscol) total-vm:1kB, anon-rss:1kB")
    oom["logName"] = f"projects/{PROJECT}/logs/serialconsole.googleapis.com%2Fserial_port_1_output"
    refused = on_vm("403 Request had insufficient authentication scopes.")
    function.post(push(oom))
    function.clock.turn(minutes=14)
    function.post(push(refused))
    told = [
        line for run in function.store.kept.values() for line in run.report.evidence if "memory was exhausted" in line
    ]
    assert len(told) == 1
    assert "otelopscol" in told[0]


def test_memory_exhaustion_long_ago_is_not_told(function: Function) -> None:
    function.post(push(on_vm("Out of memory: Killed process 1412 (otelopscol) total-vm:1kB")))
    function.clock.turn(minutes=16)
    function.post(push(on_vm("403 Request had insufficient authentication scopes.")))
    assert not any(
        "memory was exhausted" in line for run in function.store.kept.values() for line in run.report.evidence
    )


FRESH = """
import functions_framework, json, sys
app = functions_framework.create_app("detect_denial", sys.argv[1])
before = set(sys.modules)
body = sys.stdin.buffer.read()
assert app.test_client().post("/", data=body).status_code == 200
print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""
HEAVY = (
    "grpc",
    "requests",
    "yaml",
    "rich",
    "slack_sdk",
    "slack_bolt",
    "proto",
    "googleapiclient",
    "urllib3",
    "protobuf",
)


def in_a_fresh_process(root: Path, tmp_path: Path, body: bytes) -> set[str]:
    """The modules loaded after one event in a process of its own."""
    environment = {"UNFORBID_STORE": str(tmp_path / "s.db"), "PYTHONPATH": str(root), "PATH": ""}
    main = str(root / "functions/detect/main.py")
    done = subprocess.run(
        [sys.executable, "-c", FRESH, main], input=body, env=environment, capture_output=True, check=True
    )
    return set(json.loads(done.stderr.splitlines()[-1]))


@pytest.mark.invariant("I03")
@pytest.mark.parametrize(
    "entry", [DENIAL, text("Error 403: Permission 'dns.changes.create' denied on resource 'projects/p'")]
)
def test_a_dry_run_decision_loads_no_client_library(root: Path, tmp_path: Path, entry: dict[str, Any]) -> None:
    loaded = in_a_fresh_process(root, tmp_path, push(entry))
    google = {name for name in loaded if name.startswith("google.") and not name.startswith("google.cloud.functions")}
    assert not google - {"google.cloud"}
    assert not {name for name in loaded if name.partition(".")[0] in HEAVY}
    with closing(SqliteStore(tmp_path / "s.db")) as store:
        assert store.runs(2)[0].count == 1


def test_an_audit_denial_with_a_reason_does_not_even_load_the_pattern_engine(root: Path, tmp_path: Path) -> None:
    detail = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "IAM_PERMISSION_DENIED",
        "domain": "iam.googleapis.com",
    }
    entry = audit(permission="storage.objects.get", details=[detail])
    assert "re2" not in in_a_fresh_process(root, tmp_path, push(entry))


def test_settings_that_cannot_be_used_stop_the_function_with_a_sentence(
    root: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    wiring.forget()
    monkeypatch.setenv("UNFORBID_MODE", "mend")
    app = functions_framework.create_app("detect_denial", str(root / "functions/detect/main.py"))
    assert app.test_client().post("/", data=push(DENIAL)).status_code == 500
    assert "UNFORBID_MODE must be one of observe" in capfd.readouterr().out


def test_the_entry_point_is_short_and_imports_by_path(root: Path) -> None:
    main = root / "functions/detect/main.py"
    assert len(main.read_text().splitlines()) <= 40
    spec = importlib.util.spec_from_file_location("detect_main", main)
    assert spec is not None
