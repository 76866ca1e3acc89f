"""APIs are switched on and off as operations, and what is refused is told with Google's own code."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from looks import FOR_EVER
from web_machine import later
from worlds import Cloud, add_audit

from sandbox.api_state import is_on
from sandbox.faults import FaultKind
from sandbox.world import CRM, Resource
from shared.adapters import asking
from shared.adapters.google_cloud import GoogleCloud
from shared.errors import LookFailed
from shared.model.effect import Before, DisableApi, EnableApi, Receipt, Result

PROJECT, PUBSUB, RUN = "projects/acme-web", "pubsub.googleapis.com", "run.googleapis.com"
OFF, ON = Before(present=False), Before(present=True)
NOT_TOLD = (
    FaultKind.INTERNAL,
    FaultKind.DEADLINE,
    FaultKind.LOST_REQUEST,
    FaultKind.LOST_REPLY,
    FaultKind.MALFORMED,
    FaultKind.TRUNCATED,
    FaultKind.HANG,
)
PASSING = (FaultKind.UNAVAILABLE, FaultKind.RATE_LIMITED, FaultKind.CONFLICT)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "INITIAL", 0.001)
    monkeypatch.setattr(asking, "MOST", 0.002)


@pytest.fixture
def project(cloud: Cloud) -> Resource:
    held = cloud.world.resources[f"{CRM}/projects/acme-web"]
    held.hidden.update(off=[PUBSUB, RUN, "containerregistry.googleapis.com"], billing=True)
    return held


def enable(cloud: Cloud, service: str = PUBSUB, before: Before = OFF) -> Receipt:
    return GoogleCloud(cloud.clients()).perform(EnableApi(project=PROJECT, service=service), before)


def disable(cloud: Cloud, service: str = PUBSUB) -> Receipt:
    return GoogleCloud(cloud.clients()).perform(DisableApi(project=PROJECT, service=service), ON)


def on(cloud: Cloud, project: Resource, service: str = PUBSUB) -> bool:
    return is_on(project, service, cloud.world.now())


SWITCHES: dict[str, tuple[str, Callable[[Cloud], Receipt]]] = {
    "serviceusage.services.enable": ("serviceusage.services.enable", enable),
    "serviceusage.services.disable": ("serviceusage.services.disable", disable),
}


def test_an_api_is_switched_on_by_an_operation_whose_name_is_kept(cloud: Cloud, project: Resource) -> None:
    begun = enable(cloud)
    assert (begun.result, begun.operation) == (Result.STARTED, next(iter(cloud.world.operations)))
    assert not on(cloud, project)
    later(cloud, seconds=10)
    assert on(cloud, project)


def test_an_api_that_is_on_by_now_and_was_off_before_is_ours(cloud: Cloud, project: Resource) -> None:
    enable(cloud)
    later(cloud, seconds=10)
    assert (enable(cloud).result, enable(cloud, before=ON).result) == (Result.CHANGED, Result.ALREADY)
    assert on(cloud, project)


@pytest.mark.usefixtures("project")
def test_an_api_that_is_on_before_the_first_request_is_not_ours(cloud: Cloud) -> None:
    enable(cloud)
    later(cloud, seconds=10)
    assert enable(cloud, before=Before(untried=True)).result is Result.ALREADY


@pytest.mark.usefixtures("project")
def test_a_first_request_that_switches_an_api_on_is_ours(cloud: Cloud) -> None:
    assert enable(cloud, before=Before(untried=True)).result is Result.STARTED


def test_what_it_needs_is_switched_on_with_it(cloud: Cloud, project: Resource) -> None:
    assert enable(cloud, RUN).result is Result.STARTED
    later(cloud, seconds=10)
    assert on(cloud, project, "containerregistry.googleapis.com")
    assert on(cloud, project, PUBSUB)


def test_an_api_is_switched_off_and_one_that_is_off_is_left(cloud: Cloud, project: Resource) -> None:
    enable(cloud)
    later(cloud, seconds=10)
    assert disable(cloud).result is Result.STARTED
    later(cloud, seconds=10)
    assert not on(cloud, project)
    assert disable(cloud).result is Result.ALREADY


@pytest.mark.parametrize("is_logged", [True, False])
def test_an_api_that_was_used_lately_is_not_switched_off(cloud: Cloud, project: Resource, is_logged: bool) -> None:
    project.hidden["off"] = []
    if is_logged:
        add_audit(cloud.world, "google.pubsub.v1.Publisher.Publish", serviceName=PUBSUB)
    else:
        project.hidden["used"] = [PUBSUB]
    receipt = disable(cloud)
    assert (receipt.result, receipt.code) == (Result.REFUSED, "COMMON_SU_SERVICE_HAS_USAGE")
    later(cloud, seconds=10)
    assert on(cloud, project)


def test_an_api_that_others_need_is_not_switched_off_and_neither_are_they(cloud: Cloud, project: Resource) -> None:
    enable(cloud, RUN)
    later(cloud, seconds=10)
    receipt = disable(cloud)
    assert (receipt.result, receipt.code) == (Result.REFUSED, "COMMON_SU_SERVICE_HAS_DEPENDENT_SERVICES")
    later(cloud, seconds=10)
    assert on(cloud, project)
    assert on(cloud, project, RUN)


def test_without_billing_the_refusal_says_so(cloud: Cloud, project: Resource) -> None:
    project.hidden["billing"] = False
    receipt = enable(cloud, RUN)
    assert (receipt.result, receipt.code) == (Result.REFUSED, "UREQ_PROJECT_BILLING_NOT_FOUND")
    assert "Billing must be enabled" in receipt.said


def test_an_api_that_does_not_exist_is_refused_as_one_that_is_not_for_us(cloud: Cloud, project: Resource) -> None:
    receipt = enable(cloud, "nothing.googleapis.com")
    assert receipt.result is Result.REFUSED
    assert receipt.code == "SERVICE_CONFIG_NOT_FOUND_OR_PERMISSION_DENIED"
    assert not on(cloud, project)


@pytest.mark.parametrize("method", SWITCHES)
def test_a_refusal_of_ours_is_told_in_googles_words(cloud: Cloud, project: Resource, method: str) -> None:
    permission, switch = SWITCHES[method]
    cloud.world.reader_cannot.append(permission)
    receipt = switch(cloud)
    assert (receipt.result, receipt.code) == (Result.REFUSED, "AUTH_PERMISSION_DENIED")
    assert receipt.said.startswith("Permission denied to ")
    assert not on(cloud, project)


@pytest.mark.parametrize("fault", PASSING)
@pytest.mark.parametrize("method", SWITCHES)
@pytest.mark.usefixtures("project")
def test_what_passes_is_waited_out_and_what_stays_is_left_for_later(
    cloud: Cloud, method: str, fault: FaultKind
) -> None:
    _, switch = SWITCHES[method]
    cloud.world.faults.add(method, fault, times=3)
    assert switch(cloud).result is not Result.REFUSED
    cloud.world.faults.add(method, fault, times=FOR_EVER)
    with pytest.raises(LookFailed, match="8 times in a row"):
        switch(cloud)


@pytest.mark.parametrize("fault", NOT_TOLD)
@pytest.mark.parametrize("method", SWITCHES)
def test_where_it_is_not_known_what_became_of_it_the_next_try_is_safe(
    cloud: Cloud, project: Resource, method: str, fault: FaultKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "TIMEOUT_SECONDS", 0.25 if fault is FaultKind.HANG else 2.0)
    project.hidden["off"] = [PUBSUB] if method.endswith("enable") else []
    cloud.world.faults.add(method, fault)
    _, switch = SWITCHES[method]
    with pytest.raises(LookFailed):
        switch(cloud)
    cloud.world.faults.released.set()
    assert switch(cloud).result is not Result.REFUSED
    later(cloud, seconds=10)
    assert on(cloud, project) == method.endswith("enable")
    assert cloud.world.calls.count(method) == 2


@pytest.mark.parametrize(
    ("project_name", "service"),
    [
        ("acme-web", PUBSUB),
        ("folders/1", PUBSUB),
        ("projects/a/b", PUBSUB),
        (PROJECT, "pubsub"),
        (PROJECT, "a/b.googleapis.com"),
        (PROJECT, "..googleapis.com"),
        (PROJECT, "x.y?z"),
        (PROJECT, ""),
    ],
)
def test_nothing_is_sent_for_what_no_project_or_api_is_called(cloud: Cloud, project_name: str, service: str) -> None:
    port = GoogleCloud(cloud.clients())
    for effect in (
        EnableApi(project=project_name, service=service),
        DisableApi(project=project_name, service=service),
    ):
        with pytest.raises(LookFailed, match="no project and API have such names"):
            port.perform(effect, OFF)
    assert cloud.world.calls == []
