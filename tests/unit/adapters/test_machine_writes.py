"""Machines are stopped, started, reset and changed by operations; the very machine that was planned for, once each."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID, uuid5

import pytest
from looks import FOR_EVER
from web_machine import AUTH, EMAIL, LINK, PLATFORM, READ_ONLY, ZONE_PATH, later, web
from worlds import Cloud, add_account

from sandbox.faults import FaultKind
from sandbox.machines import recreate
from sandbox.world import Resource
from shared.adapters import asking
from shared.adapters.google_cloud import GoogleCloud
from shared.adapters.machine_writes import MachineEffect
from shared.errors import LookFailed
from shared.model.effect import (
    Before,
    Receipt,
    ResetMachine,
    Result,
    SetAccess,
    SetSize,
    StartMachine,
    StopMachine,
)
from shared.model.work import MachineName

OTHER = "other@acme-web.iam.gserviceaccount.com"
NOT_TOLD = (
    FaultKind.INTERNAL,
    FaultKind.DEADLINE,
    FaultKind.LOST_REQUEST,
    FaultKind.LOST_REPLY,
    FaultKind.MALFORMED,
    FaultKind.TRUNCATED,
    FaultKind.HANG,
)
PASSING = (FaultKind.UNAVAILABLE, FaultKind.RATE_LIMITED)
VERBS = ("stop", "start", "reset", "setServiceAccount", "setMachineType")


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "INITIAL", 0.001)
    monkeypatch.setattr(asking, "MOST", 0.002)


@pytest.fixture
def machine(cloud: Cloud) -> Iterator[Resource]:
    add_account(cloud.world, OTHER, "99")
    yield web(cloud)
    cloud.world.faults.released.set()


def name_of(machine: Resource, **other: str) -> MachineName:
    own = {"project": "acme-web", "zone": "europe-west1-b", "name": "web-1", "id": machine.body["id"]}
    return MachineName(**{**own, **other})


def effect(verb: str, name: MachineName, request: str = "") -> MachineEffect:
    request = request or str(uuid5(UUID(int=7), verb))
    if verb == "setServiceAccount":
        return SetAccess(machine=name, account=OTHER, scopes=(PLATFORM,), request=request)
    if verb == "setMachineType":
        return SetSize(machine=name, machine_type="e2-standard-4", request=request)
    kind = {"stop": StopMachine, "start": StartMachine, "reset": ResetMachine}[verb]
    return kind(machine=name, request=request)


def perform(cloud: Cloud, one: MachineEffect) -> Receipt:
    return GoogleCloud(cloud.clients()).perform(one, Before())


def halted(cloud: Cloud, machine: Resource) -> None:
    perform(cloud, StopMachine(machine=name_of(machine), request=str(uuid5(UUID(int=8), "halt"))))
    later(cloud, minutes=5)
    assert (
        cloud.clients().instances.get(project="acme-web", zone="europe-west1-b", instance="web-1").status
        == "TERMINATED"
    )


def ready_for(cloud: Cloud, machine: Resource, verb: str) -> None:
    """Bring the machine into the state in which the verb fits."""
    if verb in ("start", "setServiceAccount", "setMachineType"):
        halted(cloud, machine)


def begun(cloud: Cloud, verb: str) -> list[str]:
    return [one.body["name"] for one in cloud.world.of_kind("zoneOperations") if one.body["operationType"] == verb]


@pytest.mark.parametrize("verb", VERBS)
def test_an_effect_is_an_operation_whose_name_is_kept(cloud: Cloud, machine: Resource, verb: str) -> None:
    ready_for(cloud, machine, verb)
    before = len(begun(cloud, verb))
    receipt = perform(cloud, effect(verb, name_of(machine)))
    assert (receipt.result, receipt.operation) == (Result.STARTED, begun(cloud, verb)[-1])
    assert len(begun(cloud, verb)) == before + 1


@pytest.mark.hazard("H27")
@pytest.mark.parametrize("verb", VERBS)
def test_the_same_request_again_is_the_same_operation(cloud: Cloud, machine: Resource, verb: str) -> None:
    ready_for(cloud, machine, verb)
    first = perform(cloud, effect(verb, name_of(machine)))
    later(cloud, minutes=5)
    assert perform(cloud, effect(verb, name_of(machine))) == first


@pytest.mark.invariant("I06")
def test_a_machine_is_stopped_changed_and_started_as_planned(cloud: Cloud, machine: Resource) -> None:
    name = name_of(machine)
    for verb in ("stop", "setServiceAccount", "setMachineType", "start"):
        assert perform(cloud, effect(verb, name)).result is Result.STARTED
        later(cloud, minutes=5)
    now = cloud.clients().instances.get(project="acme-web", zone="europe-west1-b", instance="web-1")
    assert now.status == "RUNNING"
    assert [(one.email, list(one.scopes)) for one in now.service_accounts] == [(OTHER, [PLATFORM])]
    assert now.machine_type == f"{LINK}/{ZONE_PATH}/machineTypes/e2-standard-4"


def test_scopes_are_set_whole(cloud: Cloud, machine: Resource) -> None:
    halted(cloud, machine)
    scopes = (READ_ONLY, f"{AUTH}logging.write")
    perform(cloud, SetAccess(machine=name_of(machine), account=EMAIL, scopes=scopes, request=str(UUID(int=5))))
    later(cloud, minutes=1)
    assert cloud.clients().instances.get(project="acme-web", zone="europe-west1-b", instance="web-1").status
    assert machine.body["serviceAccounts"] == [{"email": EMAIL, "scopes": list(scopes)}]


def test_an_account_can_be_taken_from_a_machine(cloud: Cloud, machine: Resource) -> None:
    halted(cloud, machine)
    none = SetAccess(machine=name_of(machine), account=None, scopes=(), request=str(UUID(int=5)))
    assert perform(cloud, none).result is Result.STARTED
    later(cloud, minutes=1)
    assert (
        list(
            cloud.clients().instances.get(project="acme-web", zone="europe-west1-b", instance="web-1").service_accounts
        )
        == []
    )


@pytest.mark.hazard("H15")
@pytest.mark.parametrize("verb", VERBS)
def test_another_machine_of_the_same_name_is_never_touched(cloud: Cloud, machine: Resource, verb: str) -> None:
    ready_for(cloud, machine, verb)
    anew = recreate(cloud.world, machine, cloud.world.now())
    kept, before = dict(anew.body), begun(cloud, verb)
    receipt = perform(cloud, effect(verb, name_of(machine)))
    assert (receipt.result, receipt.code) == (Result.REFUSED, "notFound")
    assert (anew.body, begun(cloud, verb)) == (kept, before)


@pytest.mark.parametrize("verb", VERBS)
def test_a_refusal_of_ours_is_told_in_googles_words(cloud: Cloud, machine: Resource, verb: str) -> None:
    ready_for(cloud, machine, verb)
    cloud.world.reader_cannot.append(f"compute.instances.{verb}")
    receipt = perform(cloud, effect(verb, name_of(machine)))
    assert (receipt.result, receipt.code) == (Result.REFUSED, "IAM_PERMISSION_DENIED")
    assert f"compute.instances.{verb}" in receipt.said


def test_a_machine_in_another_state_is_not_ready(cloud: Cloud, machine: Resource) -> None:
    perform(cloud, effect("stop", name_of(machine)))
    for verb in ("start", "reset"):
        receipt = perform(cloud, effect(verb, name_of(machine)))
        assert (receipt.result, receipt.code) == (Result.REFUSED, "resourceNotReady")


@pytest.mark.parametrize("verb", ["setServiceAccount", "setMachineType"])
def test_a_running_machine_is_not_changed(cloud: Cloud, machine: Resource, verb: str) -> None:
    receipt = perform(cloud, effect(verb, name_of(machine)))
    assert receipt.result is Result.REFUSED
    assert "must be stopped" in receipt.said
    assert begun(cloud, verb) == []


@pytest.mark.parametrize("fault", PASSING)
@pytest.mark.parametrize("verb", VERBS)
def test_what_passes_is_waited_out_and_what_stays_is_left_for_later(
    cloud: Cloud, machine: Resource, verb: str, fault: FaultKind
) -> None:
    ready_for(cloud, machine, verb)
    method = f"compute.instances.{verb}"
    cloud.world.faults.add(method, fault, times=3)
    assert perform(cloud, effect(verb, name_of(machine))).result is Result.STARTED
    cloud.world.faults.add(method, fault, times=FOR_EVER)
    with pytest.raises(LookFailed, match="8 times in a row"):
        perform(cloud, effect(verb, name_of(machine)))


@pytest.mark.parametrize("fault", NOT_TOLD)
@pytest.mark.parametrize("verb", VERBS)
def test_where_it_is_not_known_what_became_of_it_it_is_done_once_all_the_same(
    cloud: Cloud, machine: Resource, verb: str, fault: FaultKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready_for(cloud, machine, verb)
    before = len(begun(cloud, verb))
    monkeypatch.setattr(asking, "TIMEOUT_SECONDS", 0.25 if fault is FaultKind.HANG else 2.0)
    cloud.world.faults.add(f"compute.instances.{verb}", fault)
    with pytest.raises(LookFailed):
        perform(cloud, effect(verb, name_of(machine)))
    cloud.world.faults.released.set()
    assert perform(cloud, effect(verb, name_of(machine))).result is Result.STARTED
    assert len(begun(cloud, verb)) == before + 1


@pytest.mark.parametrize(
    "wrong",
    [{"id": "web-1"}, {"id": ""}, {"id": "-1"}, {"zone": "a/b"}, {"zone": "a%2Fb"}, {"project": "p?x"}, {"name": ".."}],
)
def test_nothing_is_sent_for_what_no_machine_is_called(cloud: Cloud, machine: Resource, wrong: dict[str, str]) -> None:
    with pytest.raises(LookFailed, match="no machine has such a name and number"):
        perform(cloud, effect("stop", name_of(machine, **wrong)))
    assert cloud.world.calls == []


@pytest.mark.parametrize("request_id", ["again", "00000000-0000-0000-0000-000000000000", "é"])
def test_nothing_is_sent_that_could_not_be_repeated(cloud: Cloud, machine: Resource, request_id: str) -> None:
    with pytest.raises(LookFailed, match="the id of the request is"):
        perform(cloud, effect("stop", name_of(machine), request_id))
    assert cloud.world.calls == []
