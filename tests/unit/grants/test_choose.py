"""The role that gives least beyond the ask, never one that could escalate, and the proof with it."""

from __future__ import annotations

from pathlib import Path

import pytest
from catalogues import held, of, predefined, role, small

from shared.grants.catalogue import Catalogue
from shared.grants.choose import AGENT, BASIC, MOST_APART, NOT_ACCEPTED, choose, choose_each
from shared.grants.curated import FEDERATED_ROLES, ROLES
from shared.grants.danger import floor_of
from shared.model.names import Permission, Role
from shared.model.plan import T3
from shared.model.role import CustomRole, RoleChoice, Stage

PROJECT = "//cloudresourcemanager.googleapis.com/projects/p"
BUCKET = "//storage.googleapis.com/projects/_/buckets/b"


def proposed(choice: RoleChoice) -> tuple[str, ...]:
    """The permissions of the custom role that a choice proposes."""
    assert isinstance(choice.custom, CustomRole)
    return choice.custom.permissions


def asked(text: str) -> list[Permission]:
    return [Permission(name) for name in text.split()]


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
        ({"dns_ServiceAgentV2Ext": "dns.zones.get"}, "a role of Google's own agents"),
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
    assert proposed(alone) == ("dns.zones.get",)


@pytest.mark.parametrize("name", ["owner", "editor", "viewer", "admin", "writer", "reader"])
def test_a_basic_role_is_never_given(name: str) -> None:
    choice = choose([Permission("dns.zones.get")], small(**{name: "dns.zones.get"}))
    assert choice.role is None
    assert choice.candidates[0].refusal == "a basic role"


def test_what_is_too_wide_asks_for_a_custom_role_of_just_the_permissions() -> None:
    wide = "ml.models.predict " + " ".join(f"ml.thing{number}.update" for number in range(40))
    choice = choose([Permission("ml.models.predict")], small(ml_user=wide))
    assert (choice.role, proposed(choice)) == (None, ("ml.models.predict",))
    assert "still gives 40 permissions more" in choice.why


def test_reading_data_of_a_whole_project_is_never_a_side_effect() -> None:
    catalogue = small(dns_fit="dns.zones.get storage.objects.get")
    assert choose([Permission("dns.zones.get")], catalogue).role == "roles/dns.fit"
    assert choose([Permission("dns.zones.get")], catalogue, on=PROJECT).role is None


def test_what_one_account_may_be_given_on_another_is_never_given_on_a_project() -> None:
    catalogue = small(iam_tokens="iam.serviceAccounts.getAccessToken")
    token = asked("iam.serviceAccounts.getAccessToken")
    assert choose(token, catalogue).role == "roles/iam.tokens"
    assert choose(token, catalogue, on=PROJECT).role is None


def test_a_custom_role_is_given_in_its_own_project_only() -> None:
    catalogue = of(role("projects/p1/roles/x", "dns.zones.get"))
    zones = asked("dns.zones.get")
    there = "//cloudresourcemanager.googleapis.com/projects/{}"
    assert choose(zones, catalogue, on=there.format("p1")).role == "projects/p1/roles/x"
    assert choose(zones, catalogue, on=there.format("p2")).role is None
    assert choose(zones, catalogue).role is None


@pytest.mark.parametrize("permission", ["resourcemanager.projects.setIamPolicy", "iam.serviceAccountKeys.create"])
def test_what_only_security_may_hand_out_gets_no_role_and_no_custom_role(permission: str) -> None:
    choice = choose([Permission(permission)], small(iam_x=permission, resourcemanager_x=permission))
    assert (choice.role, choice.custom, choice.candidates) == (None, None, ())


def test_a_permission_that_no_role_holds_is_said_to_be_unknown() -> None:
    choice = choose([Permission("dns.zones.get"), Permission("new.things.get")], small(dns_fit="dns.zones.get"))
    assert choice.role is None
    assert "no role of the catalogue holds new.things.get" in choice.why
    assert choice.custom is None, "what Google may not know is not proposed"


