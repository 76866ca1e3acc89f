"""What goes with a permission, and the custom role that is proposed of both: told, bounded, never dangerous."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from catalogues import held, predefined
from hypothesis import given
from hypothesis import strategies as st

from shared.grants.companions import (
    ANYWHERE,
    COMPANIONS,
    LONGEST_ID,
    LONGEST_TITLE,
    MOST_PERMISSIONS,
    TOO_LARGE,
    _is_part,
    companions_of,
    danger_of,
    propose,
    tell,
)
from shared.model.names import Permission
from shared.model.plan import T1, T2, T3
from shared.model.role import Companion, CustomRole

PROJECT = "//cloudresourcemanager.googleapis.com/projects/acme"
MACHINE = "//compute.googleapis.com/projects/acme/zones/z/instances/i"


def proposal(*asked: str, on: str = PROJECT) -> CustomRole:
    made = propose([Permission(one) for one in asked], on)
    assert isinstance(made, CustomRole), made
    return made


def test_a_proposal_holds_what_is_missing_and_what_every_such_call_needs() -> None:
    made = proposal("compute.instances.start")
    assert made.permissions == ("compute.instances.get", "compute.instances.start", "compute.zoneOperations.get")
    assert [one.permission for one in made.companions] == ["compute.instances.get", "compute.zoneOperations.get"]
    assert all(one.source for one in made.companions)


def test_what_is_checked_elsewhere_is_told_and_left_out() -> None:
    made = proposal("compute.instances.start", on=MACHINE)
    assert made.permissions == ("compute.instances.get", "compute.instances.start")
    assert "compute.zoneOperations.get" in made.left_out[0]
    assert "checked on the project" in made.left_out[0]


@pytest.mark.parametrize(
    ("permission", "told"),
    [
        ("storage.objects.get", "storage.objects.list may be needed beside"),
        ("storage.objects.create", "storage.objects.delete may be needed beside"),
        ("bigquery.tables.getData", "checked on the project that runs the query"),
        ("dns.changes.create", "dns.resourceRecordSets.delete may be needed beside"),
    ],
)
def test_what_only_some_calls_need_is_told_and_left_out(permission: str, told: str) -> None:
    made = proposal(permission)
    assert any(told in line for line in made.left_out)
    assert not {one.permission for one in COMPANIONS if not one.always} & {*made.permissions} - {permission}


def test_what_is_asked_for_is_no_companion_of_itself() -> None:
    made = proposal("compute.instances.start", "compute.instances.get", "compute.zoneOperations.get")
    assert made.companions == ()
    assert made.left_out == ()


def test_acting_as_an_account_is_told_and_never_proposed() -> None:
    (beside,) = companions_of([Permission("run.services.update")])
    assert "iam.serviceAccounts.actAs goes with run.services.update" in tell(beside)
    assert "checked on the account itself" in tell(beside)
    for one in COMPANIONS:
        made = propose([one.beside], PROJECT)
        if isinstance(made, CustomRole):
            assert "iam.serviceAccounts.actAs" not in made.permissions


@pytest.mark.parametrize("on", [ANYWHERE, PROJECT, MACHINE])
def test_a_companion_is_never_more_dangerous_than_the_ask(on: str) -> None:
    for one in COMPANIONS:
        made = propose([one.beside], on)
        if isinstance(made, CustomRole):
            assert max(danger_of(each, on) for each in made.permissions) == danger_of(one.beside, on)


def test_a_companion_more_dangerous_than_the_ask_would_be_told_and_left_out() -> None:
    made_up = Companion(
        permission=Permission("secretmanager.versions.access"), beside=Permission("dns.a.get"), why="x", source="x"
    )
    assert _is_part(made_up, PROJECT, T2)
    assert not _is_part(made_up, PROJECT, T1)


@pytest.mark.parametrize(
    "permission",
    ["run.services.update", "iam.roles.create", "storage.buckets.setIamPolicy", "iam.googleapis.com/workforcePools.create"],
)  # fmt: skip
def test_what_only_security_may_hand_out_is_never_proposed(permission: str) -> None:
    made = propose([Permission("dns.zones.get"), Permission(permission)], PROJECT)
    assert made == f"no machine proposes a role of {permission}"


def test_what_is_harmless_on_one_account_is_not_proposed_for_a_project() -> None:
    token = [Permission("iam.serviceAccounts.getAccessToken")]
    assert isinstance(propose(token, PROJECT), str)
    assert isinstance(propose(token, "//iam.googleapis.com/projects/acme/serviceAccounts/a@b.c"), CustomRole)


def test_google_limits_are_kept() -> None:
    many = [Permission(f"dns.thing{number}.get") for number in range(MOST_PERMISSIONS)]
    assert isinstance(propose(many, PROJECT), CustomRole)
    assert propose([*many, Permission("dns.more.get")], PROJECT) == TOO_LARGE
    long = [Permission(f"dns.{'x' * 999}{number}.get") for number in range(70)]
    assert propose(long, PROJECT) == TOO_LARGE


def test_nothing_asked_is_nothing_proposed() -> None:
    assert propose([], PROJECT) == "nothing was asked for"


@pytest.mark.parametrize(
    "name", ["dns.a.get\n", "dns.a.$(rm)", 'dns."a".get', "dns.a b.get", "dns.ä.get", "dns.a.get'"]
)
def test_a_word_that_is_no_permission_gets_into_no_command(name: str) -> None:
    assert propose([Permission(name)], PROJECT) == "one of them is not spelled like a permission of Google"


NAMES = st.from_regex(r"[a-z]{1,12}\.[a-zA-Z_-]{1,90}\.[a-z]{1,9}", fullmatch=True)


@given(st.lists(NAMES, min_size=1, max_size=5, unique=True), st.sampled_from([PROJECT, MACHINE, ANYWHERE]))
def test_a_proposal_is_what_google_accepts_and_the_same_for_the_same_permissions(asked: list[str], on: str) -> None:
    made = propose([Permission(one) for one in asked], on)
    if isinstance(made, str):
        assert any(danger_of(Permission(one), on) is T3 for one in asked)
        return
    assert 3 <= len(made.id) <= LONGEST_ID
    assert made.id.replace("_", "").isalnum()
    assert len(made.title.encode()) <= LONGEST_TITLE
    assert made == propose([Permission(one) for one in reversed(asked)], on)
    assert set(asked) <= set(made.permissions)


def test_the_command_and_the_terraform_text_say_the_same() -> None:
    made = proposal("compute.instances.start", "compute.instances.stop")
    words = shlex.split(made.gcloud)
    assert words[:5] == ["gcloud", "iam", "roles", "create", made.id]
    options = dict(word.split("=", 1) for word in words[5:])
    assert options == {
        "--project": "acme",
        "--stage": "GA",
        "--title": made.title,
        "--description": made.description,
        "--permissions": ",".join(made.permissions),
    }
    for value in (made.id, made.title, made.description, "acme", "GA", *made.permissions):
        assert f'"{value}"' in made.terraform
    assert made.terraform.count("{") == made.terraform.count("}") == 1


@pytest.mark.parametrize(
    "on",
    [
        "//storage.googleapis.com/projects/_/buckets/b",
        "//storage.googleapis.com/projects/-/buckets/b",
        ANYWHERE,
        "//x.googleapis.com/projects/a b; rm -rf ~/x",
        '//x.googleapis.com/projects/a"}/x',
        "//x.googleapis.com/projects//x",
    ],
)
def test_a_project_that_is_not_named_plainly_is_a_word_to_replace(on: str) -> None:
    made = proposal("dns.zones.get", on=on)
    assert made.project == "PROJECT_ID"
    assert "--project=PROJECT_ID " in made.gcloud


def test_a_proposal_says_what_only_google_can_confirm() -> None:
    (testable, room) = proposal("dns.zones.get").confirm
    assert "permissions.queryTestablePermissions" in testable
    assert "gcloud iam list-testable-permissions //cloudresourcemanager.googleapis.com/projects/acme" in testable
    assert "300 custom roles" in room


def test_every_companion_is_a_permission_that_google_has(reference: Path) -> None:
    catalogue = predefined(reference)
    known = {*held(catalogue, *catalogue.names())}
    for one in COMPANIONS:
        assert {one.permission, one.beside} <= known, one
        assert one.permission != one.beside
        assert one.why
        assert one.source


def test_no_pair_is_listed_twice() -> None:
    pairs = [(one.beside, one.permission) for one in COMPANIONS]
    assert len(pairs) == len(set(pairs))


def test_a_harmless_ask_stays_harmless() -> None:
    assert {danger_of(one, PROJECT) for one in proposal("compute.instances.reset").permissions} == {T1}
