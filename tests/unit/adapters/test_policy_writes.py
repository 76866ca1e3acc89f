"""A member comes into a binding and out of it, on every type of resource, whatever Google and others do meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from edits import ENDS
from holders import HELD, PROJECT, Held, Interferes
from looks import FOR_EVER
from worlds import Cloud, add_account, grant

from sandbox.faults import FaultKind
from sandbox.world import CRM
from shared.adapters import asking, policy_writes
from shared.adapters.google_cloud import GoogleCloud
from shared.errors import LookFailed
from shared.model.effect import AddBinding, Before, Receipt, RemoveBinding, Result
from shared.model.facts import Condition
from shared.model.names import Role

ADDRESS = f"up@{PROJECT}.iam.gserviceaccount.com"
OURS, ANN = f"serviceAccount:{ADDRESS}", "user:ann@example.com"
ROLE, OTHER = Role("roles/browser"), Role("roles/iam.securityReviewer")
FORMS = ("project", "service account", "bucket", "dataset", "table", "machine")
"""One type for each form that policies and their answers have: all others go the way of the project."""
CAN_BE_GONE = [one for one in HELD if one != "project"]
"""A project that is gone looks like one that is forbidden."""
AUDITED = ("cloudresourcemanager.projects", "run.projects.locations.services", "compute.instances")
"""Some of the types whose policies have audit configs."""
ABSENT, PRESENT = Before(present=False, etag="as it was read"), Before(present=True, etag="as it was read")
UNTRIED = Before(present=False, etag="as it was read", untried=True)
NOT_TOLD = (
    FaultKind.INTERNAL,
    FaultKind.DEADLINE,
    FaultKind.LOST_REQUEST,
    FaultKind.LOST_REPLY,
    FaultKind.MALFORMED,
    FaultKind.TRUNCATED,
    FaultKind.HANG,
)
"""After these nobody knows whether the write was done."""
DONE_ALL_THE_SAME = (FaultKind.LOST_REPLY, FaultKind.MALFORMED, FaultKind.TRUNCATED)


class Place:
    """One resource in a served world, with what is done to its policy."""

    def __init__(self, cloud: Cloud, held: Held) -> None:
        self.cloud, self.world, self.held = cloud, cloud.world, held
        self.name = held.make(cloud.world)
        self.condition = ENDS if held.conditional else None
        self.cloud_port = GoogleCloud(cloud.clients())

    def bindings(self) -> list[dict[str, Any]]:
        """The bindings in their order; of a dataset one for each entry of its access list, as it has no others."""
        held = self.world.resources[self.name].policy().get("bindings", [])
        if self.held.methods != "bigquery.datasets":
            return list(held)
        return [{**one, "members": [member]} for one in held for member in one["members"]]

    def rest(self) -> dict[str, Any]:
        """Everything in the policy but its bindings and its etag."""
        policy = self.world.resources[self.name].policy()
        return {name: value for name, value in policy.items() if name not in ("bindings", "etag")}

    def ours(self, condition: Condition | None = None) -> list[dict[str, Any]]:
        said = condition or self.condition
        written = {"title": said.title, "description": said.description, "expression": said.expression} if said else {}
        return [{"role": ROLE, "members": [OURS], **({"condition": written} if written else {})}]

    def add(self, before: Before = ABSENT, member: str = OURS) -> Receipt:
        effect = AddBinding(resource=self.name, role=ROLE, member=member, condition=self.condition)
        return self.cloud_port.perform(effect, before)

    def remove(self) -> Receipt:
        effect = RemoveBinding(resource=self.name, role=ROLE, member=OURS, condition=self.condition)
        return self.cloud_port.perform(effect, PRESENT)

    def writes(self) -> int:
        return self.world.calls.count(self.held.writes)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "INITIAL", 0.001)
    monkeypatch.setattr(asking, "MOST", 0.002)
    monkeypatch.setattr(asking, "TIMEOUT_SECONDS", 10.0)


@pytest.fixture(params=HELD)
def place(request: pytest.FixtureRequest, cloud: Cloud) -> Iterator[Place]:
    add_account(cloud.world, ADDRESS)
    yield Place(cloud, HELD[request.param])
    cloud.world.faults.released.set()


@pytest.fixture(params=FORMS)
def form(request: pytest.FixtureRequest, cloud: Cloud) -> Iterator[Place]:
    add_account(cloud.world, ADDRESS)
    yield Place(cloud, HELD[request.param])
    cloud.world.faults.released.set()


@pytest.fixture
def project(cloud: Cloud) -> Place:
    add_account(cloud.world, ADDRESS)
    return Place(cloud, HELD["project"])


def test_a_member_is_added_and_removed_and_then_all_is_as_it_was(place: Place) -> None:
    grant(place.world, place.name, OTHER, "group:team@example.com", ANN)
    before = place.bindings()
    added = place.add()
    assert (added.result, added.etag) == (Result.CHANGED, place.world.resources[place.name].policy()["etag"])
    assert place.bindings() == before + place.ours()
    assert place.remove().result is Result.CHANGED
    assert place.bindings() == before
    if place.held.methods != "bigquery.datasets":
        assert place.rest() == {"version": 1}


@pytest.mark.hazard("H40")
@pytest.mark.invariant("I06")
def test_the_bindings_of_others_stay_whatever_they_look_like(place: Place) -> None:
    grant(place.world, place.name, ROLE, f"deleted:{OURS}?uid=123456789012345678901", ANN)
    grant(place.world, place.name, OTHER, OURS)
    if place.held.conditional:
        grant(place.world, place.name, ROLE, OURS, title="somebody else's", expression=ENDS.expression)
    if place.held.methods in AUDITED:
        audited = [{"service": "allServices", "auditLogConfigs": [{"logType": "DATA_READ"}]}]
        resource = place.world.resources[place.name]
        place.world.set_policy(resource, {**resource.policy(), "auditConfigs": audited})
    before, rest = place.bindings(), place.rest()
    place.add()
    assert place.bindings()[: len(before)] == _joined(before, place)
    place.remove()
    assert (place.bindings(), place.rest()) == (before, rest)


def _joined(bindings: list[dict[str, Any]], place: Place) -> list[dict[str, Any]]:
    """Where no condition sets ours apart it joins the members of the same role."""
    if place.held.conditional:
        return bindings
    first, *rest = bindings
    return [{**first, "members": [*first["members"], OURS]}, *rest]


def test_what_was_there_before_is_not_ours(place: Place) -> None:
    place.add()
    again = place.add(PRESENT)
    assert (again.result, place.writes()) == (Result.ALREADY, 1)


@pytest.mark.hazard("H40")
def test_what_was_absent_before_and_is_there_now_is_ours_where_its_condition_says_so(place: Place) -> None:
    place.add()
    again = place.add()
    assert (again.result, place.writes()) == (Result.CHANGED if place.condition else Result.UNKNOWN, 1)
    assert again.etag == place.world.resources[place.name].policy()["etag"]


def test_what_is_there_before_the_first_request_is_not_ours(place: Place) -> None:
    place.add()
    again = place.add(UNTRIED)
    assert (again.result, place.writes()) == (Result.ALREADY, 1)


def test_what_is_there_after_a_request_without_a_reply_is_ours_where_its_condition_says_so(cloud: Cloud) -> None:
    """A connection of gRPC that ends is told as 503, and the next try finds what it has done."""
    add_account(cloud.world, ADDRESS)
    account = Place(cloud, HELD["service account"])
    account.world.faults.add(account.held.writes, FaultKind.LOST_REPLY)
    assert (account.add(UNTRIED).result, account.writes()) == (Result.CHANGED, 1)


@pytest.mark.parametrize("fault", [FaultKind.CONFLICT, FaultKind.RATE_LIMITED])
def test_what_is_there_after_a_request_that_did_nothing_is_not_ours(project: Place, fault: FaultKind) -> None:
    project.world.faults.add(project.held.writes, fault)
    given = {"title": ENDS.title, "description": ENDS.description, "expression": ENDS.expression}
    project.world.calls = Interferes(
        project.held.writes, lambda: grant(project.world, project.name, ROLE, OURS, **given)
    )
    assert project.add(UNTRIED).result is Result.ALREADY


def test_what_is_not_there_is_not_removed(place: Place) -> None:
    grant(place.world, place.name, ROLE, ANN)
    assert (place.remove().result, place.writes()) == (Result.ALREADY, 0)


@pytest.mark.parametrize("times", [1, 2, 7])
def test_after_a_conflict_all_of_it_is_done_again(form: Place, times: int) -> None:
    form.world.resources[form.name].hidden["conflicts"] = times
    assert form.add().result is Result.CHANGED
    assert (form.bindings(), form.writes()) == (form.ours(), times + 1)


@pytest.mark.hazard("H40")
@pytest.mark.invariant("I06")
def test_what_another_writes_in_between_is_kept(place: Place) -> None:
    place.world.calls = Interferes(place.held.writes, lambda: grant(place.world, place.name, OTHER, ANN), times=2)
    assert place.add().result is Result.CHANGED
    theirs = {"role": OTHER, "members": [ANN]}
    assert place.bindings() == [theirs, theirs, *place.ours()]
    place.world.calls = Interferes(place.held.writes, lambda: grant(place.world, place.name, OTHER, ANN))
    assert place.remove().result is Result.CHANGED
    assert [one for one in place.bindings() if OURS in one["members"]] == []


@pytest.mark.hazard("H40")
def test_a_storm_of_conflicts_is_left_to_blow_over(form: Place) -> None:
    form.world.resources[form.name].hidden["conflicts"] = 100
    with pytest.raises(LookFailed, match=r"somebody else was changing it .* 8 times in a row"):
        form.add()
    assert (form.bindings(), form.writes()) == ([], 8)


@pytest.mark.parametrize("fault", [FaultKind.UNAVAILABLE, FaultKind.RATE_LIMITED])
def test_a_busy_google_is_asked_again(form: Place, fault: FaultKind) -> None:
    form.world.faults.add(form.held.writes, fault, times=3)
    assert (form.add().result, form.bindings()) == (Result.CHANGED, form.ours())


@pytest.mark.parametrize("fault", [FaultKind.UNAVAILABLE, FaultKind.RATE_LIMITED])
def test_a_google_that_stays_busy_is_left_for_later(form: Place, fault: FaultKind) -> None:
    form.world.faults.add(form.held.writes, fault, times=FOR_EVER)
    with pytest.raises(LookFailed, match=r"Google is busy .* 8 times in a row"):
        form.add()
    assert form.bindings() == []


@pytest.mark.parametrize("fault", NOT_TOLD)
def test_where_it_is_not_known_what_became_of_a_write_the_next_try_finds_out(
    form: Place, fault: FaultKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "TIMEOUT_SECONDS", 0.25 if fault is FaultKind.HANG else 10.0)
    form.world.faults.add(form.held.writes, fault)
    is_told_by_itself = form.held.methods.startswith("iam.") and fault in (
        FaultKind.LOST_REPLY,
        FaultKind.LOST_REQUEST,
    )
    if not is_told_by_itself:  # gRPC says UNAVAILABLE where a connection ends, and that is tried again at once
        with pytest.raises(LookFailed):
            form.add()
        assert (form.bindings() == form.ours()) == (fault in DONE_ALL_THE_SAME)
    form.world.faults.released.set()
    monkeypatch.setattr(asking, "TIMEOUT_SECONDS", 30.0)
    assert (form.add().result, form.bindings()) == (Result.CHANGED, form.ours())


@pytest.mark.parametrize("fault", NOT_TOLD)
def test_the_same_holds_of_removing(form: Place, fault: FaultKind, monkeypatch: pytest.MonkeyPatch) -> None:
    form.add()
    monkeypatch.setattr(asking, "TIMEOUT_SECONDS", 0.25 if fault is FaultKind.HANG else 10.0)
    form.world.faults.add(form.held.writes, fault)
    is_told_by_itself = form.held.methods.startswith("iam.") and fault in (
        FaultKind.LOST_REPLY,
        FaultKind.LOST_REQUEST,
    )
    if not is_told_by_itself:
        with pytest.raises(LookFailed):
            form.remove()
    form.world.faults.released.set()
    monkeypatch.setattr(asking, "TIMEOUT_SECONDS", 30.0)
    assert form.remove().result in (Result.CHANGED, Result.ALREADY)
    assert form.bindings() == []


@pytest.mark.parametrize("fault", [*NOT_TOLD, FaultKind.UNAVAILABLE, FaultKind.RATE_LIMITED, FaultKind.FORBIDDEN])
def test_without_having_read_the_policy_nothing_is_written(
    project: Place, fault: FaultKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "TIMEOUT_SECONDS", 0.25)
    project.world.faults.add(project.held.reads, fault, times=FOR_EVER)
    with pytest.raises(LookFailed):
        project.add()
    project.world.faults.released.set()
    assert project.writes() == 0


def test_who_may_not_read_the_policy_does_not_say_that_nothing_was_changed(place: Place) -> None:
    place.world.reader_cannot.append("*.getIamPolicy")
    with pytest.raises(LookFailed, match=r"not allowed to look: .*getIamPolicy is missing"):
        place.add()
    assert place.writes() == 0


def test_a_refusal_of_our_own_write_says_that_the_role_may_be_the_reason(place: Place) -> None:
    place.world.reader_cannot.append("*.setIamPolicy")
    for receipt in (place.add(), _forced(place)):
        assert receipt.result is Result.REFUSED
        assert receipt.code in policy_writes.DENIED
        assert f"modifiedGrantsByRole), and {ROLE} is not among them" in receipt.said
    assert place.bindings() == place.ours()


def _forced(place: Place) -> Receipt:
    """A removal that is refused: the binding was written by somebody who may."""
    said = {"title": ENDS.title, "expression": ENDS.expression, "description": ENDS.description}
    grant(place.world, place.name, ROLE, OURS, **(said if place.held.conditional else {}))
    return place.remove()


def test_an_unknown_member_is_refused_for_good_and_google_says_which(place: Place) -> None:
    receipt = place.add(member=f"serviceAccount:nobody@{PROJECT}.iam.gserviceaccount.com")
    assert (receipt.result, place.writes()) == (Result.REFUSED, 1)
    assert "nobody@acme-web.iam.gserviceaccount.com does not exist" in receipt.said
    assert place.bindings() == []


def test_a_member_from_outside_the_organisation_is_refused_with_the_constraint_named(place: Place) -> None:
    place.world.resources[f"{CRM}/projects/{PROJECT}"].hidden["only_domain"] = True
    receipt = place.add(member="user:eve@evil.example")
    assert (receipt.result, place.writes()) == (Result.REFUSED, 1)
    assert "permitted customer" in receipt.said
    assert "iam.allowedPolicyMemberDomains or iam.managed.allowedPolicyMembers" in receipt.said
    assert place.bindings() == []


def test_a_condition_where_none_is_taken_is_refused(cloud: Cloud) -> None:
    add_account(cloud.world, ADDRESS)
    topic = Place(cloud, HELD["topic"])
    topic.condition = ENDS
    receipt = topic.add()
    assert (receipt.result, topic.bindings()) == (Result.REFUSED, [])
    assert "Conditional role bindings are not supported" in receipt.said


@pytest.mark.parametrize("kind", CAN_BE_GONE)
def test_on_a_resource_that_is_gone_nothing_is_granted_and_nothing_is_left_to_remove(cloud: Cloud, kind: str) -> None:
    add_account(cloud.world, ADDRESS)
    place = Place(cloud, HELD[kind])
    del place.world.resources[place.name]
    assert (place.add().result, place.add().code) == (Result.REFUSED, "NOT_FOUND")
    assert place.remove().result is Result.ALREADY


@pytest.mark.parametrize("kind", CAN_BE_GONE)
def test_a_resource_that_goes_between_reading_and_writing_is_gone_as_well(cloud: Cloud, kind: str) -> None:
    add_account(cloud.world, ADDRESS)
    place = Place(cloud, HELD[kind])
    grant(place.world, place.name, ROLE, OURS, **({"title": ENDS.title, "expression": ENDS.expression,
          "description": ENDS.description} if place.held.conditional else {}))  # fmt: skip
    place.world.calls = Interferes(place.held.writes, lambda: place.world.resources.pop(place.name))
    assert place.remove().result is Result.ALREADY


def test_a_policy_whose_conditions_are_hidden_is_not_written_back(project: Place) -> None:
    grant(project.world, project.name, "roles/viewer_withcond_0a1b2c3d4e5f6a7b8c9d", ANN)
    for act in (project.add, lambda: _forced(project)):
        with pytest.raises(LookFailed, match="conditions are hidden in roles/viewer_withcond_"):
            act()
    assert project.writes() == 0


def test_a_policy_without_an_etag_is_not_written_back(project: Place) -> None:
    resource = project.world.resources[project.name]
    resource.policies.append((project.world.now(), {"version": 1}))
    with pytest.raises(LookFailed, match="no etag"):
        project.add()
    assert project.writes() == 0


def test_an_account_is_found_in_its_own_project_where_the_name_tells_none(cloud: Cloud) -> None:
    add_account(cloud.world, ADDRESS)
    account = Place(cloud, HELD["service account"])
    real, account.name = account.name, account.name.replace(f"projects/{PROJECT}/", "projects/-/")
    assert account.add().result is Result.CHANGED
    assert cloud.world.resources[real].policy()["bindings"] == account.ours()


@pytest.mark.parametrize(
    "name",
    [
        f"{CRM}/folders/1001",
        f"{CRM}/organizations/123456789012",
        "//storage.googleapis.com/projects/_/buckets/photos/objects/cat.jpg",
        "//storage.googleapis.com/projects/_/buckets/a%2Fb",
        "//spanner.googleapis.com/projects/p/instances/i",
        "//pubsub.googleapis.com/projects/p/topics/../topics/t",
        "//compute.googleapis.com/projects/p/zones/z/disks/d",
        "nothing",
    ],
)
def test_nothing_is_sent_for_a_resource_on_which_nothing_is_granted_here(cloud: Cloud, name: str) -> None:
    port = GoogleCloud(cloud.clients())
    with pytest.raises(LookFailed, match="could not"):
        port.perform(AddBinding(resource=name, role=ROLE, member=OURS), ABSENT)
    assert cloud.world.calls == []
