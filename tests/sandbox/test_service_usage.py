"""Service Usage of the sandbox: switching an API takes a while, brings what it needs, and is felt a little later."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from google.api_core import exceptions
from google.api_core.operation import Operation
from google.cloud.service_usage_v1 import DisableServiceRequest, State
from worlds import Cloud, add_account, add_bucket, grant

from sandbox.api_catalogue import dependents_of, needed_by, titles
from sandbox.world import CRM, Resource

ANN = "user:ann@example.com"
WEB = f"{CRM}/projects/acme-web"
NUMBER = "projects/111111111111"
CHECK = DisableServiceRequest.CheckIfServiceHasUsage.CHECK


@pytest.fixture
def web(cloud: Cloud) -> Resource:
    """The project that most of this is about."""
    return cloud.world.resources[WEB]


def host(name: str) -> str:
    return f"{name}.googleapis.com"


def named(service: str) -> str:
    return f"projects/acme-web/services/{host(service)}"


def state(cloud: Cloud, service: str) -> State:
    return cloud.clients().service_usage.get_service(request={"name": named(service)}).state


def enable(cloud: Cloud, service: str, token: str = "reader") -> Operation:
    return cloud.clients(token).service_usage.enable_service(request={"name": named(service)})


def disable(cloud: Cloud, service: str, **more: Any) -> Operation:
    return cloud.clients().service_usage.disable_service(request={"name": named(service), **more})


def switched(cloud: Cloud) -> list[dict[str, Any]]:
    """The audit entries of switching, as the log has them by now."""
    cloud.clients().logging.list_log_entries(resource_names=["projects/acme-web"])
    return [one for one in cloud.world.entries if "ServiceUsage" in one["protoPayload"]["methodName"]]


def test_an_api_is_on_unless_it_is_off(cloud: Cloud, web: Resource) -> None:
    web.hidden["off"] = [host("pubsub")]
    client = cloud.clients().service_usage
    off = client.get_service(request={"name": named("pubsub")})
    assert (off.name, off.parent, off.config.title) == (
        f"{NUMBER}/services/{host('pubsub')}",
        NUMBER,
        "Cloud Pub/Sub API",
    )
    assert (off.state, state(cloud, "storage")) == (State.DISABLED, State.ENABLED)
    listed = client.list_services(request={"parent": NUMBER, "filter": "state:DISABLED"})
    assert [one.config.name for one in listed] == [host("pubsub")]


def test_every_api_is_listed_page_by_page(cloud: Cloud) -> None:
    found = [one.config.name for one in cloud.clients().service_usage.list_services(request={"parent": NUMBER})]
    assert found == sorted(titles())
    assert cloud.world.calls.count("serviceusage.services.list") == -(-len(found) // 50)


def test_switching_on_takes_a_while_and_is_done_by_the_sandbox_clock(cloud: Cloud, web: Resource) -> None:
    web.hidden["off"] = [host("pubsub")]
    operation = enable(cloud, "pubsub")
    assert not operation.done()
    assert state(cloud, "pubsub") == State.DISABLED
    cloud.world.clock.turn(timedelta(seconds=5))
    assert operation.result(timeout=5).service.state == State.ENABLED
    assert state(cloud, "pubsub") == State.ENABLED


def test_what_is_on_already_is_done_at_once_and_begins_nothing(cloud: Cloud) -> None:
    operation = enable(cloud, "storage")
    assert operation.done()
    assert operation.result(timeout=5).service.state == State.ENABLED
    assert cloud.world.operations == {}


def test_what_an_api_needs_is_switched_on_with_it(cloud: Cloud, web: Resource) -> None:
    web.hidden["off"] = [host("container"), host("compute"), host("oslogin"), host("pubsub")]
    operation = enable(cloud, "container")
    assert [name.rpartition("/")[2] for name in operation.metadata.resource_names] == [
        host("compute"),
        host("container"),
        host("oslogin"),
    ]
    cloud.world.clock.turn(timedelta(seconds=5))
    assert {state(cloud, one) for one in ("container", "compute", "oslogin")} == {State.ENABLED}
    assert state(cloud, "pubsub") == State.DISABLED


def test_many_are_switched_on_together_or_none(cloud: Cloud, web: Resource) -> None:
    web.hidden["off"] = [host("pubsub"), host("vision")]
    client = cloud.clients().service_usage
    for wrong in ([], [host("pubsub")] * 21):
        with pytest.raises(exceptions.BadRequest):
            client.batch_enable_services(request={"parent": NUMBER, "service_ids": wrong})
    with pytest.raises(exceptions.Forbidden, match="Not found or permission denied for service"):
        client.batch_enable_services(request={"parent": NUMBER, "service_ids": [host("pubsub"), host("no-such-api")]})
    operation = client.batch_enable_services(
        request={"parent": NUMBER, "service_ids": [host("pubsub"), host("vision")]}
    )
    cloud.world.clock.turn(timedelta(seconds=5))
    assert {one.state for one in operation.result(timeout=5).services} == {State.ENABLED}


def test_an_api_that_is_on_reaches_its_callers_after_the_propagation_delay(cloud: Cloud, web: Resource) -> None:
    cloud.world.propagation = timedelta(minutes=2)
    add_bucket(cloud.world, "photos")
    add_account(cloud.world, "up@acme-web.iam.gserviceaccount.com")
    member = "serviceAccount:up@acme-web.iam.gserviceaccount.com"
    grant(cloud.world, WEB, "roles/owner", member)
    bucket = cloud.clients(f"as:{member}").storage.bucket("photos")
    web.hidden["off"] = [host("storage")]
    with pytest.raises(exceptions.Forbidden, match="has not been used in project 111111111111 before"):
        bucket.get_iam_policy()
    enable(cloud, "storage")
    cloud.world.clock.turn(timedelta(seconds=65))
    assert state(cloud, "storage") == State.ENABLED
    with pytest.raises(exceptions.Forbidden, match="has not been used"):
        bucket.get_iam_policy()
    cloud.world.clock.turn(timedelta(minutes=1))
    assert bucket.get_iam_policy().version == 1


def test_an_operation_can_end_with_an_error_and_then_nothing_is_switched(cloud: Cloud, web: Resource) -> None:
    web.hidden["off"] = [host("pubsub")]
    web.hidden["switch_fails"] = {host("pubsub"): {"code": 13, "message": "The service could not be activated."}}
    grant(cloud.world, WEB, "roles/owner", ANN)
    operation = enable(cloud, "pubsub", f"as:{ANN}")
    cloud.world.clock.turn(timedelta(seconds=5))
    with pytest.raises(exceptions.InternalServerError, match="could not be activated"):
        operation.result(timeout=5)
    assert state(cloud, "pubsub") == State.DISABLED
    begun, ended = switched(cloud)
    assert (begun["protoPayload"]["status"], ended["protoPayload"]["status"]["code"]) == ({}, 13)


def test_a_lost_operation_is_not_found_although_the_api_is_on(cloud: Cloud, web: Resource) -> None:
    web.hidden["off"] = [host("pubsub")]
    operation = enable(cloud, "pubsub")
    cloud.world.operations.clear()
    cloud.world.clock.turn(timedelta(seconds=5))
    with pytest.raises(exceptions.NotFound):
        operation.done()
    assert state(cloud, "pubsub") == State.ENABLED


def test_without_billing_only_free_apis_are_switched_on(cloud: Cloud, web: Resource) -> None:
    web.hidden.update(off=[host("run"), host("iamcredentials")], billing=False)
    with pytest.raises(
        exceptions.BadRequest, match="Billing account for project '111111111111' is not found"
    ) as refused:
        enable(cloud, "run")
    assert (refused.value.reason, refused.value.metadata["services"]) == ("UREQ_PROJECT_BILLING_NOT_FOUND", host("run"))
    assert not enable(cloud, "iamcredentials").done()
    web.hidden["billing"] = True
    assert not enable(cloud, "run").done()


def test_what_active_apis_depend_on_is_switched_off_only_together_with_them(cloud: Cloud, web: Resource) -> None:
    web.hidden["on"] = [host("container")]
    with pytest.raises(
        exceptions.BadRequest, match=r"active service\(s\): container.googleapis.com; Please"
    ) as refused:
        disable(cloud, "compute")
    assert refused.value.reason == "COMMON_SU_SERVICE_HAS_DEPENDENT_SERVICES"
    disable(cloud, "compute", disable_dependent_services=True)
    cloud.world.clock.turn(timedelta(seconds=5))
    assert {state(cloud, one) for one in ("compute", "container")} == {State.DISABLED}
    assert disable(cloud, "compute").done()


def test_an_api_in_use_is_not_switched_off_where_usage_is_checked(cloud: Cloud, web: Resource) -> None:
    add_bucket(cloud.world, "photos")
    grant(cloud.world, WEB, "roles/owner", ANN)
    cloud.clients(f"as:{ANN}").storage.bucket("photos").get_iam_policy()
    web.hidden["used"] = [host("container")]
    for service in ("storage", "container"):
        with pytest.raises(exceptions.BadRequest, match="usage in the last 30 days") as refused:
            disable(cloud, service, check_if_service_has_usage=CHECK)
        assert refused.value.reason == "COMMON_SU_SERVICE_HAS_USAGE"
    assert not disable(cloud, "pubsub", check_if_service_has_usage=CHECK).done()
    cloud.world.clock.turn(timedelta(days=31))
    assert not disable(cloud, "storage", check_if_service_has_usage=CHECK).done()
    assert not disable(cloud, "container").done()


def test_who_may_not_switch_is_refused_and_the_refusal_is_logged(cloud: Cloud, web: Resource) -> None:
    web.hidden["off"] = [host("pubsub")]
    grant(cloud.world, WEB, "roles/serviceusage.serviceUsageConsumer", ANN)
    with pytest.raises(
        exceptions.Forbidden, match=r"Permission denied to enable service \[pubsub.googleapis"
    ) as refused:
        enable(cloud, "pubsub", f"as:{ANN}")
    assert (refused.value.reason, refused.value.domain) == ("AUTH_PERMISSION_DENIED", host("serviceusage"))
    (entry,) = switched(cloud)
    payload = entry["protoPayload"]
    assert (payload["methodName"], payload["status"]["code"]) == (
        "google.api.serviceusage.v1.ServiceUsage.EnableService",
        7,
    )
    assert payload["authorizationInfo"][0]["permission"] == "serviceusage.services.enable"


def test_switching_leaves_an_entry_at_its_begin_and_one_at_its_end(cloud: Cloud, web: Resource) -> None:
    web.hidden["off"] = [host("pubsub")]
    grant(cloud.world, WEB, "roles/serviceusage.serviceUsageAdmin", ANN)
    enable(cloud, "pubsub", f"as:{ANN}")
    (begun,) = switched(cloud)
    cloud.world.clock.turn(timedelta(minutes=1))
    _, ended = switched(cloud)
    assert (begun["operation"]["first"], ended["operation"]["last"]) == (True, True)
    assert begun["operation"]["id"] == ended["operation"]["id"]
    assert (begun["timestamp"], ended["timestamp"]) == ("2026-11-21T10:00:00.000000Z", "2026-11-21T10:00:05.000000Z")
    assert begun["protoPayload"]["request"]["name"] == named("pubsub")
    enable(cloud, "pubsub", f"as:{ANN}")
    assert "operation" not in switched(cloud)[-1]
    assert len(switched(cloud)) == 3


def test_reading_the_state_leaves_no_entry(cloud: Cloud) -> None:
    grant(cloud.world, WEB, "roles/serviceusage.serviceUsageAdmin", ANN)
    client = cloud.clients(f"as:{ANN}").service_usage
    client.get_service(request={"name": named("pubsub")})
    list(client.list_services(request={"parent": NUMBER}))
    assert cloud.world.entries == []


@pytest.mark.parametrize("name", ["projects/nobody/services/run.googleapis.com", named("no-such-api")])
def test_what_does_not_exist_is_forbidden_to_everyone(cloud: Cloud, name: str) -> None:
    with pytest.raises(exceptions.Forbidden):
        cloud.clients().service_usage.get_service(request={"name": name})


@pytest.mark.parametrize("wrong", [{"filter": "state:ON"}, {"page_size": 201}])
def test_a_list_takes_only_the_filters_and_sizes_that_are_documented(cloud: Cloud, wrong: Any) -> None:
    with pytest.raises(exceptions.BadRequest):
        list(cloud.clients().service_usage.list_services(request={"parent": NUMBER, **wrong}))


def test_dependencies_are_followed_to_their_end_both_ways() -> None:
    assert needed_by([host("composer")]) == sorted(
        host(one) for one in ("composer", "container", "sqladmin", "compute", "artifactregistry", "oslogin")
    )
    assert {host("compute"), host("container"), host("composer")} <= set(dependents_of(host("oslogin")))
    assert dependents_of(host("vision")) == []
