"""The role that gives least beyond the ask, never one that could escalate, and the proof with it."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.grants.catalogue import Catalogue, pack
from shared.grants.choose import AGENTS, BASIC, choose
from shared.grants.curated import FEDERATED_ROLES, ROLES
from shared.grants.danger import floor_of
from shared.model.names import Permission, Role
from shared.model.plan import T3
from shared.model.role import RoleDefinition, Stage

PROJECT = "//cloudresourcemanager.googleapis.com/projects/p"
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def small(**roles: str) -> Catalogue:
    """A catalogue of `service_name="permissions"`; a name that ends in _beta is one in that stage."""
    made = [
        RoleDefinition(
            name=Role(f"roles/{name.removesuffix('_beta').replace('_', '.')}"),
            stage=Stage.BETA if name.endswith("_beta") else Stage.GA,
            permissions=tuple(sorted(map(Permission, permissions.split()))),
        )
        for name, permissions in roles.items()
    ]
    return Catalogue(pack(made, NOON, "test"))


def test_the_least_excess_wins_and_a_read_weighs_less_than_a_write() -> None:
    catalogue = small(
        dns_reader="dns.zones.get dns.zones.list dns.changes.get dns.records.get",
        dns_writer="dns.zones.get dns.zones.update",
    )
    choice = choose([Permission("dns.zones.get")], catalogue)
    assert choice.role == "roles/dns.reader"
    assert "roles/dns.writer is smaller, but its excess weighs more" in choice.why


def test_who_only_reads_gets_a_role_that_only_reads_if_there_is_one() -> None:
    reads = " ".join(f"dns.thing{number}.get" for number in range(9))
    catalogue = small(dns_reader=f"dns.zones.get {reads}", dns_maker="dns.zones.get dns.zones.update")
    assert choose([Permission("dns.zones.get")], catalogue).role == "roles/dns.reader"
    assert choose([Permission("dns.zones.update")], catalogue).role == "roles/dns.maker"


@pytest.mark.parametrize(
    ("tempting", "why"),
    [
        ({"dns_serviceAgent": "dns.zones.get"}, "a role of Google's own agents"),
        ({"dns_try_beta": "dns.zones.get"}, "in stage BETA"),
        ({"other_helper": "dns.zones.get"}, "a role of another service"),
        ({"dns_admin": "dns.zones.get dns.zones.setIamPolicy"}, "it would hand out dns.zones.setIamPolicy"),
        (
            {"dns_bot": "dns.zones.get iam.serviceAccounts.getAccessToken"},
            "it would hand out iam.serviceAccounts.getAcc",
        ),
        (
            {"dns_all": "dns.zones.get " + " ".join(f"service{number}.a.get" for number in range(16))},
            "made for a job",
        ),
    ],
)
def test_a_smaller_role_that_may_not_be_given_is_not_chosen(tempting: dict[str, str], why: str) -> None:
    fit = "dns.zones.get dns.zones.list dns.zones.update"
    choice = choose([Permission("dns.zones.get")], small(dns_fit=fit, **tempting))
    assert choice.role == "roles/dns.fit"
    alone = choose([Permission("dns.zones.get")], small(**tempting))
    assert alone.role is None
    assert why in alone.candidates[0].refusal
    assert alone.custom == ("dns.zones.get",)


@pytest.mark.parametrize("name", ["owner", "editor", "viewer", "admin", "writer", "reader"])
def test_a_basic_role_is_never_given(name: str) -> None:
    choice = choose([Permission("dns.zones.get")], small(**{name: "dns.zones.get"}))
    assert choice.role is None
    assert choice.candidates[0].refusal == "a basic role"


def test_what_is_too_wide_asks_for_a_custom_role_of_just_the_permissions() -> None:
    wide = "ml.models.predict " + " ".join(f"ml.thing{number}.update" for number in range(40))
    choice = choose([Permission("ml.models.predict")], small(ml_user=wide))
    assert (choice.role, choice.custom) == (None, ("ml.models.predict",))
    assert "still gives 40 permissions more" in choice.why


def test_reading_data_of_a_whole_project_is_never_a_side_effect() -> None:
    catalogue = small(dns_fit="dns.zones.get storage.objects.get")
    assert choose([Permission("dns.zones.get")], catalogue).role == "roles/dns.fit"
    assert choose([Permission("dns.zones.get")], catalogue, on=PROJECT).role is None


def test_what_one_account_may_be_given_on_another_is_never_given_on_a_project() -> None:
    catalogue = small(iam_tokens="iam.serviceAccounts.getAccessToken")
    asked = [Permission("iam.serviceAccounts.getAccessToken")]
    assert choose(asked, catalogue).role == "roles/iam.tokens"
    assert choose(asked, catalogue, on=PROJECT).role is None


def test_a_custom_role_is_given_in_its_own_project_only() -> None:
    own = RoleDefinition(name=Role("projects/p1/roles/x"), permissions=(Permission("dns.zones.get"),))
    catalogue = Catalogue(pack([own], NOON, "test"))
    asked = [Permission("dns.zones.get")]
    there = "//cloudresourcemanager.googleapis.com/projects/{}"
    assert choose(asked, catalogue, on=there.format("p1")).role == "projects/p1/roles/x"
    assert choose(asked, catalogue, on=there.format("p2")).role is None
    assert choose(asked, catalogue).role is None


@pytest.mark.parametrize("permission", ["resourcemanager.projects.setIamPolicy", "iam.serviceAccountKeys.create"])
def test_what_only_security_may_hand_out_gets_no_role_and_no_custom_role(permission: str) -> None:
    choice = choose([Permission(permission)], small(iam_x=permission, resourcemanager_x=permission))
    assert (choice.role, choice.custom, choice.candidates) == (None, (), ())


def test_a_permission_that_no_role_holds_is_said_to_be_unknown() -> None:
    choice = choose([Permission("dns.zones.get"), Permission("new.things.get")], small(dns_fit="dns.zones.get"))
    assert choice.role is None
    assert "no role of the catalogue holds new.things.get" in choice.why


@pytest.fixture(scope="module")
def predefined() -> Catalogue:
    reference = Path(__file__).resolve().parents[4] / "shared" / "iam-roles" / "roles.jsonl.gz"
    if not reference.is_file():
        pytest.skip("../shared/iam-roles is not there")
    with gzip.open(reference, "rt") as lines:
        listed = [json.loads(line) for line in lines]
    roles = [
        RoleDefinition(
            name=Role(one["name"]),
            stage=Stage(one["stage"]),
            permissions=tuple(sorted({Permission(name) for name in one.get("includedPermissions") or ()})),
        )
        for one in listed
    ]
    return Catalogue(pack(roles, NOON, "reference"))


def test_every_hand_checked_role_exists_is_ready_holds_its_permission_and_nothing_dangerous(
    predefined: Catalogue,
) -> None:
    for permission, name in [*ROLES.items(), *FEDERATED_ROLES.items()]:
        role = predefined.role(f"roles/{name}")
        assert role is not None, name
        assert permission in role.permissions, f"{name} lacks {permission}"
        assert role.stage is Stage.GA, name
        excess = [one for one in role.permissions if one != permission]
        assert not [one for one in excess if floor_of(one, "//any/resource") is T3], name


def test_over_all_permissions_no_choice_is_basic_an_agents_unready_or_dangerous(predefined: Catalogue) -> None:
    asked = sorted({one for name in ("roles/viewer", "roles/editor") for one in _held(predefined, name)})[::100]
    assert len(asked) > 60
    assert len({one.partition(".")[0] for one in asked}) > 20
    for permission in asked:
        choice = choose([permission], predefined)
        if choice.role is None:
            assert choice.why
            continue
        role = predefined.role(choice.role)
        assert role is not None
        assert role.name not in BASIC
        assert not role.name.endswith(AGENTS)
        assert role.stage is Stage.GA
        assert permission in role.permissions
        assert not [one for one in role.permissions if floor_of(one, "//any/resource") is T3], role.name


def _held(catalogue: Catalogue, name: str) -> tuple[Permission, ...]:
    role = catalogue.role(name)
    assert role is not None
    return role.permissions
