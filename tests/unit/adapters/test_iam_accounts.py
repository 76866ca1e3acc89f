"""Service accounts and their policies, read in the project that owns them."""

from __future__ import annotations

import pytest
from looks import OUTAGES, fails, finds_nothing, refused
from worlds import Cloud, add_account, grant

from sandbox.faults import FaultKind
from shared.adapters import iam_accounts
from shared.errors import LookFailed, NotAllowedToLook
from shared.model.facts import Account, Condition

UP = "up@acme-web.iam.gserviceaccount.com"
UNIQUE = "112233445566778899001"
FULL = f"//iam.googleapis.com/projects/acme-web/serviceAccounts/{UP}"
GET, POLICY = "iam.serviceAccounts.get", "iam.serviceAccounts.getIamPolicy"


def test_an_account_is_told_with_its_state_and_unique_id(cloud: Cloud) -> None:
    add_account(cloud.world, UP, UNIQUE, disabled=True)
    told = Account(email=UP, unique_id=UNIQUE, project="acme-web", disabled=True)
    assert iam_accounts.account(cloud.clients(), UP) == told
    assert iam_accounts.account(cloud.clients(), UNIQUE) == told


def test_a_missing_account_is_said_not_to_exist_where_its_address_tells_its_project(cloud: Cloud) -> None:
    assert UP in finds_nothing(lambda: iam_accounts.account(cloud.clients(), UP))
    with pytest.raises(NotAllowedToLook):
        iam_accounts.account(cloud.clients(), UNIQUE)


@pytest.mark.parametrize(
    ("email", "project"),
    [
        (UP, "acme-web"),
        ("acme-web@appspot.gserviceaccount.com", "acme-web"),
        ("123456789-compute@developer.gserviceaccount.com", "123456789"),
        ("up@acme-web.example.com.iam.gserviceaccount.com", "example.com:acme-web"),
        ("acme-web.example.com@appspot.gserviceaccount.com", "example.com:acme-web"),
        ("service-123@gcp-sa-pubsub.iam.gserviceaccount.com", None),
        ("service-123@compute-system.iam.gserviceaccount.com", None),
        ("123@cloudservices.gserviceaccount.com", None),
        (UNIQUE, None),
        ("ann@example.com", None),
        ("up@acme-web.iam.gserviceaccount.com.evil.example", None),
    ],
)
def test_the_project_of_an_account_is_told_from_its_address_alone(email: str, project: str | None) -> None:
    assert iam_accounts.owner_of(email) == project


@pytest.mark.parametrize("email", ["", "up@acme/../x", "a b@c.iam.gserviceaccount.com", "x?y=z@p", "up%2F@p.iam"])
def test_what_can_be_no_address_is_not_asked_about(cloud: Cloud, email: str) -> None:
    with pytest.raises(LookFailed, match="no account has such an address"):
        iam_accounts.account(cloud.clients(), email)
    assert cloud.world.calls == []


@pytest.mark.parametrize("name", [FULL, FULL.replace("acme-web/", "111111111111/"), FULL.replace(UP, UNIQUE),
                                  f"//iam.googleapis.com/projects/-/serviceAccounts/{UNIQUE}"])  # fmt: skip
def test_the_policy_of_an_account_is_read_with_its_conditions_by_any_of_its_names(cloud: Cloud, name: str) -> None:
    add_account(cloud.world, UP, UNIQUE)
    ends = Condition(title="until May", expression='request.time < timestamp("2026-05-01T00:00:00Z")')
    grant(cloud.world, FULL, "roles/iam.serviceAccountTokenCreator", "user:ann@example.com",
          title=ends.title, expression=ends.expression)  # fmt: skip
    policy = iam_accounts.account_policy(cloud.clients(), name)
    assert policy.resource == name
    assert [(one.role, one.members, one.condition) for one in policy.bindings] == [
        ("roles/iam.serviceAccountTokenCreator", ("user:ann@example.com",), ends)
    ]


def test_the_policy_of_a_missing_account_is_not_found(cloud: Cloud) -> None:
    assert "does not exist" in finds_nothing(lambda: iam_accounts.account_policy(cloud.clients(), FULL))


@pytest.mark.parametrize("name", ["//iam.googleapis.com/projects/p", f"{FULL}/keys/1", FULL.replace("//iam", "//x")])
def test_only_accounts_have_such_policies(cloud: Cloud, name: str) -> None:
    with pytest.raises(LookFailed, match="not the full name of a service account"):
        iam_accounts.account_policy(cloud.clients(), name)


def test_a_refusal_names_the_permission_that_is_missing(cloud: Cloud) -> None:
    add_account(cloud.world, UP)
    assert refused(cloud, GET, lambda: iam_accounts.account(cloud.clients(), UP)).permission == GET
    look = refused(cloud, POLICY, lambda: iam_accounts.account_policy(cloud.clients(), FULL))
    assert look.permission == POLICY


@pytest.mark.parametrize("fault", OUTAGES)
def test_without_a_usable_answer_the_look_has_failed(cloud: Cloud, fault: FaultKind) -> None:
    add_account(cloud.world, UP)
    fails(cloud, "iam.projects.serviceAccounts.get", fault, lambda: iam_accounts.account(cloud.clients(), UP))


@pytest.mark.parametrize("fault", OUTAGES)
def test_without_a_usable_policy_the_look_has_failed(cloud: Cloud, fault: FaultKind) -> None:
    add_account(cloud.world, UP)
    method = "iam.projects.serviceAccounts.getIamPolicy"
    fails(cloud, method, fault, lambda: iam_accounts.account_policy(cloud.clients(), FULL))
