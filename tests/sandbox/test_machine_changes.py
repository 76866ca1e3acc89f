"""What may be done to a machine, what it takes, and every way in which it can go wrong."""

from __future__ import annotations

from typing import Any

import pytest
from google.api_core import exceptions
from google.auth.exceptions import RefreshError
from google.cloud import compute_v1
from web_machine import (
    ANN,
    EMAIL,
    PLATFORM,
    READ_ONLY,
    WEB,
    ZONE,
    ann,
    asked,
    codes,
    later,
    other_client,
    start,
    stop,
    web,
)
from worlds import Cloud, add_account, grant

from sandbox.world import CRM
from shared.adapters.google_clients import GoogleClients


def set_account(clients: GoogleClients, **body: Any) -> compute_v1.Operation:
    request = {**WEB, "instances_set_service_account_request_resource": body}
    return clients.instances.set_service_account_unary(request=request)


def set_type(cloud: Cloud, kind: str) -> compute_v1.Operation:
    body = {"machine_type": f"zones/europe-west1-b/machineTypes/{kind}"}
    request = {**WEB, "instances_set_machine_type_request_resource": body}
    return cloud.clients().instances.set_machine_type_unary(request=request)


def test_a_stop_can_hang_until_somebody_helps(cloud: Cloud) -> None:
    machine = web(cloud, hidden={"stop_hangs": True})
    begun = stop(cloud)
    later(cloud, hours=3)
    assert asked(cloud, begun).status.name == "RUNNING"
    assert machine.body["status"] == "STOPPING"
    machine.hidden["stop_hangs"] = False
    assert asked(cloud, begun).status.name == "DONE"
    assert asked(cloud, begun).end_time.startswith("2026-11-21T05:00")


def test_a_graceful_shutdown_takes_its_time_before_the_stop(cloud: Cloud) -> None:
    graceful = {"gracefulShutdown": {"enabled": True, "maxDuration": {"seconds": "1800"}}}
    machine = web(cloud, scheduling=graceful, hidden={"graceful_takes": 900})
    begun = stop(cloud)
    later(cloud, minutes=14)
    asked(cloud, begun)
    assert machine.body["status"] == "PENDING_STOP"
    later(cloud, minutes=1)
    second = stop(cloud)
    assert machine.body["status"] == "STOPPING"
    later(cloud, minutes=1)
    assert [asked(cloud, one).status.name for one in (begun, second)] == ["DONE", "DONE"]
    assert machine.body["status"] == "TERMINATED"


def test_the_zone_may_have_no_room_for_some_starts_and_then_has(cloud: Cloud) -> None:
    machine = web(cloud, status="TERMINATED", hidden={"start_stockouts": 2})
    ends = []
    for _ in range(3):
        begun = start(cloud)
        later(cloud, minutes=1)
        ends.append(asked(cloud, begun))
        last = machine.body["status"]
    assert [codes(one) for one in ends] == [["ZONE_RESOURCE_POOL_EXHAUSTED"]] * 2 + [[]]
    assert (ends[0].http_error_status_code, ends[0].http_error_message) == (503, "SERVICE UNAVAILABLE")
    assert last == "RUNNING"


def test_a_size_that_the_zone_has_no_room_for_starts_again_as_the_old_one(cloud: Cloud) -> None:
    machine = web(cloud, status="TERMINATED", hidden={"no_room_for": ["e2-highmem-8"]})
    for kind in ("e2-highmem-8", "e2-medium"):
        set_type(cloud, kind)
        later(cloud, seconds=10)
        begun = start(cloud)
        later(cloud, minutes=1)
        ended = asked(cloud, begun)
        assert codes(ended) == (["ZONE_RESOURCE_POOL_EXHAUSTED"] if kind == "e2-highmem-8" else [])
    assert machine.body["status"] == "RUNNING"


def test_a_running_machine_keeps_its_account_and_its_size(cloud: Cloud) -> None:
    web(cloud)
    said = "The instance must be stopped before the service account can be changed"
    with pytest.raises(exceptions.BadRequest, match=said):
        set_account(cloud.clients(), email=EMAIL, scopes=[PLATFORM])
    with pytest.raises(exceptions.BadRequest, match="must be stopped"):
        set_type(cloud, "e2-standard-2")


def test_another_scope_is_in_the_tokens_of_the_machine_once_it_runs_again(cloud: Cloud) -> None:
    web(cloud)
    grant(cloud.world, "//storage.googleapis.com/projects/_/buckets/photos", "roles/storage.objectCreator",
          f"serviceAccount:{EMAIL}")  # fmt: skip
    own = cloud.clients("vm:projects/acme-web/zones/europe-west1-b/instances/web-1")
    upload = own.storage.bucket("photos").blob("cat.jpg").upload_from_string
    with pytest.raises(exceptions.Forbidden, match="scope"):
        upload(b"meow")
    stop(cloud)
    later(cloud, minutes=1)
    with pytest.raises(RefreshError):  # 401: the client asks for another token, and there is none
        upload(b"meow")
    set_account(cloud.clients(), email=EMAIL, scopes=[PLATFORM])
    later(cloud, seconds=10)
    start(cloud)
    later(cloud, minutes=1)
    upload(b"meow")
    assert "//storage.googleapis.com/projects/_/buckets/photos/objects/cat.jpg" in cloud.world.resources


