"""The copy of an entry, recent changes, and signs of life, read through Google's own client."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.api_core import exceptions
from google.cloud.logging_v2.types import ListLogEntriesResponse, LogEntry
from google.protobuf import any_pb2
from looks import OUTAGES, fails, finds_nothing, refused
from worlds import NOW, Cloud, add_account, add_audit, add_bucket, add_entry

from sandbox.faults import FaultKind
from shared.adapters import cloud_logging
from shared.adapters.google_clients import GoogleClients
from shared.errors import LookFailed, NotAllowedToLook
from shared.model.facts import Beat

PROJECT = "projects/acme-web"
LOG = f"{PROJECT}/logs/app"
ACTIVITY = f"{PROJECT}/logs/cloudaudit.googleapis.com%2Factivity"
PRIVATE = f"{PROJECT}/logs/cloudaudit.googleapis.com%2Fdata_access"
AUDIT = "type.googleapis.com/google.cloud.audit.AuditLog"
ANN = "user:ann@example.com"
LIST = "logging.entries.list"
DAY = timedelta(days=1)


def put(cloud: Cloud, log: str = LOG, at: datetime = NOW, **more: Any) -> dict[str, Any]:
    return add_entry(cloud.world, log, at, **more)


def copy(cloud: Cloud, log: str, insert_id: str, at: datetime = NOW) -> Any:
    found = cloud_logging.entry(cloud.clients(), log, insert_id, at)
    return None if found is None else json.loads(found)


def changes(cloud: Cloud) -> Any:
    return cloud_logging.changes(cloud.clients(), PROJECT, NOW - DAY, NOW + DAY)


def beat(cloud: Cloud, **more: Any) -> Beat:
    return cloud_logging.beat(cloud.clients(), **{"project": PROJECT, "instance_id": "42", "since": NOW - DAY, **more})


LOOKS: dict[str, Callable[[Cloud], Any]] = {
    "entry": lambda cloud: copy(cloud, LOG, "a"),
    "changes": changes,
    "removals": lambda cloud: cloud_logging.removals(cloud.clients(), PROJECT, "bob", NOW - DAY, NOW + DAY),
    "touched": lambda cloud: cloud_logging.touched(cloud.clients(), PROJECT, "42", NOW - DAY, NOW + DAY),
    "beat": beat,
}


def test_the_copy_of_an_audit_entry_is_what_was_logged_to_the_last_field(cloud: Cloud) -> None:
    add_account(cloud.world, "up@acme-web.iam.gserviceaccount.com")
    add_bucket(cloud.world, "photos")
    denied = cloud.clients("as:serviceAccount:up@acme-web.iam.gserviceaccount.com").storage.bucket("photos")
    with pytest.raises(exceptions.Forbidden, match=r"storage\.objects\.create"):
        denied.blob("cat.jpg").upload_from_string(b"meow")
    entry = cloud.world.entries[-1]
    times = {name: entry[name].replace(".000000", "") for name in ("timestamp", "receiveTimestamp")}
    assert copy(cloud, PRIVATE, entry["insertId"]) == {**entry, **times}
    assert entry["protoPayload"]["status"]["code"] == 7


def test_the_copy_has_numbers_enums_times_and_packed_parts_as_rest_writes_them(cloud: Cloud) -> None:
    info = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "SERVICE_DISABLED",
        "domain": "googleapis.com",
        "metadata": {"consumer": "projects/1"},
    }
    delta = {"bindingDeltas": [{"action": "REMOVE", "role": "roles/viewer", "member": ANN}]}
    written = put(
        cloud,
        ACTIVITY,
        NOW + timedelta(milliseconds=250),
        insertId="Ab-1",
        severity="NOTICE",
        httpRequest={"status": 403, "responseSize": "1200", "latency": "0.250s"},
        labels={"a": "b"},
        operation={"id": "o", "producer": "p", "first": True},
        protoPayload={
            "@type": AUDIT,
            "status": {"code": 7, "message": "no", "details": [info]},
            "authorizationInfo": [{"permission": "a.b.c", "granted": True, "resourceAttributes": {}}],
            "numResponseItems": "9007199254740993",
            "request": {"@type": "type.googleapis.com/unknown.Type", "n": 7, "f": 1.5, "list": [1, {"x": None}]},
            "serviceData": {"@type": "type.googleapis.com/google.iam.v1.logging.AuditData", "policyDelta": delta},
        },
    )
    times = dict.fromkeys(("timestamp", "receiveTimestamp"), "2026-11-21T10:00:00.250Z")
    assert copy(cloud, ACTIVITY, "Ab-1", NOW + timedelta(milliseconds=250)) == {**written, **times}
    raw = cloud_logging.entry(cloud.clients(), ACTIVITY, "Ab-1", NOW + timedelta(milliseconds=250))
    assert raw is not None
    assert b"7.0" not in raw


@pytest.mark.parametrize(
    "payload",
    [
        {"textPayload": 'quoted " and \\ and \n'},
        {"jsonPayload": {"message": "x", "n": -3, "big": 1e300, "half": 0.5, "inner": {"flag": False, "none": None}}},
    ],
)
def test_the_copy_of_a_program_s_entry_keeps_its_payload(cloud: Cloud, payload: dict[str, Any]) -> None:
    assert copy(cloud, LOG, put(cloud, **payload)["insertId"]) == {**cloud.world.entries[-1]}


def test_an_entry_that_is_not_there_is_none(cloud: Cloud) -> None:
    put(cloud, insertId="a", textPayload="x")
    assert copy(cloud, LOG, "b") is None
    assert copy(cloud, f"{LOG}2", "a") is None
    assert copy(cloud, LOG, "a", NOW + timedelta(milliseconds=2)) is None
    assert copy(cloud, "projects/acme-data/logs/app", "a") is None


def test_an_id_in_other_letters_is_another_entry_although_the_filter_finds_it(cloud: Cloud) -> None:
    put(cloud, insertId="ABC", textPayload="x")
    assert copy(cloud, LOG, "abc") is None
    assert copy(cloud, LOG, "ABC")["textPayload"] == "x"


@pytest.mark.parametrize("hostile", ['a" OR insertId:*', 'a\\" OR textPayload:* --', 'b") OR (insertId="a', "a\n", "*"])
def test_a_hostile_id_finds_nothing_but_itself(cloud: Cloud, hostile: str) -> None:
    put(cloud, insertId="a", textPayload="x")
    assert copy(cloud, LOG, hostile) is None
    put(cloud, insertId=hostile, textPayload="itself")
    assert copy(cloud, LOG, hostile)["textPayload"] == "itself"


def test_nanoseconds_do_not_hide_an_entry(cloud: Cloud) -> None:
    put(cloud, insertId="a", textPayload="x", timestamp="2026-11-21T10:00:00.123456789Z")
    for microsecond in (123_456, 123_457):
        assert copy(cloud, LOG, "a", NOW.replace(microsecond=microsecond))["timestamp"].endswith("123456789Z")


def test_two_entries_of_one_id_within_a_moment_cannot_be_told_apart(cloud: Cloud) -> None:
    for microsecond in (1, 2):
        put(cloud, insertId="a", textPayload=f"{microsecond}", at=NOW.replace(microsecond=microsecond))
    with pytest.raises(LookFailed, match="2 entries of the same id and time"):
        copy(cloud, LOG, "a")


@pytest.mark.parametrize("owner", ["organizations/123456789012", "folders/1001"])
def test_folders_and_organisations_have_logs_of_their_own(cloud: Cloud, owner: str) -> None:
    put(cloud, f"{owner}/logs/x", insertId="a", textPayload="x")
    assert copy(cloud, f"{owner}/logs/x", "a")["logName"] == f"{owner}/logs/x"


@pytest.mark.parametrize("owner", [PROJECT, "folders/1001", "organizations/123456789012"])
def test_private_logs_that_we_may_not_read_are_not_taken_for_absent_ones(cloud: Cloud, owner: str) -> None:
    log = f"{owner}/logs/cloudaudit.googleapis.com%2Fdata_access"
    put(cloud, log, insertId="a", protoPayload={"@type": AUDIT})
    assert copy(cloud, log, "b") is None
    found = refused(cloud, "logging.privateLogEntries.list", lambda: copy(cloud, log, "a"))
    assert (found.permission, found.on) == ("logging.privateLogEntries.list", owner)
    assert copy(cloud, f"{owner}/logs/app", "a") is None


@pytest.mark.parametrize("fault", [FaultKind.UNAVAILABLE, FaultKind.MALFORMED, FaultKind.LOST_REPLY])
def test_without_knowing_what_we_may_read_a_private_entry_is_not_said_to_be_absent(
    cloud: Cloud, fault: FaultKind
) -> None:
    method = "cloudresourcemanager.projects.testIamPermissions"
    fails(cloud, method, fault, lambda: copy(cloud, PRIVATE, "a"))


@pytest.mark.parametrize("log", ["", "app", "projects/acme-web", "projects/acme-web/logs/a/b", "things/x/logs/app", "projects//logs/x"])  # fmt: skip
def test_no_question_is_built_of_a_log_that_nothing_can_have(cloud: Cloud, log: str) -> None:
    with pytest.raises(LookFailed, match="no log has such a name"):
        copy(cloud, log, "a")
    assert cloud.world.calls == []


def test_a_filter_that_is_too_long_is_a_look_that_failed(cloud: Cloud) -> None:
    with pytest.raises(LookFailed, match="longer than 20000 characters"):
        copy(cloud, LOG, "a" * 20_000)


def answering(entry: Any) -> GoogleClients:
    """Clients of a Cloud Logging that has one entry, whatever is asked of it."""

    class Logging:
        def list_log_entries(self, **_: Any) -> Any:
            reply = ListLogEntriesResponse(entries=[entry])
            return type("Pager", (), {"pages": [reply]})()

    clients = GoogleClients("127.0.0.1:1")
    clients.__dict__["logging"] = Logging()
    return clients


@pytest.mark.parametrize(
    ("kind", "value"), [("google.cloud.unheard.Of", b"\x08\x01"), ("google.cloud.audit.AuditLog", b"\xff\xff\xff")]
)
def test_a_payload_that_cannot_be_unpacked_is_no_copy_and_no_change(kind: str, value: bytes) -> None:
    packed = any_pb2.Any(type_url=f"type.googleapis.com/{kind}", value=value)
    clients = answering(LogEntry(log_name=LOG, insert_id="a", timestamp=NOW, proto_payload=packed))
    with pytest.raises(LookFailed, match="cannot be unpacked"):
        cloud_logging.entry(clients, LOG, "a", NOW)
    with pytest.raises(LookFailed, match="makes no sense"):
        cloud_logging.changes(clients, PROJECT, NOW - DAY, NOW)


def said(
    cloud: Cloud, minutes: int, code: str = "", *, instance: str = "42", log: str = "syslog", **payload: Any
) -> None:
    machine = {"type": "gce_instance", "labels": {"project_id": "acme-web", "instance_id": instance, "zone": "z"}}
    what = {"jsonPayload": {"code": code}} if code else payload or {"textPayload": "x"}
    put(cloud, f"{PROJECT}/logs/{log}", NOW + timedelta(minutes=minutes), resource=machine, **what)


def test_the_last_sign_of_life_and_the_codes_are_told_newest_first(cloud: Cloud) -> None:
    said(cloud, 1, "LogApiPermissionErr", log="ops-agent-health")
    said(cloud, 2, "MonApiScopeErr", log="ops-agent-health")
    said(cloud, 3, "LogApiPermissionErr", log="ops-agent-health")
    said(cloud, 4, "LogPingOpsAgent", log="ops-agent-health")
    said(cloud, 5)
    assert beat(cloud) == Beat(last=NOW + timedelta(minutes=5), codes=("LogApiPermissionErr", "MonApiScopeErr"))
    assert beat(cloud, project="acme-web", since=NOW + timedelta(minutes=6)) == Beat(last=None)


def test_other_machines_and_what_google_writes_of_this_one_are_no_signs_of_life(cloud: Cloud) -> None:
    said(cloud, 1, instance="43")
    said(cloud, 2, log="serialconsole.googleapis.com%2Fserial_port_1_output")
    said(cloud, 3, log="cloudaudit.googleapis.com%2Factivity", protoPayload={"@type": AUDIT})
    put(cloud, textPayload="of no machine")
    assert beat(cloud) == Beat(last=None)


def test_a_code_outside_the_agents_own_log_is_none(cloud: Cloud) -> None:
    said(cloud, 1, "LogApiPermissionErr", log="app")
    assert beat(cloud) == Beat(last=NOW + timedelta(minutes=1))


def test_a_hostile_machine_id_hears_nothing(cloud: Cloud) -> None:
    said(cloud, 1)
    assert beat(cloud, instance_id='x" OR resource.labels.instance_id="42') == Beat(last=None)


def test_of_many_codes_the_newest_are_enough(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cloud_logging, "MOST_CODES", 3)
    for minute in range(10):
        said(cloud, minute, f"Code{minute}Err", log="ops-agent-health")
    assert beat(cloud).codes == ("Code9Err", "Code8Err", "Code7Err")


@pytest.mark.parametrize("look", LOOKS)
def test_a_refusal_names_the_permission_that_is_missing(cloud: Cloud, look: str) -> None:
    assert refused(cloud, "logging.logEntries.list", lambda: LOOKS[look](cloud)).permission == "logging.logEntries.list"


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("fault", [*OUTAGES, FaultKind.ENDLESS])
def test_without_a_usable_answer_the_look_has_failed(cloud: Cloud, look: str, fault: FaultKind) -> None:
    fails(cloud, LIST, fault, lambda: LOOKS[look](cloud))


def test_pages_that_end_only_after_they_gave_something_are_read_to_their_end(cloud: Cloud) -> None:
    for _ in range(3):
        add_audit(cloud.world, "SetIamPolicy")
    cloud.world.faults.add(LIST, FaultKind.ENDLESS, -1)
    with pytest.raises(LookFailed, match="do not end"):
        changes(cloud)
    said(cloud, 1)
    with pytest.raises(LookFailed, match="do not end"):
        beat(cloud)


def test_a_project_that_does_not_exist_has_no_logs(cloud: Cloud) -> None:
    clients = cloud.clients()
    assert "does not exist" in finds_nothing(lambda: cloud_logging.changes(clients, "projects/nobody", NOW - DAY, NOW))
    assert "does not exist" in finds_nothing(lambda: cloud_logging.beat(clients, "projects/nobody", "42", NOW))
    assert "does not exist" in finds_nothing(lambda: copy(cloud, "projects/nobody/logs/app", "a"))


@pytest.mark.parametrize("project", ["", "projects/", "folders/1001", "projects/a b", "projects/acme-web/x"])
def test_no_question_is_built_of_a_project_that_nothing_can_be(cloud: Cloud, project: str) -> None:
    with pytest.raises(LookFailed, match="no project has such a name"):
        cloud_logging.changes(cloud.clients(), project, NOW - DAY, NOW)
    with pytest.raises(LookFailed, match="no project has such a name"):
        cloud_logging.beat(cloud.clients(), project, "42", NOW)
    assert cloud.world.calls == []


def test_somebody_without_rights_is_not_allowed_to_look(cloud: Cloud) -> None:
    with pytest.raises(NotAllowedToLook, match="Permission denied for all log views"):
        cloud_logging.changes(cloud.clients(f"as:{ANN}"), PROJECT, NOW - DAY, datetime.now(UTC))
