"""What comes back from a write that Google does not make: the sentence that a person reads, and that nothing is lost."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from edits import CREATOR, OURS
from holders import HELD, PROJECT
from worlds import Cloud, add_account, grant

from sandbox.faults import FaultKind
from sandbox.world import CRM
from shared.adapters.google_cloud import GoogleCloud
from shared.adapters.google_sight import GoogleSight
from shared.errors import LookFailed
from shared.model.effect import AddBinding, Before, Result
from shared.model.names import Role
from shared.model.work import Grant
from shared.moves.means import hindrance

TOPIC = HELD["topic"]


def add(name: str, role: Role = CREATOR, member: str = "user:ann@acme.example") -> AddBinding:
    return AddBinding(resource=name, role=role, member=member)


def test_a_storm_of_conflicts_is_left_to_blow_over_and_told(cloud: Cloud) -> None:
    name = TOPIC.make(cloud.world)
    cloud.world.faults.add(TOPIC.writes, FaultKind.CONFLICT, times=99)
    with pytest.raises(LookFailed, match=r"somebody else was changing it \(.*\), 8 times in a row"):
        GoogleCloud(cloud.clients()).perform(add(name), Before())
    assert cloud.world.resources[name].policy().get("bindings", []) == []


def test_a_policy_that_is_not_whole_is_not_written_back(cloud: Cloud) -> None:
    name = TOPIC.make(cloud.world)
    cloud.world.resources[name].policies.append((cloud.world.now(), {"version": 1}))
    with pytest.raises(LookFailed, match="Google's answer has no etag, so it is not whole"):
        GoogleCloud(cloud.clients()).perform(add(name), Before())
    assert cloud.world.calls.count(TOPIC.writes) == 0


def test_a_role_outside_our_own_limits_is_named(cloud: Cloud) -> None:
    name = TOPIC.make(cloud.world)
    cloud.world.reader_cannot.append("pubsub.topics.setIamPolicy")
    receipt = GoogleCloud(cloud.clients()).perform(add(name, role=Role("roles/pubsub.publisher")), Before())
    said = "our own identity may not set policies there, or may hand out only certain roles"
    assert receipt.result is Result.REFUSED
    assert f"{said} (a condition on modifiedGrantsByRole), and roles/pubsub.publisher is not among them" in receipt.said


def test_a_member_outside_the_permitted_domains_is_refused_with_the_constraint_and_no_way_around_it(
    cloud: Cloud,
) -> None:
    name = TOPIC.make(cloud.world)
    for one in cloud.world.resources.values():
        if one.kind == "organizations":
            one.hidden["only_domain"] = True
    receipt = GoogleCloud(cloud.clients()).perform(add(name, member="user:eve@elsewhere.example"), Before())
    assert receipt.result is Result.REFUSED
    assert receipt.said.endswith(
        "the organisation's policy (iam.allowedPolicyMemberDomains or iam.managed.allowedPolicyMembers) does not let "
        "this member in, and nothing here will propose to weaken it"
    )
    assert OURS not in str(cloud.world.resources[name].policy())


# what an account may do, seen through Google's own clients


BOT = f"bot@{PROJECT}.iam.gserviceaccount.com"
OPEN = Grant(
    resource=f"//iam.googleapis.com/projects/{PROJECT}/serviceAccounts/{BOT}",
    role=Role("roles/iam.serviceAccountTokenCreator"),
    member="user:ann@acme.example",
    until=datetime(2026, 11, 21, 12, tzinfo=UTC),
)


def test_an_account_without_roles_may_be_opened(cloud: Cloud) -> None:
    add_account(cloud.world, BOT)
    assert hindrance(OPEN, GoogleSight(cloud.clients())) == ""


@pytest.mark.parametrize("on", [f"{CRM}/projects/{PROJECT}", "topic"])
def test_an_account_that_may_do_what_only_security_hands_out_is_not_opened(cloud: Cloud, on: str) -> None:
    add_account(cloud.world, BOT)
    where = TOPIC.make(cloud.world) if on == "topic" else on
    held = ["pubsub.topics.publish", "pubsub.topics.setIamPolicy"]
    cloud.world.roles["roles/pubsub.admin"] = {"name": "roles/pubsub.admin", "includedPermissions": held}
    grant(cloud.world, where, "roles/pubsub.admin", f"serviceAccount:{BOT}")
    said = hindrance(OPEN, GoogleSight(cloud.clients()))
    found = "roles/pubsub.admin (it holds pubsub.topics.setIamPolicy)"
    assert said == f"{BOT} has {found}: whoever acts as it has that too, so only security opens it"


@pytest.mark.parametrize("permission", ["cloudasset.*", "*.getIamPolicy", "iam.serviceAccounts.get"])
def test_an_account_that_cannot_be_looked_into_is_not_opened(cloud: Cloud, permission: str) -> None:
    add_account(cloud.world, BOT)
    cloud.world.reader_cannot.append(permission)
    assert hindrance(OPEN, GoogleSight(cloud.clients())).startswith("not allowed to look: ")


def test_what_our_own_identity_lacks_is_told_before_anybody_is_asked(cloud: Cloud) -> None:
    add_account(cloud.world, BOT)
    cloud.world.reader_cannot.append("iam.serviceAccounts.setIamPolicy")
    said = f"our own identity may not do this: it lacks setIamPolicy on {OPEN.resource}"
    assert hindrance(OPEN, GoogleSight(cloud.clients())) == said
