"""A machine and what was decided about it survive being stored."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from shared.model.codec import from_json, to_json
from shared.model.machine import (
    AUTH,
    PLATFORM,
    Basis,
    ChangeKind,
    Disk,
    Machine,
    Outcome,
    Precondition,
    ScopeChange,
    ScopeNeed,
    Surroundings,
)

MACHINE = Machine(
    id="18446744073709551615",
    name="orders-1",
    project="example.com:shop",
    zone="europe-west8-a",
    status="RUNNING",
    disks=(Disk(source="projects/p/regions/r/disks/d", boot=True),),
    graceful_shutdown=timedelta(minutes=10),
    guest_os_features=frozenset({"WINDOWS", "GVNIC"}),
    last_start=datetime(2026, 11, 21, 12, tzinfo=UTC),
)


def test_everything_about_a_machine_is_the_same_after_it_was_stored() -> None:
    change = ScopeChange(kind=ChangeKind.ADD_SCOPE, account="a@b", scopes=(PLATFORM,), why="w", alternatives=("x",))
    need = ScopeNeed(service="s", scopes=(PLATFORM,), basis=Basis.EVERY, matched="m")
    told = Surroundings(referrers=(), schedule=(datetime(2026, 11, 21, tzinfo=UTC),), key_usable=False)
    for value in (MACHINE, change, need, told, Precondition("vm.spot", Outcome.REFUSE, "No.")):
        assert from_json(to_json(value), type(value)) == value


def test_what_could_not_be_told_is_not_stored_as_nothing() -> None:
    told = from_json(to_json(Surroundings(routes=())), Surroundings)
    assert (told.routes, told.operations) == ((), None)


def test_only_cloud_platform_is_enough_where_it_stands_alone() -> None:
    assert ScopeNeed(service="s", scopes=(PLATFORM,), basis=Basis.EVERY, matched="m").only_platform
    wider = ScopeNeed(service="s", scopes=(f"{AUTH}pubsub", PLATFORM), basis=Basis.EVERY, matched="m")
    assert not wider.only_platform


def test_a_disk_of_a_region_is_kept_in_two_zones() -> None:
    assert MACHINE.disks[0].is_regional
    assert not Disk(source="projects/p/zones/z/disks/d").is_regional
