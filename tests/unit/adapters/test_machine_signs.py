from __future__ import annotations

from datetime import timedelta

import pytest
from looks import OUTAGES, fails
from web_machine import AT, LINK, REGION, later, web
from worlds import NOW, Cloud, add_compute, grant

from sandbox.faults import FaultKind
from sandbox.world import CRM
from shared.adapters.compute import machine
from shared.adapters.machine_signs import flow_seen

SUBNET = f"{REGION}/subnetworks/default"
WRITES = ["https://www.googleapis.com/auth/logging.write"]


def with_flow_logs(cloud: Cloud, *, on: bool) -> None:
    made = web(cloud, hidden={"has_agent": True})
    made.body["networkInterfaces"] = [{"subnetwork": f"{LINK}/{SUBNET}", "networkIP": "10.0.0.2"}]
    add_compute(cloud.world, SUBNET, logConfig={"enable": on, "flowSampling": 0.5})


def reset(cloud: Cloud) -> None:
    cloud.clients().instances.reset_unary(project=AT[0], zone=AT[1], instance=AT[2])
    later(cloud, minutes=5)


def listed(cloud: Cloud) -> None:
    list(cloud.clients().logging.list_log_entries(resource_names=["projects/acme-web"]))


def test_flows_of_a_machine_that_runs_are_seen_where_its_subnetwork_records_them(cloud: Cloud) -> None:
    with_flow_logs(cloud, on=True)
    reset(cloud)
    seen = flow_seen(cloud.clients(), machine(cloud.clients(), *AT), NOW)
    assert seen is not None
    assert NOW < seen <= NOW + timedelta(minutes=5)


def test_no_flow_is_seen_where_flow_logs_are_off(cloud: Cloud) -> None:
    with_flow_logs(cloud, on=False)
    reset(cloud)
    assert flow_seen(cloud.clients(), machine(cloud.clients(), *AT), NOW) is None


def test_flows_of_another_machine_of_that_name_do_not_count(cloud: Cloud) -> None:
    with_flow_logs(cloud, on=True)
    reset(cloud)
    listed(cloud)
    for entry in cloud.world.entries:
        if "vpc_flows" in entry["logName"]:
            entry["jsonPayload"]["src_instance"]["zone"] = "us-central1-a"
    assert flow_seen(cloud.clients(), machine(cloud.clients(), *AT), NOW) is None


@pytest.mark.parametrize("fault", OUTAGES)
def test_an_outage_is_no_answer_about_flows(cloud: Cloud, fault: FaultKind) -> None:
    with_flow_logs(cloud, on=True)
    found = machine(cloud.clients(), *AT)
    fails(cloud, "logging.entries.list", fault, lambda: flow_seen(cloud.clients(), found, NOW))


def test_an_agent_beats_after_a_reset_only_where_its_account_may_write_logs(cloud: Cloud) -> None:
    made = web(cloud, hidden={"has_agent": True})
    made.body["serviceAccounts"][0]["scopes"] = WRITES
    reset(cloud)
    listed(cloud)
    assert not [one for one in cloud.world.entries if one["logName"].endswith("ops-agent-health")]
    member = f"serviceAccount:{made.body['serviceAccounts'][0]['email']}"
    grant(cloud.world, f"{CRM}/projects/acme-web", "roles/logging.logWriter", member)
    later(cloud, minutes=5)
    listed(cloud)
    assert [one for one in cloud.world.entries if one["logName"].endswith("ops-agent-health")]