def test_who_may_not_act_as_the_account_does_not_attach_it(cloud: Cloud) -> None:
    machine = web(cloud, status="TERMINATED")
    clients = ann(cloud, "compute.instances.setServiceAccount")
    with pytest.raises(exceptions.Forbidden, match="does not have access to service account 'web@acme-web"):
        set_account(clients, email=EMAIL, scopes=[PLATFORM])
    checked = cloud.world.entries[-1]["protoPayload"]["authorizationInfo"]
    assert [(one["permission"], one.get("granted", False)) for one in checked] == [
        ("compute.instances.setServiceAccount", True),
        ("iam.serviceAccounts.actAs", False),
    ]
    name = f"//iam.googleapis.com/projects/acme-web/serviceAccounts/{EMAIL}"
    grant(cloud.world, name, "roles/iam.serviceAccountUser", ANN)
    set_account(clients, email=EMAIL, scopes=[PLATFORM])
    later(cloud, seconds=10)
    cloud.clients().instances.get(**WEB)
    assert machine.body["serviceAccounts"] == [{"email": EMAIL, "scopes": [PLATFORM]}]


def test_scopes_need_an_account_and_without_an_email_the_account_is_detached(cloud: Cloud) -> None:
    web(cloud, status="TERMINATED")
    with pytest.raises(exceptions.BadRequest, match="scopes"):
        set_account(cloud.clients(), scopes=[PLATFORM])
    with pytest.raises(exceptions.BadRequest, match="scopes are invalid: 'cloud-platform'"):
        set_account(cloud.clients(), email=EMAIL, scopes=["cloud-platform"])
    set_account(cloud.clients())
    later(cloud, seconds=10)
    assert list(cloud.clients().instances.get(**WEB).service_accounts) == []


def test_an_account_must_exist_and_belong_to_a_project_that_shares_it(cloud: Cloud) -> None:
    machine = web(cloud, status="TERMINATED")
    other = "up@acme-data.iam.gserviceaccount.com"
    with pytest.raises(exceptions.BadRequest, match="of type 'serviceAccount' was not found"):
        set_account(cloud.clients(), email=other, scopes=[PLATFORM])
    add_account(cloud.world, other)
    with pytest.raises(exceptions.BadRequest, match="belongs to another project"):
        set_account(cloud.clients(), email=other, scopes=[PLATFORM])
    cloud.world.resources[f"{CRM}/projects/acme-data"].hidden["shares_accounts"] = True
    set_account(cloud.clients(), email=other, scopes=[PLATFORM])
    later(cloud, seconds=10)
    cloud.clients().instances.get(**WEB)
    assert machine.body["serviceAccounts"][0]["email"] == other


def test_an_operation_can_end_with_an_error_and_change_nothing(cloud: Cloud) -> None:
    own = {"code": "CONDITION_NOT_MET", "message": "Constraint violated.", "http": 412}
    fails = {"setServiceAccount": [own], "stop": ["INTERNAL_ERROR"], "reset": ["QUOTA_EXCEEDED"]}
    machine = web(cloud, hidden={"fails": fails})
    ends = []
    for begin in (stop, lambda cloud: cloud.clients().instances.reset_unary(**WEB)):
        begun = begin(cloud)
        later(cloud, minutes=1)
        ends.append(asked(cloud, begun))
    assert machine.body["status"] == "RUNNING"
    stop(cloud)
    later(cloud, minutes=1)
    begun = set_account(cloud.clients(), email=EMAIL, scopes=[PLATFORM])
    later(cloud, minutes=1)
    ends.append(asked(cloud, begun))
    said = [(one.error.errors[0].code, one.http_error_status_code, one.http_error_message) for one in ends]
    assert said == [
        ("INTERNAL_ERROR", 500, "INTERNAL SERVER ERROR"),
        ("QUOTA_EXCEEDED", 403, "FORBIDDEN"),
        ("CONDITION_NOT_MET", 412, "PRECONDITION FAILED"),
    ]
    assert ends[1].error.errors[0].message == "Quota 'CPUS' exceeded.  Limit: 24.0 in region europe-west1."
    assert machine.body["serviceAccounts"][0]["scopes"] == [READ_ONLY]


def test_a_local_ssd_makes_a_stop_say_what_becomes_of_its_data(cloud: Cloud) -> None:
    machine = web(cloud)
    machine.body["disks"].append({"type": "SCRATCH", "mode": "READ_WRITE", "interface": "NVME"})
    with pytest.raises(exceptions.BadRequest, match="undefined value for `discard-local-ssd`"):
        stop(cloud)
    assert stop(cloud, discard_local_ssd=False).operation_type == "stop"


def test_machine_types_have_the_memory_that_their_name_says(cloud: Cloud) -> None:
    client = other_client(cloud, compute_v1.MachineTypesClient)
    sizes = {kind: client.get(**ZONE, machine_type=kind) for kind in ("e2-medium", "n2-highmem-4", "n2-custom-4-16384")}
    assert {kind: (one.guest_cpus, one.memory_mb) for kind, one in sizes.items()} == {
        "e2-medium": (2, 4_096),
        "n2-highmem-4": (4, 32_768),
        "n2-custom-4-16384": (4, 16_384),
    }
    for unknown in ("e2-standard-3", "x9-standard-2", "n2-custom-4-100"):
        with pytest.raises(exceptions.NotFound):
            client.get(**ZONE, machine_type=unknown)
