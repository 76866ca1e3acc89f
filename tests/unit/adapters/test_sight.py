"""What a fix in progress sees: the APIs that are on, how an operation ended, whether the refused call succeeds now."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from looks import OUTAGES, fails, finds_nothing, refused
from web_machine import AT, EMAIL, NAME, later, stop, web
from worlds import NOW, Cloud, add_account, add_audit, add_bucket, grant

from sandbox.faults import FaultKind
from sandbox.world import CRM
from shared.adapters import sight as adapter
from shared.adapters.google_sight import GoogleSight
from shared.errors import LookFailed, NotAllowedToLook
from shared.model.names import Permission
from shared.model.outcomes import Operation, Outcomes
from shared.model.work import MachineName, OriginalCall

PROJECT, STORAGE = "projects/acme-web", "storage.googleapis.com"
UPLOADER = "up@acme-web.iam.gserviceaccount.com"
CREATE = Permission("storage.objects.create")
OBJECT = "projects/_/buckets/photos/objects/cat.jpg"
CALL = OriginalCall(
    principal=UPLOADER, permission=CREATE, service=STORAGE, resource=f"//{STORAGE}/{OBJECT}", project=PROJECT
)
SINCE, UNTIL = NOW - timedelta(minutes=10), NOW + timedelta(minutes=10)


def sight(cloud: Cloud) -> GoogleSight:
    return GoogleSight(cloud.clients())


def seen(cloud: Cloud, call: OriginalCall = CALL) -> Outcomes:
    return sight(cloud).outcomes(call, SINCE, UNTIL)


def other(**changed: Any) -> OriginalCall:
    own = {name: getattr(CALL, name) for name in CALL.__struct_fields__}
    return OriginalCall(**{**own, **changed})


def audit(cloud: Cloud, minute: int = 0, **changed: Any) -> None:
    """The audit entry of an upload that succeeded, or of another call."""
    checked = {"permission": CREATE, "resource": OBJECT, "granted": True, **changed.pop("checked", {})}
    entry = {
        "serviceName": STORAGE,
        "resourceName": OBJECT,
        "authenticationInfo": {"principalEmail": UPLOADER},
        "authorizationInfo": [checked],
        **changed,
    }
    add_audit(cloud.world, "storage.objects.create", NOW + timedelta(minutes=minute), **entry)


DENIED = {"status": {"code": 7, "message": "denied"}, "checked": {"granted": False}}


def test_a_call_that_is_let_through_and_one_that_is_refused_are_told_apart(cloud: Cloud) -> None:
    audit(cloud, 1, **DENIED)
    audit(cloud, 3)
    audit(cloud, 2, **DENIED)
    audit(cloud, 4)
    minutes = {minute: NOW + timedelta(minutes=minute) for minute in range(1, 5)}
    assert seen(cloud) == Outcomes(succeeded=(minutes[3], minutes[4]), refused=(minutes[1], minutes[2]), traffic=True)


def test_the_workload_itself_is_seen_as_it_calls(cloud: Cloud) -> None:
    add_account(cloud.world, UPLOADER)
    bucket = add_bucket(cloud.world, "photos")
    upload = lambda: cloud.clients(f"as:serviceAccount:{UPLOADER}").storage.bucket("photos").blob("cat.jpg")  # noqa: E731
    with pytest.raises(Exception, match=r"does not have storage\.objects\.create"):
        upload().upload_from_string(b"meow")
    later(cloud, minutes=1)
    grant(cloud.world, bucket.name, "roles/storage.objectCreator", f"serviceAccount:{UPLOADER}")
    upload().upload_from_string(b"meow")
    assert seen(cloud) == Outcomes(succeeded=(NOW + timedelta(minutes=1),), refused=(NOW,), traffic=True)


@pytest.mark.parametrize(
    "changed",
    [
        {"checked": {"permission": "storage.objects.get"}},
        {"resourceName": f"{OBJECT}.png", "checked": {"resource": f"{OBJECT}.png"}},
        {"status": {"code": 5, "message": "no such bucket"}},
        {"status": {"code": 13}},
        {"checked": {"granted": False}},
        {"authorizationInfo": []},
    ],
)
def test_another_call_or_one_that_failed_otherwise_is_traffic_and_nothing_more(
    cloud: Cloud, changed: dict[str, Any]
) -> None:
    audit(cloud, **changed)
    assert seen(cloud) == Outcomes(traffic=True)


@pytest.mark.parametrize(
    "changed",
    [
        {"authenticationInfo": {"principalEmail": "other@acme-web.iam.gserviceaccount.com"}},
        {"authenticationInfo": {"principalEmail": UPLOADER.upper()}},
        {"authenticationInfo": {}},
        {"serviceName": "pubsub.googleapis.com"},
    ],
)
def test_what_others_do_and_what_is_done_elsewhere_is_not_seen(cloud: Cloud, changed: dict[str, Any]) -> None:
    audit(cloud, **changed)
    assert seen(cloud) == Outcomes()


@pytest.mark.parametrize("minute", [-11, 11])
def test_nothing_before_or_after_the_time_counts(cloud: Cloud, minute: int) -> None:
    audit(cloud, minute)
    assert seen(cloud) == Outcomes()


@pytest.mark.hazard("H07")
def test_an_entry_that_somebody_else_than_google_wrote_proves_nothing(cloud: Cloud) -> None:
    audit(cloud)
    cloud.world.entries[-1]["logName"] = f"{PROJECT}/logs/forged"
    assert seen(cloud) == Outcomes()


def test_a_call_by_a_federated_identity_is_found_by_its_subject(cloud: Cloud) -> None:
    subject = "principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/P/subject/Bob"
    audit(cloud, authenticationInfo={"principalSubject": subject})
    assert seen(cloud, other(principal=subject)).succeeded == (NOW,)


def test_what_is_inside_the_refused_resource_is_the_same_but_everything_in_a_project_is_not(cloud: Cloud) -> None:
    audit(cloud)
    assert seen(cloud, other(resource="projects/_/buckets/photos")).succeeded == (NOW,)
    assert seen(cloud, other(resource="projects/_/buckets/pho")).succeeded == ()
    for wide in (f"//{STORAGE}/projects/_", f"{CRM}/projects/acme-web"):
        assert seen(cloud, other(resource=wide)).succeeded == ()


def test_a_permission_is_looked_for_on_the_resource_it_was_checked_on(cloud: Cloud) -> None:
    checked = [
        {"permission": CREATE, "resource": "projects/_/buckets/other", "granted": True},
        {"permission": CREATE, "resource": OBJECT},
    ]
    audit(cloud, resourceName="projects/_/buckets/other", authorizationInfo=checked)
    assert seen(cloud) == Outcomes(traffic=True)


@pytest.mark.parametrize("unknown", ["permission", "resource"])
def test_without_knowing_what_was_refused_no_success_is_told_but_every_refusal(cloud: Cloud, unknown: str) -> None:
    audit(cloud, 1)
    audit(cloud, 2, **DENIED)
    found = seen(cloud, other(**{unknown: None}))
    assert found == Outcomes(refused=(NOW + timedelta(minutes=2),), traffic=True)


def test_without_knowing_the_service_any_call_of_the_caller_is_traffic(cloud: Cloud) -> None:
    audit(cloud, serviceName="pubsub.googleapis.com", authorizationInfo=[])
    assert seen(cloud, other(service=None)) == Outcomes(traffic=True)


@pytest.mark.parametrize("unknown", [{"principal": None}, {"project": None}, {"project": "projects/_"}])
def test_where_it_is_not_known_who_called_or_where_nothing_is_seen(cloud: Cloud, unknown: dict[str, Any]) -> None:
    audit(cloud)
    assert seen(cloud, other(**unknown)) == Outcomes()
    assert cloud.world.calls == []


@pytest.mark.parametrize("hostile", ['" OR "a"="a', "x\\", '")', "a\nb"])
def test_a_name_cannot_become_a_part_of_the_question(cloud: Cloud, hostile: str) -> None:
    audit(cloud)
    assert seen(cloud, other(principal=hostile)) == Outcomes()


def test_who_may_not_read_private_logs_sees_nothing_there(cloud: Cloud) -> None:
    audit(cloud)
    cloud.world.entries[-1]["logName"] = f"{PROJECT}/logs/cloudaudit.googleapis.com%2Fdata_access"
    assert seen(cloud).succeeded == (NOW,)
    cloud.world.reader_cannot.append("logging.privateLogEntries.list")
    assert seen(cloud) == Outcomes()


def test_only_the_newest_calls_of_very_many_are_told(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "MOST_CALLS", 3)
    for minute in range(5):
        audit(cloud, minute)
    assert [at.minute for at in seen(cloud).succeeded] == [2, 3, 4]


def test_a_refusal_to_read_the_logs_names_the_permission(cloud: Cloud) -> None:
    assert refused(cloud, "logging.logEntries.list", lambda: seen(cloud)).permission == "logging.logEntries.list"


@pytest.mark.parametrize("fault", [*OUTAGES, FaultKind.ENDLESS])
def test_without_a_usable_answer_nothing_is_said_of_the_calls(cloud: Cloud, fault: FaultKind) -> None:
    if fault is FaultKind.ENDLESS:
        audit(cloud)
    fails(cloud, "logging.entries.list", fault, lambda: seen(cloud))


def test_every_api_that_is_on_is_listed_however_many(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "PAGE", 50)
    off = ["pubsub.googleapis.com", "run.googleapis.com"]
    cloud.world.resources[f"{CRM}/projects/acme-web"].hidden["off"] = off
    for project in (PROJECT, "projects/111111111111"):
        found = sight(cloud).enabled_services(project)
        assert "storage.googleapis.com" in found
        assert not found & set(off)
        assert len(found) > 2 * adapter.PAGE


def test_the_list_of_apis_may_be_forbidden_or_of_no_project(cloud: Cloud) -> None:
    with pytest.raises(NotAllowedToLook):
        sight(cloud).enabled_services("projects/nobody")
    with pytest.raises(LookFailed, match="no project has such a name"):
        sight(cloud).enabled_services("folders/1001")
    needed = "serviceusage.services.list"
    assert refused(cloud, needed, lambda: sight(cloud).enabled_services(PROJECT)).permission == needed


@pytest.mark.parametrize("fault", [*OUTAGES, FaultKind.ENDLESS])
def test_without_a_usable_answer_nothing_is_said_of_the_apis(cloud: Cloud, fault: FaultKind) -> None:
    fails(cloud, "serviceusage.services.list", fault, lambda: sight(cloud).enabled_services(PROJECT))


def machine_of(cloud: Cloud, **hidden: Any) -> MachineName:
    project, zone, name = AT
    return MachineName(project=project, zone=zone, name=name, id=web(cloud, hidden=hidden).body["id"])


def test_an_operation_is_under_way_and_then_done(cloud: Cloud) -> None:
    machine, begun = machine_of(cloud), stop(cloud)
    assert sight(cloud).operation(machine, begun.name) == Operation(done=False)
    later(cloud, minutes=5)
    assert sight(cloud).operation(machine, begun.name) == Operation(done=True)


def test_an_operation_that_failed_tells_its_code_and_words(cloud: Cloud) -> None:
    machine = machine_of(cloud, fails={"stop": ["QUOTA_EXCEEDED"]})
    begun = stop(cloud)
    later(cloud, minutes=5)
    failed = sight(cloud).operation(machine, begun.name)
    assert (failed.done, failed.code) == (True, "QUOTA_EXCEEDED")
    assert failed.said.startswith("Quota 'CPUS' exceeded")


def test_a_failure_without_a_code_has_the_status_it_would_have_had(cloud: Cloud) -> None:
    machine, begun = machine_of(cloud), stop(cloud)
    later(cloud, minutes=5)
    operation = next(iter(cloud.world.of_kind("zoneOperations")))
    sight(cloud).operation(machine, begun.name)
    operation.body.update(httpErrorStatusCode=503, httpErrorMessage="SERVICE UNAVAILABLE")
    expected = Operation(done=True, code="HTTP 503", said="SERVICE UNAVAILABLE")
    assert sight(cloud).operation(machine, begun.name) == expected


def test_a_lost_operation_is_not_found(cloud: Cloud) -> None:
    machine = machine_of(cloud, loses_operations=1)
    begun = stop(cloud)
    assert "does not exist" in finds_nothing(lambda: sight(cloud).operation(machine, begun.name))


def test_an_operation_on_another_machine_is_no_answer(cloud: Cloud) -> None:
    machine_of(cloud)
    begun = stop(cloud)
    stranger = MachineName(project=AT[0], zone=AT[1], name=AT[2], id="1")
    with pytest.raises(LookFailed, match="another operation, or another machine"):
        sight(cloud).operation(stranger, begun.name)


@pytest.mark.parametrize("name", ["", "a/b", "a%2Fb", "..", "a b", "a?b"])
def test_nothing_is_asked_about_what_no_operation_is_called(cloud: Cloud, name: str) -> None:
    machine = machine_of(cloud)
    with pytest.raises(LookFailed, match="no operation has such a name"):
        sight(cloud).operation(machine, name)
    assert cloud.world.calls == []


@pytest.mark.parametrize("fault", OUTAGES)
def test_without_a_usable_answer_nothing_is_said_of_the_operation(cloud: Cloud, fault: FaultKind) -> None:
    machine, begun = machine_of(cloud), stop(cloud)
    fails(cloud, "compute.zoneOperations.get", fault, lambda: sight(cloud).operation(machine, begun.name))


def test_a_refusal_to_read_an_operation_names_the_permission(cloud: Cloud) -> None:
    machine, begun = machine_of(cloud), stop(cloud)
    needed = "compute.zoneOperations.get"
    assert refused(cloud, needed, lambda: sight(cloud).operation(machine, begun.name)).permission == needed


def test_what_explaining_asks_can_be_asked_here_too(cloud: Cloud) -> None:
    machine_of(cloud)
    assert sight(cloud).machine(*AT).account == EMAIL
    assert sight(cloud).policy(NAME).bindings == ()
