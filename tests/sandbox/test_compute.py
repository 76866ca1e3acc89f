"""Virtual machines are found, stop, start and are listed as Compute Engine does it, on the sandbox's own clock."""

from __future__ import annotations

from uuid import uuid4

import pytest
from google.api_core import exceptions
from google.cloud import compute_v1
from web_machine import ANN, EMAIL, NAME, WEB, ZONE, ann, asked, codes, later, start, stop, web
from worlds import Cloud, add_compute, grant

from sandbox.machines import BUFFER, add_machine


def console(cloud: Cloud, **more: int) -> compute_v1.SerialPortOutput:
    return cloud.clients().instances.get_serial_port_output(request={**WEB, **more})


def test_a_machine_is_found_by_its_name_and_by_its_number(cloud: Cloud) -> None:
    machine = web(cloud)
    clients = cloud.clients()
    by_name = clients.instances.get(**WEB)
    by_number = clients.instances.get(**ZONE, instance=machine.body["id"])
    assert by_name == by_number
    assert by_name.service_accounts[0].email == EMAIL
    with pytest.raises(exceptions.NotFound, match=r"The resource 'projects/acme-web/zones/.*/web-2' was not found"):
        clients.instances.get(**ZONE, instance="web-2")


def test_a_call_without_the_permission_is_refused_and_leaves_the_audit_entry_that_google_writes(cloud: Cloud) -> None:
    machine = web(cloud)
    with pytest.raises(exceptions.Forbidden, match=r"Required 'compute.instances.stop' permission for 'projects/acme"):
        cloud.clients(f"as:{ANN}").instances.stop_unary(**WEB)
    payload = cloud.world.entries[-1]["protoPayload"]
    assert (payload["methodName"], payload["status"]["code"]) == ("v1.compute.instances.stop", 7)
    assert cloud.world.entries[-1]["resource"]["type"] == "gce_instance"
    assert machine.body["status"] == "RUNNING"


def test_a_stop_is_an_operation_that_is_done_when_the_machine_stands_still(cloud: Cloud) -> None:
    machine = web(cloud)
    clients = ann(cloud, "compute.instances.stop", "compute.zoneOperations.get")
    begun = clients.instances.stop_unary(**WEB)
    assert (begun.status.name, machine.body["status"]) == ("PENDING", "STOPPING")
    later(cloud, seconds=5)
    assert clients.zone_operations.get(**ZONE, operation=begun.name).status.name == "RUNNING"
    later(cloud, minutes=1)
    done = clients.zone_operations.wait(**ZONE, operation=begun.name)
    assert (done.status.name, done.progress, codes(done)) == ("DONE", 100, [])
    assert done.target_id == int(machine.body["id"])
    assert machine.body["status"] == "TERMINATED"
    assert cloud.world.entries[0]["protoPayload"]["authorizationInfo"][0]["granted"] is True


def test_the_same_request_id_gives_the_same_operation_and_stops_only_once(cloud: Cloud) -> None:
    web(cloud)
    ours = str(uuid4())
    cloud.world.faults.add("compute.instances.stop", "lost_reply")
    with pytest.raises(Exception, match=r"Connection aborted|Remote end closed"):
        stop(cloud, request_id=ours)
    again = stop(cloud, request_id=ours)
    later(cloud, minutes=1)
    third = stop(cloud, request_id=ours)
    assert (again.name, third.status.name) == (third.name, "DONE")
    assert len(cloud.world.of_kind("zoneOperations")) == 1


def test_a_request_id_is_a_uuid_that_was_used_for_nothing_else(cloud: Cloud) -> None:
    web(cloud)
    ours = str(uuid4())
    for wrong in ("again", "00000000-0000-0000-0000-000000000000"):
        with pytest.raises(exceptions.BadRequest, match="requestId"):
            stop(cloud, request_id=wrong)
    stop(cloud, request_id=ours)
    with pytest.raises(exceptions.BadRequest, match="another request"):
        cloud.clients().instances.reset_unary(request={**WEB, "request_id": ours})