def test_a_role_that_google_does_not_accept_there_is_refused_even_if_hand_checked() -> None:
    catalogue = small(
        dns_fit="dns.zones.get", dns_wide="dns.zones.get dns.zones.list", browser="resourcemanager.projects.get"
    )
    choice = choose(asked("dns.zones.get"), catalogue, grantable=frozenset({Role("roles/dns.wide")}))
    assert choice.role == "roles/dns.wide"
    assert {one.role: one.refusal for one in choice.candidates}["roles/dns.fit"] == NOT_ACCEPTED
    none = choose(asked("resourcemanager.projects.get"), catalogue, on=PROJECT, grantable=frozenset())
    assert none.role is None
    assert f"the hand-checked roles/browser is passed over: {NOT_ACCEPTED}" in none.why


@pytest.mark.parametrize(
    ("catalogue", "why"),
    [
        (small(storage_other="storage.objects.get"), "the hand-checked roles/storage.objectViewer is not in the catalogue"),
        (
            small(storage_other="storage.objects.get", storage_objectViewer="storage.objects.list"),
            "the hand-checked roles/storage.objectViewer no longer holds storage.objects.get",
        ),
        (
            small(storage_other="storage.objects.get", storage_objectViewer_beta="storage.objects.get"),
            "the hand-checked roles/storage.objectViewer is passed over: in stage BETA",
        ),
        (
            small(
                storage_other="storage.objects.get",
                storage_objectViewer="storage.objects.get storage.objects.setIamPolicy",
            ),
            "the hand-checked roles/storage.objectViewer is passed over: it would hand out storage.objects.setIamPolicy",
        ),
    ],
)  # fmt: skip
def test_a_hand_checked_role_that_the_catalogue_contradicts_is_passed_over_and_that_is_said(
    catalogue: Catalogue, why: str
) -> None:
    choice = choose(asked("storage.objects.get"), catalogue, on=BUCKET)
    assert choice.role == "roles/storage.other"
    assert why in choice.why


def test_a_hand_checked_role_is_given_before_a_smaller_one() -> None:
    catalogue = small(
        storage_objectViewer="storage.objects.get storage.objects.list", storage_tiny="storage.objects.get"
    )
    choice = choose(asked("storage.objects.get"), catalogue, on=BUCKET)
    assert choice.role == "roles/storage.objectViewer"
    assert "the choice of hand-checked roles comes first" in choice.why


def test_a_hand_checked_role_that_is_harmless_on_one_resource_may_not_be_on_a_project() -> None:
    catalogue = small(run_servicesInvoker="run.routes.invoke iam.serviceAccounts.actAs")
    service = "//run.googleapis.com/projects/p/locations/l/services/s"
    assert choose(asked("run.routes.invoke"), catalogue, on=service).role == "roles/run.servicesInvoker"
    choice = choose(asked("run.routes.invoke"), catalogue, on=PROJECT)
    assert choice.role is None
    assert choice.candidates[0].refusal == "it would hand out iam.serviceAccounts.actAs"


def test_a_legacy_role_of_storage_is_given_on_buckets_only() -> None:
    catalogue = small(storage_legacyThing="storage.buckets.get")
    assert choose(asked("storage.buckets.get"), catalogue, on=BUCKET).role == "roles/storage.legacyThing"
    assert choose(asked("storage.buckets.get"), catalogue, on=PROJECT).role is None


def test_an_identity_from_outside_gets_the_role_made_for_it_and_the_usual_one_for_data() -> None:
    catalogue = small(
        iam_serviceAccountTokenCreator="iam.serviceAccounts.getAccessToken iam.serviceAccounts.signBlob",
        iam_workloadIdentityUser="iam.serviceAccounts.getAccessToken iam.serviceAccounts.get",
        storage_objectViewer="storage.objects.get storage.objects.list",
        storage_tiny="storage.objects.get",
    )
    account = "//iam.googleapis.com/projects/p/serviceAccounts/a@p.iam.gserviceaccount.com"
    token = asked("iam.serviceAccounts.getAccessToken")
    assert choose(token, catalogue, on=account, federated=True).role == "roles/iam.workloadIdentityUser"
    assert choose(token, catalogue, on=account).role == "roles/iam.serviceAccountTokenCreator"
    signing = choose(asked("iam.serviceAccounts.signBlob"), catalogue, on=account, federated=True)
    assert signing.role is None
    read = choose(asked("storage.objects.get"), catalogue, on=BUCKET, federated=True)
    assert read.role == "roles/storage.objectViewer"


