"""One entry goes into or out of a dataset's access list; what authorizes views, and what is not known, stays."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from edits import CONDITIONS, ENDS, ON, OURS
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters import dataset_edit
from shared.model.effect import AddBinding, RemoveBinding
from shared.model.facts import Condition
from shared.model.names import Role

VIEWER = Role("roles/bigquery.dataViewer")
BOB = "principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/P/subject/Bob"
KUBERNETES = "serviceAccount:acme-web.svc.id.goog[shop/cart]"
NAMED = (
    {"userByEmail": "ann@example.com"},
    {"userByEmail": "other@acme-web.iam.gserviceaccount.com"},
    {"groupByEmail": "team@example.com"},
    {"domain": "example.com"},
    {"specialGroup": "projectOwners"},
    {"iamMember": f"deleted:{OURS}?uid=123456789012345678901"},
    {"iamMember": BOB.replace("Bob", "bob")},
    {"memberOfAKindToCome": "x"},
    {"userByEmail": "two@example.com", "groupByEmail": "kinds@example.com"},
)
ROLES = (
    "OWNER",
    "WRITER",
    "READER",
    "roles/bigquery.dataViewer",
    "roles/bigquery.metadataViewer",
    "projects/p/roles/o",
)
VIEW = {"view": {"projectId": "p", "datasetId": "d", "tableId": "t"}}
AUTHORIZED = (
    VIEW,
    {"routine": {"projectId": "p", "datasetId": "d", "routineId": "r"}},
    {"dataset": {"dataset": {"projectId": "p", "datasetId": "o"}, "targetTypes": ["VIEWS"]}},
)


def entry(role: str, named: dict[str, str], condition: Condition | None) -> dict[str, Any]:
    made: dict[str, Any] = {"role": role, **named}
    if condition is not None:
        written = {"title": condition.title, "expression": condition.expression, "description": condition.description}
        made["condition"] = {name: value for name, value in written.items() if value}
    return made


entries = st.one_of(
    st.builds(entry, st.sampled_from(ROLES), st.sampled_from(NAMED), st.sampled_from(CONDITIONS)),
    st.sampled_from(AUTHORIZED),
)
datasets = st.builds(
    lambda access, more: {**more, "etag": "abc", "access": access},
    st.lists(entries, max_size=12),
    st.dictionaries(st.sampled_from(("location", "newField")), st.text(max_size=5)),
)
adds = st.builds(
    AddBinding,
    resource=st.just(ON),
    role=st.sampled_from([Role(one) for one in ROLES if "/" in one]),
    member=st.sampled_from((OURS, BOB, KUBERNETES, "group:ours@example.com")),
    condition=st.sampled_from(CONDITIONS),
)


def inverse(add: AddBinding) -> RemoveBinding:
    return RemoveBinding(resource=add.resource, role=add.role, member=add.member, condition=add.condition)


def grant(member: str = OURS, condition: Condition | None = None) -> AddBinding:
    return AddBinding(resource=ON, role=VIEWER, member=member, condition=condition)


@given(datasets, adds)
def test_undone_it_is_what_it_was(dataset: dict[str, Any], add: AddBinding) -> None:
    kept = deepcopy(dataset)
    assert dataset_edit.remove(dataset_edit.add(dataset, add), inverse(add)) == kept
    assert dataset == kept


@given(datasets, adds)
def test_twice_is_once(dataset: dict[str, Any], add: AddBinding) -> None:
    once = dataset_edit.add(dataset, add)
    assert dataset_edit.add(once, add) == once
    assert dataset_edit.remove(dataset, inverse(add)) == dataset


@pytest.mark.invariant("I06")
@given(datasets, adds)
def test_it_comes_last_and_nothing_before_it_moves(dataset: dict[str, Any], add: AddBinding) -> None:
    after = dataset_edit.add(dataset, add)
    assert after["access"][:-1] == dataset["access"]
    assert not dataset_edit.has(dataset, add)
    assert dataset_edit.has(after, add)


@given(datasets, st.sampled_from(CONDITIONS))
def test_only_the_very_condition_is_the_entry(dataset: dict[str, Any], other: Condition | None) -> None:
    mine = dataset_edit.add(dataset, grant(condition=ENDS))
    assert (dataset_edit.remove(mine, inverse(grant(condition=other))) == mine) == (other != ENDS)


@pytest.mark.parametrize(
    ("member", "named"),
    [
        (OURS, {"userByEmail": "up@acme-web.iam.gserviceaccount.com"}),
        ("user:ann@example.com", {"userByEmail": "ann@example.com"}),
        ("group:team@example.com", {"groupByEmail": "team@example.com"}),
        ("domain:example.com", {"domain": "example.com"}),
        ("projectViewer:p", {"specialGroup": "projectReaders"}),
        ("allAuthenticatedUsers", {"specialGroup": "allAuthenticatedUsers"}),
        (KUBERNETES, {"iamMember": KUBERNETES}),
        (BOB, {"iamMember": BOB}),
    ],
)
def test_every_kind_of_member_is_named_in_its_own_field(member: str, named: dict[str, str]) -> None:
    added = dataset_edit.add({"etag": "x", "access": []}, grant(member))
    assert added["access"] == [{"role": VIEWER, **named}]
    assert dataset_edit.remove(added, inverse(grant(member)))["access"] == []


@pytest.mark.parametrize(
    "spelt",
    [
        {"role": "READER", "userByEmail": "up@acme-web.iam.gserviceaccount.com"},
        {"role": "READER", "userByEmail": "Up@acme-web.iam.gserviceaccount.com"},
        {"role": VIEWER, "iamMember": OURS},
    ],
)
def test_an_entry_in_other_words_is_the_same_entry(spelt: dict[str, str]) -> None:
    dataset = {"etag": "x", "access": [VIEW, spelt]}
    assert dataset_edit.has(dataset, grant())
    assert dataset_edit.remove(dataset, inverse(grant()))["access"] == [VIEW]


@pytest.mark.parametrize("more", [{"groupByEmail": "team@example.com"}, VIEW])
def test_an_entry_that_names_more_than_one_member_is_left_to_whoever_wrote_it(more: dict[str, Any]) -> None:
    odd = {"role": "READER", "userByEmail": "up@acme-web.iam.gserviceaccount.com", **more}
    dataset = {"etag": "x", "access": [odd]}
    assert not dataset_edit.has(dataset, grant())
    assert dataset_edit.remove(dataset, inverse(grant())) == dataset


def test_a_list_with_hidden_conditions_is_not_edited() -> None:
    hidden = {"role": "roles/bigquery.dataViewer_with_conditionalbinding_0a1b2c", "userByEmail": "ann@example.com"}
    for edit, wanted in ((dataset_edit.add, grant()), (dataset_edit.remove, inverse(grant()))):
        with pytest.raises(ValueError, match="conditions are hidden"):
            edit({"etag": "x", "access": [hidden]}, wanted)  # type: ignore[arg-type]