def test_an_operation_can_be_lost_although_the_change_happens(cloud: Cloud) -> None:
    machine = web(cloud, hidden={"loses_operations": 1})
    begun = stop(cloud)
    later(cloud, minutes=1)
    with pytest.raises(exceptions.NotFound, match=f"operations/{begun.name}' was not found"):
        asked(cloud, begun)
    assert machine.body["status"] == "TERMINATED"
    assert asked(cloud, start(cloud)).status.name == "PENDING"


def test_a_machine_can_be_made_anew_under_its_name_with_another_number(cloud: Cloud) -> None:
    first = web(cloud, hidden={"at": [(600, "RECREATED")]})
    clients = cloud.clients()
    begun = stop(cloud)
    later(cloud, minutes=11)
    now = clients.instances.get(**WEB)
    assert str(now.id) != first.body["id"]
    assert now.status == "RUNNING"
    with pytest.raises(exceptions.NotFound):
        clients.instances.get(**ZONE, instance=first.body["id"])
    assert str(asked(cloud, begun).target_id) == first.body["id"]


def test_a_schedule_can_change_the_status_in_the_middle_of_a_run(cloud: Cloud) -> None:
    when = "2026-11-21T10:30:00Z"
    web(cloud, hidden={"at": [(when, "TERMINATED"), ("2026-11-21T11:00:00Z", "RUNNING"), (3660, "SUSPENDED")]})
    clients, seen = cloud.clients(), []
    for _ in range(4):
        seen.append(clients.instances.get(**WEB).status)
        later(cloud, minutes=30.5)
    assert seen == ["RUNNING", "TERMINATED", "SUSPENDED", "SUSPENDED"]
    with pytest.raises(exceptions.BadRequest, match="is not ready"):
        start(cloud)


def test_what_happened_meanwhile_happened_in_the_order_of_time(cloud: Cloud) -> None:
    web(cloud, hidden={"at": [(30, "TERMINATED")]})
    stop(cloud)
    later(cloud, hours=1)
    stopped = cloud.clients().instances.get(**WEB)
    assert stopped.last_stop_timestamp == "2026-11-21T02:00:40.000-08:00"


def test_the_groups_of_a_machine_refer_to_it_and_a_manager_signs_it(cloud: Cloud) -> None:
    machine = web(cloud, hidden={"managed_by": "frontend", "member_of": ["by-hand"]})
    home = "https://www.googleapis.com/compute/v1/projects/acme-web/zones/europe-west1-b"
    found = list(cloud.clients().instances.list_referrers(**WEB))
    assert [(one.referrer, one.reference_type) for one in found] == [
        (f"{home}/instanceGroups/frontend", "MEMBER_OF"),
        (f"{home}/instanceGroups/by-hand", "MEMBER_OF"),
    ]
    signed = "projects/111111111111/zones/europe-west1-b/instanceGroupManagers/frontend"
    assert machine.body["metadata"]["items"] == [{"key": "created-by", "value": signed}]


@pytest.mark.parametrize("reserved", [True, False])
def test_only_a_reserved_address_survives_a_stop(cloud: Cloud, reserved: bool) -> None:
    web(cloud, address="203.0.113.9")
    if reserved:
        path = "projects/acme-web/regions/europe-west1/addresses/front"
        add_compute(cloud.world, path, address="203.0.113.9", addressType="EXTERNAL", status="IN_USE")
    stop(cloud)
    later(cloud, minutes=1)
    still = cloud.clients().instances.get(**WEB).network_interfaces[0].access_configs[0]
    assert still.nat_i_p == ("203.0.113.9" if reserved else "")
    start(cloud)
    later(cloud, minutes=1)
    after = cloud.clients().instances.get(**WEB).network_interfaces[0].access_configs[0]
    assert after.nat_i_p
    assert (after.nat_i_p == "203.0.113.9") is reserved


def test_the_console_keeps_its_last_megabyte_and_says_where_that_begins(cloud: Cloud) -> None:
    web(cloud, hidden={"serial": "a" * 100 + "b" * BUFFER})
    whole = console(cloud)
    assert (whole.start, whole.next, set(whole.contents)) == (100, BUFFER + 100, {"b"})
    assert console(cloud, start=40).start == 100
    tail = console(cloud, start=-5)
    assert (tail.contents, tail.start) == ("bbbbb", BUFFER + 95)
    nothing_new = console(cloud, start=whole.next)
    assert (nothing_new.contents, nothing_new.next) == ("", whole.next)
    assert console(cloud, port=2).contents == ""
    with pytest.raises(exceptions.BadRequest, match="port"):
        console(cloud, port=5)


