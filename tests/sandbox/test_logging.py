"""Cloud Logging of the sandbox: entries are written and found by whoever may, as Google's own client sees it."""

from __future__ import annotations

from typing import Any

import pytest
from google.api_core import exceptions
from google.cloud.logging_v2.types import ListLogEntriesRequest, LogEntry
from worlds import FOLDER, ORGANIZATION, Cloud, add_account, add_bucket, grant

from sandbox.world import CRM, Resource

EMAIL = "app@acme-web.iam.gserviceaccount.com"
APP = f"serviceAccount:{EMAIL}"
ANN = "user:ann@example.com"
WEB, DATA = f"{CRM}/projects/acme-web", f"{CRM}/projects/acme-data"
LOG = "projects/acme-web/logs/app"
ACTIVITY = "projects/acme-web/logs/cloudaudit.googleapis.com%2Factivity"
PRIVATE = "projects/acme-web/logs/cloudaudit.googleapis.com%2Fdata_access"


def listed(cloud: Cloud, token: str = "reader", **request: Any) -> list[str]:
    """The ids of the entries that a caller is shown."""
    asked = {"resource_names": ["projects/acme-web"], **request}
    return [
        one.insert_id for one in cloud.clients(token).logging.list_log_entries(request=ListLogEntriesRequest(asked))
    ]


def put(cloud: Cloud, insert_id: str, log: str = LOG, **more: Any) -> None:
    resource = {"type": "global", "labels": {"project_id": "acme-web"}}
    cloud.world.log({"logName": log, "insertId": insert_id, "resource": resource, **more})


def write(cloud: Cloud, token: str = f"as:{APP}", **request: Any) -> None:
    asked = {"entries": [{"log_name": LOG, "text_payload": "hello"}], **request}
    cloud.clients(token).logging.write_log_entries(request=asked)


def test_entries_come_in_the_order_of_time_and_of_id(cloud: Cloud) -> None:
    for insert_id, second in (("b", 1), ("a", 1), ("z", 0)):
        put(cloud, insert_id, textPayload="x", timestamp=f"2026-11-21T10:00:0{second}.000000001Z")
    assert listed(cloud) == ["z", "a", "b"]
    assert listed(cloud, order_by="timestamp desc") == ["a", "b", "z"]
    assert listed(cloud, filter='timestamp>"2026-11-21T10:00:01Z" insertId=a') == ["a"]


def test_every_page_is_given_once(cloud: Cloud) -> None:
    for number in range(7):
        put(cloud, f"{number}", textPayload="x")
    assert listed(cloud, page_size=3) == [f"{number}" for number in range(7)]
    assert cloud.world.calls.count("logging.entries.list") == 3


def test_the_same_entry_written_twice_is_shown_once(cloud: Cloud) -> None:
    at = "2026-11-21T10:00:00Z"
    put(cloud, "a", textPayload="first", timestamp=at)
    put(cloud, "a", textPayload="second", timestamp=at)
    put(cloud, "a", textPayload="another log", timestamp=at, log=f"{LOG}2")
    (first, _) = cloud.clients().logging.list_log_entries(resource_names=["projects/acme-web"])
    assert first.text_payload == "first"
    assert listed(cloud) == ["a", "a"]


def test_an_organisation_lists_its_own_logs_and_not_those_of_its_projects(cloud: Cloud) -> None:
    put(cloud, "project", textPayload="x")
    put(cloud, "folder", textPayload="x", log="folders/1001/logs/app")
    put(cloud, "organisation", textPayload="x", log="organizations/123456789012/logs/app")
    assert listed(cloud, resource_names=["organizations/123456789012"]) == ["organisation"]
    assert sorted(listed(cloud, resource_names=["projects/111111111111", "folders/1001"])) == ["folder", "project"]


def test_listing_needs_the_permission_on_every_resource(cloud: Cloud) -> None:
    both = ["projects/acme-web", "projects/acme-data"]
    with pytest.raises(exceptions.PermissionDenied, match="Permission denied for all log views"):
        listed(cloud, f"as:{ANN}")
    grant(cloud.world, WEB, "roles/logging.viewer", ANN)
    assert listed(cloud, f"as:{ANN}") == []
    with pytest.raises(exceptions.PermissionDenied):
        listed(cloud, f"as:{ANN}", resource_names=both)
    grant(cloud.world, DATA, "roles/logging.viewer", ANN)
    assert listed(cloud, f"as:{ANN}", resource_names=both, filter="textPayload:*") == []


