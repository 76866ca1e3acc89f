"""What was changed lately, read out of the activity log through Google's own client."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from web_machine import AT, web
from worlds import NOW, Cloud, add_audit, add_bucket, grant

from sandbox.world import CRM
from shared.adapters import cloud_logging
from shared.errors import LookFailed
from shared.model.facts import Change

WEB = f"{CRM}/projects/acme-web"
PROJECT = "projects/acme-web"
ANN, BOB = "user:ann@example.com", "user:bob@example.com"
DAY = timedelta(days=1)


def changes(cloud: Cloud, **more: Any) -> tuple[Change, ...]:
    return cloud_logging.changes(cloud.clients(), PROJECT, **{"since": NOW - DAY, "until": NOW + DAY, **more})


def test_a_grant_and_its_end_are_told_with_their_bindings_newest_first(cloud: Cloud) -> None:
    add_bucket(cloud.world, "photos")
    grant(cloud.world, WEB, "roles/owner", ANN)
    bucket = cloud.clients(f"as:{ANN}").storage.bucket("photos")
    for members in ({ANN, BOB}, {ANN}):
        policy = bucket.get_iam_policy(requested_policy_version=3)
        policy.bindings = [{"role": "roles/storage.objectViewer", "members": members}]
        bucket.set_iam_policy(policy)
        cloud.world.clock.turn(timedelta(minutes=1))
    removal, addition = changes(cloud)
    assert addition.added == (f"roles/storage.objectViewer {ANN}", f"roles/storage.objectViewer {BOB}")
    assert (removal.removed, removal.added) == ((f"roles/storage.objectViewer {BOB}",), ())
    assert (removal.at, removal.by) == (NOW + timedelta(minutes=1), "ann@example.com")
    assert removal.method.lower().endswith(("setiampolicy", "setiampermissions"))
    assert removal.resource == "//storage.googleapis.com/projects/_/buckets/photos"


@pytest.mark.parametrize(
    "method",
    [
        "SetIamPolicy",
        "google.iam.admin.v1.SetIAMPolicy",
        "storage.setIamPermissions",
        "v1.compute.instances.setIamPolicy",
        "google.api.serviceusage.v1.ServiceUsage.EnableService",
        "google.api.serviceusage.v1.ServiceUsage.DisableService",
        "google.iam.admin.v1.CreateServiceAccount",
        "google.iam.admin.v1.DeleteServiceAccount",
        "google.iam.admin.v1.DisableServiceAccount",
        "google.iam.admin.v1.EnableServiceAccount",
        "google.iam.admin.v1.UndeleteServiceAccount",
        "google.iam.v2.Policies.CreatePolicy",
        "google.iam.v2.Policies.UpdatePolicy",
        "google.iam.v2.Policies.DeletePolicy",
        "google.iam.admin.v1.UpdateRole",
        "google.iam.admin.v1.DeleteRole",
        "storage.buckets.delete",
        "google.pubsub.v1.Publisher.DeleteTopic",
        "google.cloud.bigquery.v2.DatasetService.DeleteDataset",
    ],
)
def test_changes_of_policies_roles_apis_and_accounts_and_deletions_are_told(cloud: Cloud, method: str) -> None:
    add_audit(cloud.world, method)
    (change,) = changes(cloud)
    assert (change.method, change.at, change.by) == (method, NOW, "ann@example.com")
    assert change.resource == f"//x.googleapis.com/{PROJECT}/things/t"


@pytest.mark.parametrize(
    "method",
    [
        "storage.buckets.create",
        "v1.compute.instances.insert",
        "google.iam.admin.v1.CreateServiceAccountKey",
        "google.cloud.orgpolicy.v2.OrgPolicy.CreatePolicy",
        "google.cloud.x.v1.Undeleter.Run",
        "x.deleted.Get",
    ],
)
def test_other_calls_are_no_changes(cloud: Cloud, method: str) -> None:
    add_audit(cloud.world, method)
    assert changes(cloud) == ()


def test_only_what_succeeded_was_changed(cloud: Cloud) -> None:
    add_audit(cloud.world, "SetIamPolicy", status={"code": 7, "message": "no"})
    add_audit(cloud.world, "SetIamPolicy", status={"code": 0}, resourceName="done")
    assert [one.resource for one in changes(cloud)] == ["//x.googleapis.com/done"]


def test_an_operation_that_fails_in_the_end_changed_nothing_and_one_that_ends_well_counts_once(cloud: Cloud) -> None:
    for name, code in (("good", 0), ("bad", 9)):
        for minute, end in ((0, {"first": True}), (1, {"last": True})):
            failed = {"code": code} if code and minute else {}
            operation = {"id": name, "producer": "serviceusage.googleapis.com", **end}
            at = NOW + timedelta(minutes=minute)
            add_audit(cloud.world, "x.DisableService", at, resourceName=name, status=failed, operation=operation)
    begun = {"id": "begun", "producer": "serviceusage.googleapis.com", "first": True}
    add_audit(cloud.world, "x.DisableService", NOW, resourceName="begun", operation=begun)
    assert [(one.resource, one.at) for one in changes(cloud)] == [
        ("//x.googleapis.com/good", NOW + timedelta(minutes=1)),
        ("//x.googleapis.com/begun", NOW),
    ]


def test_switching_several_apis_at_once_is_a_change_of_each(cloud: Cloud) -> None:
    cloud.world.resources[WEB].hidden["off"] = ["pubsub.googleapis.com", "vision.googleapis.com"]
    grant(cloud.world, WEB, "roles/owner", ANN)
    services = ["pubsub.googleapis.com", "vision.googleapis.com"]
    request = {"parent": "projects/111111111111", "service_ids": services}
    cloud.clients(f"as:{ANN}").service_usage.batch_enable_services(request=request)
    found = changes(cloud)
    assert [one.resource for one in found] == [
        f"//serviceusage.googleapis.com/projects/111111111111/services/{one}" for one in services
    ]
    assert {(one.method.rpartition(".")[2], one.by) for one in found} == {("BatchEnableServices", "ann@example.com")}


def test_an_api_that_was_switched_off_is_told_with_its_name(cloud: Cloud) -> None:
    grant(cloud.world, WEB, "roles/owner", ANN)
    name = f"{PROJECT}/services/pubsub.googleapis.com"
    cloud.clients(f"as:{ANN}").service_usage.disable_service(request={"name": name})
    cloud.world.clock.turn(timedelta(minutes=1))
    (change,) = changes(cloud)
    assert change.method == "google.api.serviceusage.v1.ServiceUsage.DisableService"
    assert (change.resource, change.at) == (f"//serviceusage.googleapis.com/{name}", NOW + timedelta(seconds=5))


@pytest.mark.parametrize("part", ["metadata", "request"])
def test_the_delta_of_a_policy_is_read_wherever_a_service_writes_it(cloud: Cloud, part: str) -> None:
    deltas = [
        {"action": "ADD", "role": "r", "member": "m"},
        {"action": "REMOVE", "role": "s", "member": "n"},
        "odd",
        {},
    ]
    add_audit(cloud.world, "SetIamPolicy", **{part: {"policyDelta": {"bindingDeltas": deltas}}})
    add_audit(cloud.world, "SetIamPolicy", NOW - DAY / 2, **{part: {"policyDelta": "odd"}})
    newest, odd = changes(cloud)
    assert (newest.added, newest.removed) == (("r m",), ("s n",))
    assert (odd.added, odd.removed) == ((), ())


def test_a_principal_without_an_address_is_told_by_its_subject(cloud: Cloud) -> None:
    subject = "principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/subject/s"
    add_audit(cloud.world, "SetIamPolicy", authenticationInfo={"principalSubject": subject})
    assert changes(cloud)[0].by == subject


def test_only_the_changes_of_the_time_and_project_are_told(cloud: Cloud) -> None:
    for hours in (-2, -1, 1, 2):
        add_audit(cloud.world, "SetIamPolicy", NOW + timedelta(hours=hours))
    hour = timedelta(hours=1)
    assert [one.at for one in changes(cloud, since=NOW - hour, until=NOW + hour)] == [NOW + hour, NOW - hour]
    assert cloud_logging.changes(cloud.clients(), "projects/acme-data", NOW - DAY, NOW + DAY) == ()


def test_more_changes_than_anybody_would_read_are_no_answer(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cloud_logging, "MOST_CHANGES", 5)
    for _ in range(5):
        add_audit(cloud.world, "SetIamPolicy")
    assert len(changes(cloud)) == 5
    add_audit(cloud.world, "SetIamPolicy")
    with pytest.raises(LookFailed, match="there are more than 5"):
        changes(cloud)


def test_refused_attempts_do_not_crowd_out_what_was_changed(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cloud_logging, "MOST_CHANGES", 1)
    add_audit(cloud.world, "SetIamPolicy", NOW - timedelta(hours=1))
    for _ in range(20):
        add_audit(cloud.world, "SetIamPolicy", status={"code": 7})
    assert len(changes(cloud)) == 1


def removals(cloud: Cloud, who: str = "bob@example.com") -> tuple[Change, ...]:
    return cloud_logging.removals(cloud.clients(), PROJECT, who, NOW - DAY, NOW + DAY)


def delta(action: str, member: str = BOB, **more: Any) -> dict[str, Any]:
    return {"policyDelta": {"bindingDeltas": [{"action": action, "role": "r", "member": member, **more}]}}


@pytest.mark.invariant("I31")
@pytest.mark.parametrize("part", ["metadata", "request"])
def test_only_what_was_taken_from_somebody_is_told_wherever_it_is_written(cloud: Cloud, part: str) -> None:
    add_audit(cloud.world, "SetIamPolicy", **{part: delta("REMOVE")})
    add_audit(cloud.world, "SetIamPolicy", **{part: delta("ADD")})
    add_audit(cloud.world, "SetIamPolicy", **{part: delta("REMOVE", ANN)})
    add_audit(cloud.world, "SetIamPolicy", **{part: delta("REMOVE")}, status={"code": 7, "message": "no"})
    add_audit(cloud.world, "storage.buckets.delete", **{part: delta("REMOVE")})
    (change,) = removals(cloud)
    assert change.taken == change.removed == (f"r {BOB}",)
    assert removals(cloud, 'x" OR protoPayload.methodName="SetIamPolicy') == ()


def test_a_binding_whose_condition_was_over_is_told_as_ended(cloud: Cloud) -> None:
    add_bucket(cloud.world, "photos")
    grant(cloud.world, WEB, "roles/owner", ANN)
    bucket = cloud.clients(f"as:{ANN}").storage.bucket("photos")
    bucket.iam_configuration.uniform_bucket_level_access_enabled = True
    over, still = NOW + timedelta(minutes=30), NOW + timedelta(hours=2)
    bound = [
        {"role": "roles/storage.objectViewer", "members": {BOB}, "condition": {"title": "t", "expression": one}}
        for one in (
            f'request.time < timestamp("{over:%Y-%m-%dT%H:%M:%SZ}")',
            f'request.time < timestamp("{still:%Y-%m-%dT%H:%M:%SZ}")',
            f'request.time < timestamp("{over:%Y-%m-%dT%H:%M:%SZ}") || true',
        )
    ]
    for bindings in (bound, []):
        policy = bucket.get_iam_policy(requested_policy_version=3)
        policy.version, policy.bindings = 3, bindings
        bucket.set_iam_policy(policy)
        cloud.world.clock.turn(timedelta(hours=1))
    (change,) = removals(cloud)
    one = f"roles/storage.objectViewer {BOB}"
    assert (change.removed, change.ended, change.taken) == ((one,) * 3, (one,), (one,) * 2)


def test_more_removals_than_anybody_would_read_are_no_answer(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cloud_logging, "MOST_CHANGES", 1)
    for _ in range(2):
        assert len(removals(cloud)) < 2
        add_audit(cloud.world, "SetIamPolicy", metadata=delta("REMOVE"))
    with pytest.raises(LookFailed, match="there are more than 1"):
        removals(cloud)


def touched(cloud: Cloud, instance_id: str = "42") -> tuple[Change, ...]:
    return cloud_logging.touched(cloud.clients(), "acme-web", instance_id, NOW - DAY, NOW + DAY)


def on_machine(cloud: Cloud, method: str, instance_id: str = "42", **payload: Any) -> None:
    entry = add_audit(cloud.world, method, **payload)
    entry["resource"] = {"type": "gce_instance", "labels": {"project_id": "acme-web", "instance_id": instance_id}}


@pytest.mark.hazard("H43")
@pytest.mark.parametrize("verb", ["setMetadata", "setServiceAccount", "update"])
@pytest.mark.parametrize("version", ["v1", "beta"])
def test_who_changed_what_a_machine_runs_is_told_of_that_machine_only(cloud: Cloud, verb: str, version: str) -> None:
    method = f"{version}.compute.instances.{verb}"
    on_machine(cloud, method)
    on_machine(cloud, method, "43")
    on_machine(cloud, method, status={"code": 7, "message": "no"})
    on_machine(cloud, f"{version}.compute.instances.start")
    (change,) = touched(cloud)
    assert (change.method, change.by, change.at) == (method, "ann@example.com", NOW)
    assert touched(cloud, '43" OR resource.labels.instance_id="42') == ()


@pytest.mark.hazard("H43")
def test_a_machine_whose_account_was_really_set_tells_who_did_it(cloud: Cloud) -> None:
    grant(cloud.world, WEB, "roles/owner", ANN)
    machine = web(cloud, status="TERMINATED")
    request = {"service_account": {"email": "", "scopes": []}}
    cloud.clients(f"as:{ANN}").instances.set_service_account(
        project=AT[0],
        zone=AT[1],
        instance=AT[2],
        instances_set_service_account_request_resource=request["service_account"],
    )
    (change,) = touched(cloud, str(machine.body["id"]))
    assert (change.by, change.method) == ("ann@example.com", "v1.compute.instances.setServiceAccount")
