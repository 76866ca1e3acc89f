"""Which change of a machine's access is right: never a wide scope over a wide account, never a guess."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.machines.accounts import AccountKind, is_of_project, kind_of
from shared.machines.change import choose_change
from shared.machines.scopes import satisfied, scopes_for
from shared.model.machine import AUTH, PLATFORM, Attachable, ChangeKind, HeldRole, Machine, ScopeChange, ScopeNeed
from shared.model.names import Permission, Role
from shared.model.role import RoleDefinition

PROJECT = "//cloudresourcemanager.googleapis.com/projects/acme-shop"
BUCKET = "//storage.googleapis.com/projects/_/buckets/orders"
DEDICATED = "orders@acme-shop.iam.gserviceaccount.com"
OTHER = "reports@acme-shop.iam.gserviceaccount.com"
DEFAULT = "7-compute@developer.gserviceaccount.com"
READS, WRITES = f"{AUTH}devstorage.read_only", f"{AUTH}devstorage.read_write"


def held(name: str, *permissions: str, on: str = PROJECT) -> HeldRole:
    return HeldRole(RoleDefinition(name=Role(name), permissions=tuple(map(Permission, permissions))), on)


LOGS = held("roles/logging.logWriter", "logging.logEntries.create")
OBJECTS = held("roles/storage.objectUser", "storage.objects.create", "storage.objects.get", on=BUCKET)
EDITOR = held("roles/editor", "storage.buckets.create", "compute.instances.create")
VIEWER = held("roles/viewer", "storage.buckets.list")
IMPERSONATES = held("roles/iam.serviceAccountTokenCreator", "iam.serviceAccounts.getAccessToken")
UNKNOWN = held("roles/secret.recipe")


def needed(permission: str = "storage.objects.create") -> ScopeNeed:
    need = scopes_for(None, None, permission)
    assert need is not None
    return need


WRITE, SECRET = needed(), needed("secretmanager.versions.access")


def machine(account: str | None = DEDICATED, *scopes: str) -> Machine:
    return Machine(
        id="55",
        name="orders-1",
        project="acme-shop",
        zone="z",
        status="RUNNING",
        account=account,
        scopes=(scopes or (READS,)) if account else (),
    )


def changed(
    need: ScopeNeed | None = WRITE,
    roles: Iterable[HeldRole] | None = (LOGS,),
    *,
    on: Machine | None = None,
    **more: Any,
) -> ScopeChange:
    return choose_change(on or machine(), need, None if roles is None else tuple(roles), **({"attachable": ()} | more))


def test_a_dedicated_account_with_narrow_roles_gets_cloud_platform() -> None:
    change = changed()
    assert (change.kind, change.account) == (ChangeKind.SET_PLATFORM, DEDICATED)
    assert change.scopes == (READS, PLATFORM)
    assert "recommends" in change.why
    assert change.alternatives == ("add only devstorage.read_write",)


@pytest.mark.parametrize("role", [EDITOR, VIEWER, IMPERSONATES, UNKNOWN])
@pytest.mark.parametrize("account", [DEDICATED, DEFAULT, "acme-shop@appspot.gserviceaccount.com"])
def test_an_account_with_a_basic_dangerous_or_unknown_role_gets_the_one_missing_scope(
    role: HeldRole, account: str
) -> None:
    change = changed(roles=(LOGS, role), on=machine(account))
    assert (change.kind, change.account) == (ChangeKind.ADD_SCOPE, account)
    assert change.scopes == (READS, WRITES)
    assert role.role.name in change.why
    assert any("make a service account" in other for other in change.alternatives)


def test_a_role_whose_content_is_not_known_is_called_that() -> None:
    assert "could not be told" in changed(roles=(UNKNOWN,)).why


@pytest.mark.parametrize("account", [DEDICATED, DEFAULT])
def test_roles_that_could_not_be_told_are_treated_as_dangerous_and_that_is_said(account: str) -> None:
    change = changed(roles=None, on=machine(account))
    assert (change.kind, change.scopes) == (ChangeKind.ADD_SCOPE, (READS, WRITES))
    assert "could not be told" in change.why


@pytest.mark.parametrize("roles", [(EDITOR,), (IMPERSONATES,), None])
def test_where_only_cloud_platform_is_enough_a_dangerous_account_gets_nothing(
    roles: tuple[HeldRole, ...] | None,
) -> None:
    change = changed(SECRET, roles, on=machine(DEFAULT))
    assert (change.kind, change.account, change.scopes) == (ChangeKind.REFUSE, DEFAULT, (READS,))
    assert "Only cloud-platform is enough" in change.why


def test_a_default_account_without_dangerous_roles_still_gets_the_narrow_scope_first() -> None:
    assert changed(on=machine(DEFAULT)).scopes == (READS, WRITES)
    change = changed(SECRET, on=machine(DEFAULT))
    assert (change.kind, change.scopes) == (ChangeKind.SET_PLATFORM, (READS, PLATFORM))


def test_reading_everything_is_told_where_it_is_the_least_scope() -> None:
    change = changed(needed("resourcemanager.projects.get"), (EDITOR,), on=machine(DEFAULT))
    assert change.scopes[-1] == f"{PLATFORM}.read-only"
    assert "read all that the account may read" in change.why


def test_a_default_account_is_swapped_for_a_dedicated_one_that_holds_what_is_in_use() -> None:
    offer = Attachable(email=OTHER, roles=(LOGS, OBJECTS))
    change = changed(roles=(EDITOR,), on=machine(DEFAULT), attachable=[offer], in_use=(LOGS,))
    assert (change.kind, change.account) == (ChangeKind.SWAP_ACCOUNT, OTHER)
    assert change.scopes == (READS, PLATFORM)
    assert "roles/editor" in change.why
    assert change.alternatives == (f"keep {DEFAULT} and add devstorage.read_write",)


def test_of_two_accounts_that_would_do_the_one_that_may_least_is_taken() -> None:
    wide = Attachable(email=f"a-{OTHER}", roles=(LOGS, OBJECTS))
    narrow = Attachable(email=OTHER, roles=(LOGS,))
    change = changed(roles=(EDITOR,), on=machine(DEFAULT), attachable=[wide, narrow], in_use=(LOGS,))
    assert change.account == OTHER


@pytest.mark.parametrize(
    ("offer", "why"),
    [
        (Attachable(email=OTHER, roles=(OBJECTS,)), "lacks roles/logging.logWriter"),
        (Attachable(email=OTHER, roles=(msgspec.structs.replace(LOGS, on=BUCKET),)), "lacks roles/logging.logWriter"),
        (Attachable(email=OTHER, roles=()), "lacks roles/logging.logWriter"),
        (Attachable(email=OTHER, roles=None), "roles could not be told"),
        (Attachable(email=OTHER, roles=(LOGS, EDITOR)), "roles/editor (a basic role)"),
        (Attachable(email=OTHER, roles=(LOGS, IMPERSONATES)), "iam.serviceAccounts.getAccessToken"),
        (Attachable(email=OTHER, roles=(LOGS, UNKNOWN)), "could not be told"),
        (Attachable(email="x@other.iam.gserviceaccount.com", roles=(LOGS,)), "another project"),
        (Attachable(email="x@notacme-shop.iam.gserviceaccount.com", roles=(LOGS,)), "another project"),
        (Attachable(email="8-compute@developer.gserviceaccount.com", roles=(LOGS,)), "not a user-managed account"),
        (Attachable(email="service-7@gcp-sa-pubsub.iam.gserviceaccount.com", roles=(LOGS,)), "not a user-managed"),
        (Attachable(email="kim@example.com", roles=(LOGS,)), "not a user-managed account"),
        (Attachable(email="*", roles=(LOGS,)), "not a user-managed account"),
    ],
)
def test_an_account_that_does_not_fit_is_not_attached_and_the_difference_is_told(offer: Attachable, why: str) -> None:
    change = changed(roles=(EDITOR,), on=machine(DEFAULT), attachable=[offer], in_use=(LOGS,))
    assert change.kind is ChangeKind.ADD_SCOPE
    assert any(offer.email in other and why in other for other in change.alternatives)


@pytest.mark.parametrize("seen", [None, ()])
def test_without_knowing_what_is_in_use_no_account_is_swapped(seen: tuple[HeldRole, ...] | None) -> None:
    offer = Attachable(email=OTHER, roles=(LOGS, OBJECTS))
    change = changed(roles=(EDITOR,), on=machine(DEFAULT), attachable=[offer], in_use=seen)
    assert change.kind is ChangeKind.ADD_SCOPE
    assert any("could not tell" in other for other in change.alternatives)


def test_an_account_that_holds_every_role_of_a_harmless_one_may_take_over() -> None:
    offer = Attachable(email=OTHER, roles=(LOGS, OBJECTS))
    assert changed(roles=(LOGS,), on=machine(DEFAULT), attachable=[offer]).kind is ChangeKind.SWAP_ACCOUNT
    assert changed(roles=(), on=machine(DEFAULT), attachable=[offer]).kind is ChangeKind.ADD_SCOPE


def test_the_account_a_machine_has_is_no_swap() -> None:
    offer = Attachable(email=DEDICATED, roles=(LOGS,))
    change = changed(roles=(LOGS, EDITOR), attachable=[offer], in_use=(LOGS,))
    assert (change.kind, change.account) == (ChangeKind.ADD_SCOPE, DEDICATED)


def test_a_machine_without_an_account_is_given_one_that_is_listed() -> None:
    offers = [Attachable(email=f"a-{OTHER}", roles=(LOGS, OBJECTS)), Attachable(email=OTHER, roles=(LOGS,))]
    change = changed(None, None, on=machine(None), attachable=offers)
    assert (change.kind, change.account, change.scopes) == (ChangeKind.ATTACH_ACCOUNT, OTHER, (PLATFORM,))


@pytest.mark.parametrize("offers", [[], [Attachable(email=OTHER)], [Attachable(email=DEFAULT, roles=(LOGS,))]])
def test_a_machine_without_an_account_is_given_none_that_is_not_listed_and_known(offers: list[Attachable]) -> None:
    change = changed(on=machine(None), attachable=offers)
    assert (change.kind, change.account, change.scopes) == (ChangeKind.REFUSE, None, ())


def test_a_scope_that_is_there_already_needs_no_change() -> None:
    for scope in (WRITES, PLATFORM):
        change = changed(on=machine(DEFAULT, scope), roles=(EDITOR,))
        assert (change.kind, change.scopes) == (ChangeKind.NONE_NEEDED, (scope,))
        assert "key file" in change.why


def test_without_knowing_the_scope_nothing_is_changed() -> None:
    change = changed(None)
    assert (change.kind, change.account, change.scopes) == (ChangeKind.REFUSE, DEDICATED, (READS,))
    assert change.why.startswith("Could not tell")


def test_an_account_that_no_project_owns_is_not_opened() -> None:
    change = changed(on=machine("service-7@gcp-sa-pubsub.iam.gserviceaccount.com"))
    assert change.kind is ChangeKind.ADD_SCOPE
    assert AccountKind.OTHER in change.why


@pytest.mark.parametrize(
    ("email", "kind"),
    [
        (DEDICATED, AccountKind.USER_MANAGED),
        (DEFAULT, AccountKind.DEFAULT),
        ("acme-shop@appspot.gserviceaccount.com", AccountKind.DEFAULT),
        ("x-compute@developer.gserviceaccount.com", AccountKind.OTHER),
        ("-compute@developer.gserviceaccount.com", AccountKind.OTHER),
        ("service-7@compute-system.iam.gserviceaccount.com", AccountKind.OTHER),
        ("7@cloudservices.gserviceaccount.com", AccountKind.OTHER),
        ("orders@acme-shop.iam.gserviceaccount.com.evil.example", AccountKind.OTHER),
        ("kim@example.com", AccountKind.OTHER),
        ("", AccountKind.OTHER),
        ("a b@acme-shop.iam.gserviceaccount.com", AccountKind.OTHER),
    ],
)
def test_an_account_is_what_its_address_says(email: str, kind: AccountKind) -> None:
    assert kind_of(email) is kind


def test_the_project_of_a_domain_is_written_the_other_way_round_in_an_address() -> None:
    assert is_of_project("orders@shop.example.com.iam.gserviceaccount.com", "example.com:shop")
    assert not is_of_project("orders@example.com:shop.iam.gserviceaccount.com", "example.com:shop")


POOL = (LOGS, OBJECTS, EDITOR, VIEWER, IMPERSONATES, UNKNOWN)
ROLES = st.none() | st.sampled_from([one for size in range(3) for one in combinations(POOL, size)])
NEEDS = st.sampled_from([WRITE, SECRET, needed("logging.logEntries.create"), None])
MACHINES = st.builds(
    lambda account, scopes: machine(account, *scopes),
    st.sampled_from([None, DEDICATED, DEFAULT, "kim@example.com"]),
    st.lists(st.sampled_from([READS, WRITES, PLATFORM, f"{AUTH}drive"]), unique=True, max_size=3),
)
OFFERS = st.lists(
    st.builds(
        lambda email, roles: Attachable(email=email, roles=roles), st.sampled_from([DEDICATED, OTHER, DEFAULT]), ROLES
    ),
    max_size=3,
)


@given(MACHINES, NEEDS, ROLES, OFFERS, ROLES)
def test_a_change_is_enough_takes_nothing_away_and_is_not_made_twice(
    on: Machine,
    need: ScopeNeed | None,
    roles: tuple[HeldRole, ...] | None,
    offers: list[Attachable],
    in_use: tuple[HeldRole, ...] | None,
) -> None:
    change = choose_change(on, need, roles, attachable=offers, in_use=in_use)
    assert set(on.scopes) <= set(change.scopes)
    assert bool(change.scopes) <= (change.account is not None)
    if change.kind in (ChangeKind.REFUSE, ChangeKind.NONE_NEEDED):
        assert (change.account, change.scopes) == (on.account, on.scopes)
        return
    after = msgspec.structs.replace(on, account=change.account, scopes=change.scopes)
    assert need is None or satisfied(need, change.scopes)
    again = choose_change(after, need or WRITE, roles, attachable=offers, in_use=in_use)
    assert again.kind is ChangeKind.NONE_NEEDED


@given(MACHINES, NEEDS, ROLES, OFFERS, ROLES)
def test_cloud_platform_is_never_new_over_an_account_with_basic_dangerous_or_unknown_roles(
    on: Machine,
    need: ScopeNeed | None,
    roles: tuple[HeldRole, ...] | None,
    offers: list[Attachable],
    in_use: tuple[HeldRole, ...] | None,
) -> None:
    change = choose_change(on, need, roles, attachable=offers, in_use=in_use)
    if PLATFORM in on.scopes or PLATFORM not in change.scopes:
        return
    known = {one.email: one.roles for one in offers if one.email == change.account}
    assert change.account is not None
    if change.account == on.account:
        assert roles is not None
        assert not {EDITOR, VIEWER, IMPERSONATES, UNKNOWN} & set(roles)
    else:
        fit = [one for one in offers if one.email == change.account and one.roles is not None]
        assert kind_of(change.account) is AccountKind.USER_MANAGED
        assert any(not {EDITOR, VIEWER, IMPERSONATES, UNKNOWN} & set(one.roles or ()) for one in fit), known
