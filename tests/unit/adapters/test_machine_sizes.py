from __future__ import annotations

import pytest
from web_machine import AT, REGION, web
from worlds import Cloud, add_compute

from shared.adapters.machine_sizes import machine_type
from shared.errors import LookFailed, NotAllowedToLook, NotFound


def quota(cloud: Cloud, **left: tuple[float, float]) -> None:
    quotas = [{"metric": name, "limit": limit, "usage": used} for name, (limit, used) in left.items()]
    add_compute(cloud.world, REGION, quotas=quotas)


def test_a_machine_type_is_told_with_its_size_and_the_quota_that_is_left(cloud: Cloud) -> None:
    web(cloud)
    quota(cloud, CPUS=(24, 4), N2_CPUS=(8, 8))
    found = machine_type(cloud.clients(), AT[0], AT[1], "e2-standard-4")
    assert (found.cpus, found.memory_mb, found.architecture, found.free_cpus) == (4, 16_384, "X86_64", 20)


def test_a_series_with_a_quota_of_its_own_counts_towards_that_alone(cloud: Cloud) -> None:
    web(cloud)
    quota(cloud, CPUS=(24, 4), N2_CPUS=(8, 2))
    assert machine_type(cloud.clients(), AT[0], AT[1], "n2-standard-4").free_cpus == 6


def test_a_series_on_the_common_quota_may_have_a_tighter_one_as_well(cloud: Cloud) -> None:
    web(cloud)
    quota(cloud, CPUS=(24, 4), E2_CPUS=(8, 5))
    assert machine_type(cloud.clients(), AT[0], AT[1], "e2-standard-4").free_cpus == 3


def test_a_quota_that_the_region_does_not_tell_is_not_known(cloud: Cloud) -> None:
    web(cloud)
    quota(cloud, CPUS=(24, 4))
    assert machine_type(cloud.clients(), AT[0], AT[1], "n2-standard-4").free_cpus is None


def test_a_quota_that_we_may_not_see_is_not_known(cloud: Cloud) -> None:
    web(cloud)
    cloud.world.reader_cannot.append("compute.regions.get")
    assert machine_type(cloud.clients(), AT[0], AT[1], "e2-standard-4").free_cpus is None


def test_a_zone_without_that_type_says_so(cloud: Cloud) -> None:
    web(cloud)
    with pytest.raises(NotFound):
        machine_type(cloud.clients(), AT[0], AT[1], "no-such-type")


def test_the_permission_to_read_types_is_named_where_it_is_missing(cloud: Cloud) -> None:
    web(cloud)
    cloud.world.reader_cannot.append("compute.machineTypes.get")
    with pytest.raises(NotAllowedToLook, match=r"compute\.machineTypes\.get"):
        machine_type(cloud.clients(), AT[0], AT[1], "e2-standard-4")


@pytest.mark.parametrize("name", ["a b", "x/../../y", "é", "", "?a=b"])
def test_what_is_no_name_is_never_asked_for(cloud: Cloud, name: str) -> None:
    with pytest.raises(LookFailed, match="no machine type has such a name"):
        machine_type(cloud.clients(), AT[0], AT[1], name)
