"""Cloud Run in the sandbox: a call to a service's own address is decided by IAM, and only the request log tells."""

from __future__ import annotations

import pytest
from worlds import Cloud, add_account, grant

from sandbox.caller import ANONYMOUS, caller_of
from sandbox.services.cloud_run import add_service, invoke
from sandbox.world import Resource
from shared.flows import explain_bytes

EMAIL = "scheduler@acme-web.iam.gserviceaccount.com"
CALLER = f"serviceAccount:{EMAIL}"
INVOKER = "roles/run.invoker"


@pytest.fixture
def service(cloud: Cloud) -> Resource:
    add_account(cloud.world, EMAIL)
    return add_service(cloud.world, "acme-web", "europe-west1", "ledger")


def call(cloud: Cloud, service: Resource) -> int:
    return invoke(cloud.world, caller_of(cloud.world, f"Bearer as:{CALLER}"), service.name)


def test_a_refused_call_is_in_the_request_log_without_its_caller(cloud: Cloud, service: Resource) -> None:
    assert call(cloud, service) == 403
    (entry,) = cloud.world.entries
    assert entry["logName"] == "projects/acme-web/logs/run.googleapis.com%2Frequests"
    assert entry["httpRequest"]["status"] == 403
    assert EMAIL not in str(entry)


def test_the_entry_of_a_refused_call_is_understood(cloud: Cloud, service: Resource) -> None:
    import json

    call(cloud, service)
    report = explain_bytes(json.dumps(cloud.world.entries[0]).encode())
    assert (report.cause, report.resource) == ("run.invoker", service.body["name"])


def test_the_invoker_role_on_the_service_lets_the_call_through(cloud: Cloud, service: Resource) -> None:
    grant(cloud.world, service.name, INVOKER, CALLER)
    assert call(cloud, service) == 200
    assert cloud.world.entries[0]["httpRequest"]["status"] == 200


def test_nobody_may_call_unless_everybody_may(cloud: Cloud, service: Resource) -> None:
    assert invoke(cloud.world, ANONYMOUS, service.name) == 403
    grant(cloud.world, service.name, INVOKER, "allUsers")
    assert invoke(cloud.world, ANONYMOUS, service.name) == 200


def test_a_service_may_leave_the_check_to_its_own_code(cloud: Cloud, service: Resource) -> None:
    service.body["invokerIamDisabled"] = True
    assert invoke(cloud.world, ANONYMOUS, service.name) == 200


def test_at_an_address_where_nothing_listens_nothing_is_logged(cloud: Cloud, service: Resource) -> None:
    assert invoke(cloud.world, ANONYMOUS, f"{service.name}-2") == 404
    assert cloud.world.entries == []


def test_a_service_can_be_looked_at(cloud: Cloud, service: Resource) -> None:
    seen = cloud.clients().run_services.get_service(request={"name": service.body["name"]})
    assert (seen.uri, seen.invoker_iam_disabled) == (service.body["uri"], False)