def test_the_console_of_a_machine_that_does_not_run_cannot_be_read(cloud: Cloud) -> None:
    web(cloud, status="TERMINATED")
    with pytest.raises(exceptions.BadRequest, match="is not ready"):
        console(cloud)


def test_a_reset_starts_a_running_machine_anew_without_stopping_it(cloud: Cloud) -> None:
    machine = web(cloud, hidden={"serial": "before\n", "boot_log": "booted\n"})
    before = machine.body["lastStartTimestamp"]
    begun = cloud.clients().instances.reset_unary(**WEB)
    later(cloud, minutes=1)
    assert asked(cloud, begun).status.name == "DONE"
    assert console(cloud).contents == "before\nbooted\n"
    assert (machine.body["status"], machine.body["lastStartTimestamp"]) == ("RUNNING", before)
    stop(cloud)
    with pytest.raises(exceptions.BadRequest, match="is not ready"):
        cloud.clients().instances.reset_unary(**WEB)


def test_starting_what_runs_and_stopping_what_stands_still_changes_nothing(cloud: Cloud) -> None:
    machine = web(cloud)
    begun = start(cloud)
    later(cloud, seconds=2)
    assert (asked(cloud, begun).status.name, machine.body["status"]) == ("DONE", "RUNNING")
    stop(cloud)
    later(cloud, minutes=1)
    begun = stop(cloud)
    later(cloud, seconds=2)
    assert (asked(cloud, begun).status.name, machine.body["status"]) == ("DONE", "TERMINATED")


def test_conditions_are_seen_only_by_who_asks_for_version_3(cloud: Cloud) -> None:
    web(cloud)
    until = 'request.time < timestamp("2027-01-01T00:00:00Z")'
    grant(cloud.world, NAME, "roles/compute.viewer", ANN, expression=until, title="this year")
    instances, asking = cloud.clients().instances, {**ZONE, "resource": "web-1"}
    old = instances.get_iam_policy(request=asking)
    new = instances.get_iam_policy(request={**asking, "options_requested_policy_version": 3})
    assert old.bindings[0].role.startswith("roles/compute.viewer_withcond_")
    assert new.bindings[0].condition.title == "this year"
    written = instances.set_iam_policy(**asking, zone_set_policy_request_resource={"policy": new})
    assert written.etag != new.etag
    with pytest.raises(exceptions.Conflict):
        instances.set_iam_policy(**asking, zone_set_policy_request_resource={"policy": new})


def test_lists_come_in_pages_and_read_only_the_filters_they_understand(cloud: Cloud) -> None:
    for place in range(5):
        add_machine(cloud.world, f"vm-{place}", project="acme-web", status="TERMINATED" if place % 2 else "RUNNING")
    instances = cloud.clients().instances
    pages = list(instances.list(request={**ZONE, "max_results": 2}).pages)
    assert [len(page.items) for page in pages] == [2, 2, 1]
    running = list(instances.list(request={**ZONE, "filter": '(status = RUNNING) (name != "vm-2")'}))
    assert [one.name for one in running] == ["vm-0", "vm-4"]
    for wrong in ({"filter": "name eq 'vm.*'"}, {"page_token": "again"}):
        with pytest.raises(exceptions.BadRequest, match="Invalid value for field"):
            list(instances.list(request={**ZONE, **wrong}))


def test_operations_are_listed_by_what_is_not_done(cloud: Cloud) -> None:
    web(cloud)
    stop(cloud)
    operations = cloud.clients().zone_operations
    in_flight = {**ZONE, "filter": "status != DONE"}
    assert [one.operation_type for one in operations.list(request=in_flight)] == ["stop"]
    later(cloud, minutes=1)
    assert list(operations.list(request=in_flight)) == []
    assert len(list(operations.list(**ZONE))) == 1
