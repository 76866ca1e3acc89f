"""Who is in a group is asked once a minute, told only by a whole answer, and asked about nobody who is no address."""

from __future__ import annotations

import pytest
from fakes import FakeClock
from looks import OUTAGES, fails, refused
from worlds import Cloud

from sandbox.faults import FaultKind
from sandbox.services.cloud_identity import group_id
from shared.adapters.cloud_identity import CloudIdentityDirectory
from shared.errors import LookFailed, NotAllowedToLook

OWNERS, LEADS = "owners@example.com", "leads@example.com"
ANN, BOB = "ann@example.com", "bob@example.com"
ID = group_id(OWNERS)
CHECK, LOOKUP = "cloudidentity.groups.memberships.checkTransitiveMembership", "cloudidentity.groups.lookup"


@pytest.fixture(autouse=True)
def _groups(cloud: Cloud) -> None:
    cloud.world.groups[OWNERS] = [f"group:{LEADS}", "serviceAccount:bot@p.iam.gserviceaccount.com"]
    cloud.world.groups[LEADS] = [f"user:{ANN}"]


@pytest.fixture
def directory(cloud: Cloud, clock: FakeClock) -> CloudIdentityDirectory:
    return CloudIdentityDirectory(clock, cloud.endpoint)


def test_who_is_in_a_group_within_it_is_in_it_and_nobody_else(directory: CloudIdentityDirectory) -> None:
    assert directory.is_member(ID, ANN)
    assert not directory.is_member(ID, BOB)
    assert directory.is_member(ID, "bot@p.iam.gserviceaccount.com")
    assert not directory.is_member(ID, f"not-{ANN}")


def test_a_group_may_be_named_by_its_address(directory: CloudIdentityDirectory) -> None:
    assert directory.is_member(OWNERS, ANN)
    assert not directory.is_member(OWNERS, BOB)


@pytest.mark.hazard("H21")
def test_an_answer_holds_for_a_minute(cloud: Cloud, directory: CloudIdentityDirectory, clock: FakeClock) -> None:
    assert directory.is_member(ID, ANN)
    cloud.world.groups[LEADS] = []
    clock.turn(seconds=59)
    assert directory.is_member(ID, ANN)
    assert cloud.world.calls == [CHECK]
    clock.turn(seconds=1)
    assert not directory.is_member(ID, ANN)
    clock.turn(seconds=59)
    cloud.world.groups[LEADS] = [f"user:{ANN}"]
    assert not directory.is_member(ID, ANN)
    clock.turn(seconds=1)
    assert directory.is_member(ID, ANN)


def test_more_answers_than_are_kept_are_asked_for_again_and_never_mixed_up(
    cloud: Cloud, directory: CloudIdentityDirectory, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.adapters.cloud_identity.MOST_KEPT", 2)
    asked = [ANN, BOB, f"eve+{ANN}", ANN, BOB, f"eve+{ANN}"]
    assert [directory.is_member(ID, one) for one in asked] == [True, False, False] * 2
    assert len(cloud.world.calls) == 4
    clock.turn(seconds=60)
    assert [directory.is_member(ID, one) for one in (f"eve+{ANN}", ANN)] == [False, True]


def test_a_failure_is_not_kept(cloud: Cloud, directory: CloudIdentityDirectory) -> None:
    cloud.world.faults.add(CHECK, FaultKind.INTERNAL)
    with pytest.raises(LookFailed):
        directory.is_member(ID, ANN)
    assert directory.is_member(ID, ANN)


def test_what_passes_by_itself_is_asked_again(
    cloud: Cloud, directory: CloudIdentityDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.adapters.asking.INITIAL", 0.001)
    for fault in (FaultKind.UNAVAILABLE, FaultKind.RATE_LIMITED, FaultKind.LOST_REQUEST, FaultKind.LOST_REPLY):
        cloud.world.faults.add(CHECK, fault)
    assert directory.is_member(ID, ANN)


@pytest.mark.hazard("H21")
@pytest.mark.parametrize("fault", OUTAGES)
def test_no_usable_answer_is_never_a_no(cloud: Cloud, directory: CloudIdentityDirectory, fault: FaultKind) -> None:
    failed = fails(cloud, CHECK, fault, lambda: directory.is_member(ID, ANN))
    assert (failed.asked, failed.about) == ("read the members of the group", ID)


@pytest.mark.parametrize("fault", OUTAGES)
def test_nor_is_a_group_that_could_not_be_looked_up(
    cloud: Cloud, directory: CloudIdentityDirectory, fault: FaultKind
) -> None:
    fails(cloud, LOOKUP, fault, lambda: directory.is_member(OWNERS, ANN))
    assert CHECK not in cloud.world.calls


def test_who_may_not_see_the_members_is_told_what_that_takes(cloud: Cloud, directory: CloudIdentityDirectory) -> None:
    hidden = refused(cloud, "groups.expand", lambda: directory.is_member(ID, ANN))
    assert hidden.permission == "the Groups Reader role in the admin console"


@pytest.mark.parametrize("group", ["0none", "nobody@example.com"])
def test_a_group_that_there_is_not_looks_like_one_that_we_may_not_see(
    directory: CloudIdentityDirectory, group: str
) -> None:
    with pytest.raises(NotAllowedToLook):
        directory.is_member(group, ANN)


def test_a_stranger_is_not_answered(cloud: Cloud, clock: FakeClock) -> None:
    with pytest.raises(NotAllowedToLook):
        CloudIdentityDirectory(clock, cloud.endpoint, token=f"as:user:{BOB}").is_member(ID, ANN)


@pytest.mark.parametrize(
    "member",
    ["", "ann", "' || true || 'a@b", "a\\'@b", 'a"@b', "a@b\n", "a b@c", "änn@example.com", "a" * 300 + "@b", "a@b/c"],
)
def test_what_is_no_address_is_never_asked_about(cloud: Cloud, directory: CloudIdentityDirectory, member: str) -> None:
    with pytest.raises(LookFailed):
        directory.is_member(ID, member)
    assert cloud.world.calls == []


@pytest.mark.parametrize("group", ["", "0abc/memberships", "../x", "a?b", "a#b", "0'"])
def test_what_is_no_group_is_never_asked_about(cloud: Cloud, directory: CloudIdentityDirectory, group: str) -> None:
    with pytest.raises(LookFailed):
        directory.is_member(group, ANN)
    assert cloud.world.calls == []


@pytest.mark.hazard("H21")
@pytest.mark.parametrize("said", [{"hasMembership": "true"}, {"hasMembership": 1}, {"hasMembership": None}, [], "yes"])
def test_an_answer_that_makes_no_sense_is_none(
    directory: CloudIdentityDirectory, monkeypatch: pytest.MonkeyPatch, said: object
) -> None:
    monkeypatch.setattr(directory, "_once", lambda _: said)
    with pytest.raises(LookFailed, match="makes no sense"):
        directory.is_member(ID, ANN)
