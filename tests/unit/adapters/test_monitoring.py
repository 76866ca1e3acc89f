from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from looks import OUTAGES, fails
from msgspec.structs import replace
from web_machine import AT, web
from worlds import NOW, Cloud

from sandbox.faults import FaultKind
from shared.adapters.compute import machine
from shared.adapters.monitoring import AGENT, memory_use
from shared.errors import LookFailed, NotAllowedToLook
from shared.model.machine import Machine
from shared.model.memory import MemoryUse

DAY = timedelta(days=1)
LIST = "monitoring.projects.timeSeries.list"


def made(cloud: Cloud, *, size: str = "n2-standard-4", **hidden: Any) -> Machine:
    memory = [(NOW - timedelta(hours=2), 50.0), (NOW - timedelta(hours=1), 80.0)]
    web(cloud, machine_type=size, hidden={"memory": memory, **hidden})
    return machine(cloud.clients(), *AT)


def use(cloud: Cloud, of: Machine, since: timedelta = DAY) -> MemoryUse:
    return memory_use(cloud.clients(), of, NOW - since, NOW)


def test_the_share_of_every_five_minutes_is_told_oldest_first(cloud: Cloud) -> None:
    found = use(cloud, made(cloud))
    assert found.by == AGENT
    assert [one.percent for one in found.filled] == [50 + 2.5 * at for at in range(13)]
    assert (found.filled[0].at, found.filled[-1].at) == (NOW - timedelta(hours=2), NOW - timedelta(hours=1))


def test_only_the_time_that_was_asked_for_is_told(cloud: Cloud) -> None:
    found = use(cloud, made(cloud), since=timedelta(minutes=75))
    assert [one.percent for one in found.filled] == [75, 77.5, 80]


def test_a_memory_that_nobody_measured_is_empty_and_no_failure(cloud: Cloud) -> None:
    assert use(cloud, made(cloud, memory=[])) == MemoryUse()


def test_where_no_agent_measures_the_host_of_an_e2_machine_does(cloud: Cloud) -> None:
    found = use(cloud, made(cloud, size="e2-standard-2", no_agent=True))
    assert found.by == "compute.googleapis.com/instance/memory/balloon/ram_used"
    assert [round(one.percent, 3) for one in found.filled] == [50 + 2.5 * at for at in range(13)]


def test_other_machines_have_no_host_that_measures(cloud: Cloud) -> None:
    assert use(cloud, made(cloud, no_agent=True)) == MemoryUse()
    assert cloud.world.calls.count(LIST) == 1


def test_another_machine_s_memory_is_not_told(cloud: Cloud) -> None:
    assert use(cloud, replace(made(cloud), id="1")) == MemoryUse()


def test_the_permission_is_named_where_it_is_missing(cloud: Cloud) -> None:
    of = made(cloud)
    cloud.world.reader_cannot.append("monitoring.timeSeries.list")
    with pytest.raises(NotAllowedToLook, match=r"monitoring\.timeSeries\.list"):
        use(cloud, of)


@pytest.mark.parametrize("fault", [*OUTAGES, FaultKind.ENDLESS])
def test_without_a_usable_answer_the_look_has_failed(cloud: Cloud, fault: FaultKind) -> None:
    of = made(cloud)
    fails(cloud, LIST, fault, lambda: use(cloud, of))


@pytest.mark.parametrize("percent", [-1.0, 102.0])
def test_a_share_that_is_none_makes_no_sense(cloud: Cloud, percent: float) -> None:
    of = made(cloud, memory=[(NOW - timedelta(hours=2), percent), (NOW, percent)])
    with pytest.raises(LookFailed, match="makes no sense"):
        use(cloud, of)


@pytest.mark.parametrize("wrong", [{"id": '1" OR "'}, {"id": ""}, {"project": "a b"}, {"name": "../x"}])
def test_what_is_no_machine_is_never_asked_for(cloud: Cloud, wrong: dict[str, str]) -> None:
    of = replace(made(cloud), **wrong)
    with pytest.raises(LookFailed, match="no machine has such a name and number"):
        use(cloud, of)
    assert LIST not in cloud.world.calls