def test_both_spellings_of_a_permission_mean_the_same() -> None:
    hosted = "iam.googleapis.com/oauthClients.get"
    catalogue = of(
        role("roles/iam.oauthClientViewer", hosted),
        role("roles/iam.pools", "iam.googleapis.com/workforcePools.create", "iam.things.get"),
    )
    choice = choose(asked("iam.oauthClients.get"), catalogue)
    assert (choice.role, choice.permissions) == ("roles/iam.oauthClientViewer", (hosted,))
    dangerous = choose(asked("iam.things.get"), catalogue)
    assert dangerous.role is None
    assert "it would hand out iam.googleapis.com/workforcePools.create" in dangerous.why


def test_one_role_is_given_for_several_permissions_where_it_is_as_narrow_as_one_each() -> None:
    catalogue = small(dns_both="dns.a.get dns.b.get", dns_a="dns.a.get dns.c.get", dns_b="dns.b.get")
    (choice,) = choose_each(asked("dns.a.get dns.b.get"), catalogue, on=PROJECT)
    assert (choice.role, choice.permissions) == ("roles/dns.both", ("dns.a.get", "dns.b.get"))


def test_one_role_each_is_given_where_a_common_one_would_give_more() -> None:
    catalogue = small(dns_both="dns.a.get dns.b.get dns.c.update", dns_a="dns.a.get", dns_b="dns.b.get")
    choices = choose_each(asked("dns.a.get dns.b.get dns.a.get"), catalogue, on=PROJECT)
    assert [(one.role, one.permissions) for one in choices] == [
        ("roles/dns.a", ("dns.a.get",)),
        ("roles/dns.b", ("dns.b.get",)),
    ]


def test_permissions_for_which_one_role_is_best_share_it() -> None:
    catalogue = small(
        dns_ab="dns.a.get dns.b.get", dns_c="dns.c.get", dns_all="dns.a.get dns.b.get dns.c.get dns.d.update"
    )
    choices = choose_each(asked("dns.a.get dns.b.get dns.c.get"), catalogue, on=PROJECT)
    assert [one.role for one in choices] == ["roles/dns.ab", "roles/dns.c"]


def test_what_has_a_role_gets_it_and_the_rest_a_proposal() -> None:
    catalogue = small(dns_a="dns.a.get", dns_b_beta="dns.b.get dns.c.get", run_x="dns.c.get")
    choices = choose_each(asked("dns.a.get dns.b.get dns.c.get new.thing.get"), catalogue, on=PROJECT)
    assert [one.role for one in choices] == ["roles/dns.a", None, None]
    assert proposed(choices[1]) == ("dns.b.get", "dns.c.get")
    assert choices[2].custom is None
    assert "no role of the catalogue holds new.thing.get" in choices[2].why


def test_very_many_permissions_are_not_taken_apart() -> None:
    names = [f"dns.a{number}.get" for number in range(MOST_APART + 1)]
    catalogue = small(**{f"dns_r{number}": name for number, name in enumerate(names)})
    (choice,) = choose_each(asked(" ".join(names)), catalogue, on=PROJECT)
    assert choice.role is None
    assert proposed(choice) == tuple(names)


def test_every_hand_checked_role_exists_is_ready_holds_its_permission_and_nothing_dangerous(reference: Path) -> None:
    catalogue = predefined(reference)
    for permission, name in [*ROLES.items(), *FEDERATED_ROLES.items()]:
        known = catalogue.role(f"roles/{name}")
        assert known is not None, name
        assert permission in known.permissions, f"{name} lacks {permission}"
        assert known.stage is Stage.GA, name
        excess = [one for one in known.permissions if one != permission]
        assert not [one for one in excess if floor_of(one, "//any/resource") is T3], name


def test_over_all_permissions_no_choice_is_basic_an_agents_unready_or_dangerous(reference: Path) -> None:
    catalogue = predefined(reference)
    some = held(catalogue, "roles/viewer", "roles/editor")[::100]
    assert len(some) > 60
    assert len({one.partition(".")[0] for one in some}) > 20
    for permission in some:
        choice = choose([permission], catalogue)
        if choice.role is None:
            assert choice.why
            continue
        known = catalogue.role(choice.role)
        assert known is not None
        assert known.name not in BASIC
        assert AGENT not in known.name.lower()
        assert known.stage is Stage.GA
        assert permission in known.permissions
        assert not [one for one in known.permissions if floor_of(one, "//any/resource") is T3], known.name