@pytest.mark.parametrize(
    ("role", "shown"),
    [("logging.viewer", ["a"]), ("viewer", ["a"]), ("logging.privateLogViewer", ["a", "p"]), ("owner", ["a", "p"])],
)
def test_private_logs_are_left_out_for_those_who_may_not_read_them(cloud: Cloud, role: str, shown: list[str]) -> None:
    cloud.world.resources[WEB].hidden["data_access"] = False
    put(cloud, "a", log=ACTIVITY)
    put(cloud, "p", log=PRIVATE)
    grant(cloud.world, WEB, f"roles/{role}", ANN)
    assert listed(cloud, f"as:{ANN}") == shown


def test_a_reader_who_may_not_see_private_logs_is_told_so_by_a_test_of_permissions(cloud: Cloud) -> None:
    put(cloud, "p", log=PRIVATE)
    private, plain = "logging.privateLogEntries.list", "logging.logEntries.list"
    cloud.world.reader_cannot.append(private)
    asked = {"resource": "projects/acme-web", "permissions": [private, plain]}
    assert list(cloud.clients().projects.test_iam_permissions(request=asked).permissions) == [plain]
    assert listed(cloud) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"filter": "insertId="},
        {"filter": "thud=1"},
        {"order_by": "insertId"},
        {"page_size": 1_001},
        {"page_size": -1},
        {"resource_names": []},
        {"resource_names": ["billing/1"]},
        {"resource_names": ["projects/"]},
    ],
)
def test_a_request_that_makes_no_sense_is_an_invalid_argument(cloud: Cloud, wrong: Any) -> None:
    with pytest.raises(exceptions.InvalidArgument):
        listed(cloud, **wrong)


def test_the_place_of_a_mistake_in_a_filter_is_told(cloud: Cloud) -> None:
    with pytest.raises(exceptions.InvalidArgument, match="syntax error at line 2, column 13, token ':'"):
        listed(cloud, filter="severity=INFO\ninsertId=abc:def")


def test_a_project_that_does_not_exist_is_not_found(cloud: Cloud) -> None:
    with pytest.raises(exceptions.NotFound):
        listed(cloud, resource_names=["projects/nobody"])


def test_a_denied_write_is_refused_and_a_granted_one_is_found_again(cloud: Cloud) -> None:
    add_account(cloud.world, EMAIL)
    with pytest.raises(exceptions.PermissionDenied, match=r"Permission 'logging\.logEntries\.create' denied") as denied:
        write(cloud)
    assert (denied.value.reason, denied.value.metadata["permission"]) == (
        "IAM_PERMISSION_DENIED",
        "logging.logEntries.create",
    )
    assert listed(cloud, filter="textPayload:hello") == []
    grant(cloud.world, WEB, "roles/logging.logWriter", APP)
    write(cloud)
    (found,) = cloud.clients().logging.list_log_entries(
        resource_names=["projects/acme-web"], filter="textPayload:hello"
    )
    assert (found.log_name, found.resource.labels["project_id"]) == (LOG, "acme-web")
    assert all((found.insert_id, found.timestamp, found.receive_timestamp))


def test_what_a_request_says_once_counts_for_all_its_entries(cloud: Cloud) -> None:
    entries = [{"text_payload": "1"}, {"text_payload": "2", "labels": {"a": "own"}}]
    machine = {"type": "gce_instance", "labels": {"instance_id": "42"}}
    write(cloud, "reader", log_name=LOG, resource=machine, labels={"a": "all", "b": "all"}, entries=entries)
    first, second = cloud.clients().logging.list_log_entries(resource_names=["projects/acme-web"])
    assert (dict(first.labels), dict(second.labels)) == ({"a": "all", "b": "all"}, {"a": "own", "b": "all"})
    assert dict(second.resource.labels) == {"instance_id": "42", "project_id": "acme-web"}


def test_a_project_named_by_its_number_owns_the_same_logs(cloud: Cloud) -> None:
    write(cloud, "reader", log_name="projects/111111111111/logs/app", entries=[{"text_payload": "x"}])
    assert cloud.world.entries[-1]["logName"] == LOG


def test_nobody_writes_where_google_writes_its_audit_entries(cloud: Cloud) -> None:
    for log in (ACTIVITY, PRIVATE):
        with pytest.raises(exceptions.InvalidArgument, match="reserved for audit logs"):
            write(cloud, "reader", entries=[{"log_name": log, "text_payload": "I was Google"}])
    assert cloud.world.entries == []


