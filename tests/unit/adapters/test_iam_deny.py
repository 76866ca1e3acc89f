"""The rules of deny policies, read through Google's own client: list, then each one."""

from __future__ import annotations

import pytest
from looks import OUTAGES, fails, finds_nothing, refused
from worlds import Cloud, add_deny

from sandbox.faults import FaultKind
from shared.adapters import iam_deny
from shared.errors import LookFailed
from shared.model.facts import Condition, DenyRule

CREATE, ALL = "storage.googleapis.com/objects.create", "principalSet://goog/public:all"
ANN = "principal://goog/subject/ann@example.com"
PROJECT = "projects/acme-web"
NUMBERED = "policies/cloudresourcemanager.googleapis.com%2Fprojects%2F111111111111/denypolicies/guard"


def test_a_rule_is_told_whole_with_its_policy_and_where_that_hangs(cloud: Cloud) -> None:
    tagged = {"title": "prod only", "expression": 'resource.matchTag("env", "prod")'}
    more = {"exceptionPrincipals": [ANN], "exceptionPermissions": [CREATE], "denialCondition": tagged}
    add_deny(cloud.world, PROJECT, ["storage.googleapis.com/objects.*"], [ALL], **more)
    assert iam_deny.deny_rules(cloud.clients(), PROJECT) == (
        DenyRule(
            policy=NUMBERED,
            attached_to=PROJECT,
            title="guard keeps this",
            denied_principals=(ALL,),
            exception_principals=(ANN,),
            denied_permissions=("storage.googleapis.com/objects.*",),
            exception_permissions=(CREATE,),
            condition=Condition(**tagged),
        ),
    )


@pytest.mark.parametrize("on", [PROJECT, "projects/111111111111", "folders/1001", "organizations/123456789012"])
def test_only_what_hangs_on_the_container_itself_is_told(cloud: Cloud, on: str) -> None:
    assert iam_deny.deny_rules(cloud.clients(), on) == ()
    add_deny(cloud.world, on, [CREATE], [ALL], "here")
    add_deny(cloud.world, "projects/acme-data", [CREATE], [ALL], "elsewhere")
    assert [one.attached_to for one in iam_deny.deny_rules(cloud.clients(), on)] == [on]


def test_all_pages_and_all_policies_are_read(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.services.iam_deny.PAGE", 2)
    for number in range(5):
        add_deny(cloud.world, PROJECT, [CREATE], [ALL], f"guard-{number}")
    assert len(iam_deny.deny_rules(cloud.clients(), PROJECT)) == 5
    assert cloud.world.calls.count("iam.policies.listPolicies") == 3


def test_a_policy_deleted_while_it_was_listed_has_no_rules(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    add_deny(cloud.world, PROJECT, [CREATE], [ALL])
    clients = cloud.clients()
    listing = clients.deny_policies.list_policies

    def then_deleted(**asked: object) -> object:
        listed = listing(**asked)
        cloud.world.deny_policies.clear()
        return listed

    monkeypatch.setattr(clients.deny_policies, "list_policies", then_deleted)
    assert iam_deny.deny_rules(clients, PROJECT) == ()


@pytest.mark.parametrize("verb", ["list", "get"])
def test_a_refusal_names_the_permission_that_is_missing(cloud: Cloud, verb: str) -> None:
    add_deny(cloud.world, PROJECT, [CREATE], [ALL])
    permission = f"iam.denypolicies.{verb}"
    told = refused(cloud, permission, lambda: iam_deny.deny_rules(cloud.clients(), PROJECT))
    assert told.permission == permission


def test_a_container_that_does_not_exist_is_said_not_to(cloud: Cloud) -> None:
    assert "folders/9" in finds_nothing(lambda: iam_deny.deny_rules(cloud.clients(), "folders/9"))


@pytest.mark.parametrize("method", ["iam.policies.listPolicies", "iam.policies.get"])
@pytest.mark.parametrize("fault", OUTAGES)
def test_without_a_usable_answer_the_look_has_failed(cloud: Cloud, method: str, fault: FaultKind) -> None:
    add_deny(cloud.world, PROJECT, [CREATE], [ALL])
    fails(cloud, method, fault, lambda: iam_deny.deny_rules(cloud.clients(), PROJECT))


def test_pages_that_never_end_are_no_answer(cloud: Cloud) -> None:
    add_deny(cloud.world, PROJECT, [CREATE], [ALL])
    method = "iam.policies.listPolicies"
    failed = fails(cloud, method, FaultKind.ENDLESS, lambda: iam_deny.deny_rules(cloud.clients(), PROJECT))
    assert "do not end" in failed.why


@pytest.mark.parametrize(
    "on", ["", "projects", "projects/", "projects/a/b", "buckets/b", "folders/1?x=y", "folders/%2F"]
)
def test_nothing_else_can_be_asked_about(cloud: Cloud, on: str) -> None:
    with pytest.raises(LookFailed, match="hang on projects"):
        iam_deny.deny_rules(cloud.clients(), on)
    assert cloud.world.calls == []