def test_writing_to_two_projects_needs_the_permission_in_both_and_writes_nothing_otherwise(cloud: Cloud) -> None:
    add_account(cloud.world, EMAIL)
    grant(cloud.world, WEB, "roles/logging.logWriter", APP)
    other = {"log_name": "projects/acme-data/logs/app", "text_payload": "x"}
    with pytest.raises(exceptions.PermissionDenied):
        write(cloud, entries=[{"log_name": LOG, "text_payload": "x"}, other])
    assert listed(cloud, filter="textPayload:*") == []


def test_a_dry_run_checks_and_writes_nothing(cloud: Cloud) -> None:
    write(cloud, "reader", dry_run=True)
    assert cloud.world.entries == []


@pytest.mark.parametrize("entries", [[], [{"text_payload": "x"}], [{"log_name": "app", "text_payload": "x"}]])
def test_an_entry_needs_a_log_to_go_to(cloud: Cloud, entries: Any) -> None:
    with pytest.raises(exceptions.InvalidArgument):
        write(cloud, "reader", entries=entries)


def test_a_machine_without_the_scope_may_not_write_whatever_its_roles(cloud: Cloud) -> None:
    add_account(cloud.world, EMAIL)
    grant(cloud.world, WEB, "roles/logging.logWriter", APP)
    path = "projects/acme-web/zones/z/instances/web"
    body = {
        "id": "42",
        "status": "RUNNING",
        "serviceAccounts": [{"email": EMAIL, "scopes": ["https://www.googleapis.com/auth/logging.read"]}],
    }
    name = f"//compute.googleapis.com/{path}"
    cloud.world.add(Resource(name=name, kind="instances", project="acme-web", body=body))
    with pytest.raises(exceptions.PermissionDenied, match="insufficient authentication scopes"):
        write(cloud, f"vm:{path}")
    body["serviceAccounts"][0]["scopes"] = ["https://www.googleapis.com/auth/logging.write"]
    write(cloud, f"vm:{path}")


def test_audit_entries_come_as_packed_messages_with_the_change_of_a_policy(cloud: Cloud) -> None:
    add_bucket(cloud.world, "photos")
    grant(cloud.world, WEB, "roles/owner", ANN)
    bucket = cloud.clients(f"as:{ANN}").storage.bucket("photos")
    policy = bucket.get_iam_policy(requested_policy_version=3)
    policy.bindings.append({"role": "roles/storage.objectViewer", "members": {ANN}})
    bucket.set_iam_policy(policy)
    from google.cloud.audit.audit_log_pb2 import AuditLog
    from google.iam.v1.logging.audit_data_pb2 import AuditData

    (entry,) = cloud.clients().logging.list_log_entries(
        resource_names=["projects/acme-web"], filter='log_id("cloudaudit.googleapis.com/activity")'
    )
    audit, data = AuditLog(), AuditData()
    assert LogEntry.pb(entry).proto_payload.Unpack(audit)
    assert audit.service_data.Unpack(data)
    (delta,) = data.policy_delta.binding_deltas
    assert (delta.role, delta.member) == ("roles/storage.objectViewer", ANN)


def test_an_entry_that_is_none_is_a_defect_of_the_sandbox(cloud: Cloud) -> None:
    put(cloud, "odd", noSuchField="x")
    with pytest.raises(exceptions.Unknown):
        listed(cloud)
    (said,) = [one for one in cloud.world.violations if "noSuchField" in one and one.startswith("entry odd")]
    cloud.world.violations.clear()
    assert LOG in said


def test_sinks_are_found_by_name_and_by_what_owns_them(cloud: Cloud) -> None:
    for parent, owner in (("organizations/123456789012", ORGANIZATION), ("folders/1001", FOLDER)):
        body = {
            "name": "denials",
            "destination": "pubsub.googleapis.com/projects/acme-web/topics/denials",
            "includeChildren": True,
            "writerIdentity": "serviceAccount:service-org-1@gcp-sa-logging.iam.gserviceaccount.com",
        }
        name = f"//logging.googleapis.com/{parent}/sinks/denials"
        cloud.world.add(Resource(name=name, kind="sinks", parent=owner, body=body))
    config = cloud.clients().logging_config
    found = config.get_sink(sink_name="organizations/123456789012/sinks/denials")
    assert (found.include_children, found.destination.rpartition("/")[2]) == (True, "denials")
    assert [one.name for one in config.list_sinks(parent="folders/1001")] == ["denials"]
    assert list(config.list_sinks(parent="projects/acme-web")) == []
    with pytest.raises(exceptions.NotFound):
        config.get_sink(sink_name="projects/acme-web/sinks/denials")
    with pytest.raises(exceptions.PermissionDenied):
        cloud.clients(f"as:{ANN}").logging_config.get_sink(sink_name="folders/1001/sinks/denials")
