"""One member goes into or out of one binding, whatever else stands in the policy, in both forms that clients give."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from edits import CONDITIONS, CREATOR, ENDS, ON, OURS, adds, binding, bindings, future, inverse, policies
from google.iam.v1 import policy_pb2
from google.protobuf.json_format import MessageToDict, ParseDict
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters import policy_edit
from shared.model.effect import AddBinding, RemoveBinding
from shared.model.facts import Condition

FIELD_TO_COME = bytes([0xF8, 0x7F, 0x05])
"""A field of a number that no Policy has yet, on the wire."""


def message(policy: dict[str, Any]) -> Any:
    """The same policy as the message that clients of google.iam.v1 give, with a field that they do not know."""
    made = ParseDict({**policy, "etag": "BwXabc=="}, policy_pb2.Policy(), ignore_unknown_fields=True)
    made.MergeFromString(FIELD_TO_COME)
    return made


def grant(condition: Condition | None = None) -> AddBinding:
    return AddBinding(resource=ON, role=CREATOR, member=OURS, condition=condition)


def listed(policy: Any) -> list[Any]:
    plain = policy if isinstance(policy, dict) else MessageToDict(policy)
    return plain.get("bindings", [])


@pytest.mark.invariant("I11")
@given(policies(), future, adds)
def test_undone_it_is_what_it_was(policy: dict[str, Any], more: dict[str, str], add: AddBinding) -> None:
    policy = more | policy
    for before in (policy, message(policy)):
        after = policy_edit.remove(policy_edit.add(before, add), inverse(add))
        assert after == before
        if not isinstance(before, dict):
            assert after.SerializeToString() == before.SerializeToString()


@pytest.mark.invariant("I11")
@given(policies(), adds)
def test_twice_is_once(policy: dict[str, Any], add: AddBinding) -> None:
    for before in (policy, message(policy)):
        once = policy_edit.add(before, add)
        assert policy_edit.add(once, add) == once
        gone = policy_edit.remove(once, inverse(add))
        assert policy_edit.remove(gone, inverse(add)) == gone


@given(policies(), adds)
def test_it_is_there_after_and_was_not_before(policy: dict[str, Any], add: AddBinding) -> None:
    for before in (policy, message(policy)):
        assert not policy_edit.has(before, add)
        assert policy_edit.has(policy_edit.add(before, add), add)


@pytest.mark.hazard("H40")
@pytest.mark.invariant("I06")
@given(policies(), future, adds)
def test_everything_else_stays_where_and_as_it_is(
    policy: dict[str, Any], more: dict[str, str], add: AddBinding
) -> None:
    policy = more | policy
    for before in (policy, message(policy)):
        after = policy_edit.add(before, add)
        old, new = listed(before), listed(after)
        assert len(new) - len(old) in (0, 1)
        for one, other in zip(old, new, strict=False):
            kept = {**other, "members": [name for name in other["members"] if name != add.member]}
            assert kept == {**one, "members": one["members"]}
    edited = policy_edit.add(policy, add)
    unchanged = {name: value for name, value in edited.items() if name not in ("bindings", "version")}
    assert unchanged == {name: value for name, value in policy.items() if name not in ("bindings", "version")}


@given(policies(), adds)
def test_what_was_read_is_not_touched(policy: dict[str, Any], add: AddBinding) -> None:
    for before in (policy, message(policy)):
        kept = deepcopy(before)
        policy_edit.remove(policy_edit.add(before, add), inverse(add))
        policy_edit.has(before, add)
        assert before == kept


@given(policies(), adds)
def test_a_condition_anywhere_makes_it_version_3(policy: dict[str, Any], add: AddBinding) -> None:
    for before in (policy, message(policy)):
        after = policy_edit.add(before, add)
        version = after["version"] if isinstance(after, dict) else after.version
        assert (version == 3) == any("condition" in one for one in listed(after))


@given(policies(), st.sampled_from(CONDITIONS))
def test_only_the_very_condition_is_the_binding(policy: dict[str, Any], other: Condition | None) -> None:
    mine = policy_edit.add(policy, grant(ENDS))
    wanted = RemoveBinding(resource=ON, role=CREATOR, member=OURS, condition=other)
    assert (policy_edit.remove(mine, wanted) == mine) == (other != ENDS)


@pytest.mark.hazard("H40")
@pytest.mark.invariant("I06")
@given(policies(), bindings, adds)
def test_what_others_write_in_between_survives_the_undo(
    policy: dict[str, Any], foreign: dict[str, Any], add: AddBinding
) -> None:
    after = policy_edit.add(policy, add)
    changed = {**after, "bindings": [foreign, *after["bindings"]], "version": 3}
    undone = policy_edit.remove(changed, inverse(add))
    assert undone["bindings"] == [foreign, *policy.get("bindings", [])]


@given(st.sampled_from(("_withcond_0a1b2c", "_with_conditionalbinding_0a1b2c")), policies(), adds)
def test_a_policy_with_hidden_conditions_is_not_edited(mark: str, policy: dict[str, Any], add: AddBinding) -> None:
    hidden = binding(f"roles/viewer{mark}", ["user:ann@example.com"], None)
    seen = {**policy, "bindings": [*policy.get("bindings", []), hidden]}
    for before in (seen, message(seen)):
        for edit, wanted in ((policy_edit.add, add), (policy_edit.remove, inverse(add))):
            with pytest.raises(ValueError, match="conditions are hidden"):
                edit(before, wanted)


def test_a_member_joins_the_binding_that_is_there() -> None:
    policy = {"etag": "x", "version": 1, "bindings": [binding(CREATOR, ["user:ann@example.com"], None)]}
    for before in (policy, message(policy)):
        assert listed(policy_edit.add(before, grant())) == [binding(CREATOR, ["user:ann@example.com", OURS], None)]


def test_a_member_gets_a_binding_of_its_own_under_another_condition() -> None:
    there = binding(CREATOR, ["user:ann@example.com"], None)
    policy = {"etag": "x", "version": 1, "bindings": [there]}
    for before in (policy, message(policy)):
        assert listed(policy_edit.add(before, grant(ENDS))) == [there, binding(CREATOR, [OURS], ENDS)]


def test_a_member_spelt_in_capitals_is_the_same_member() -> None:
    loud = OURS.replace("up@", "Up@")
    policy = {"etag": "x", "version": 1, "bindings": [binding(CREATOR, [loud], None)]}
    for before in (policy, message(policy)):
        assert policy_edit.has(before, grant())
        assert policy_edit.add(before, grant()) == before
        assert listed(policy_edit.remove(before, inverse(grant()))) == []


def test_a_member_that_stands_twice_goes_from_both_places() -> None:
    held = [binding(CREATOR, [OURS, "user:ann@example.com", OURS], None), binding(CREATOR, [OURS], None)]
    policy = {"etag": "x", "version": 1, "bindings": held}
    for before in (policy, message(policy)):
        left = listed(policy_edit.remove(before, inverse(grant())))
        assert left == [binding(CREATOR, ["user:ann@example.com"], None)]


@pytest.mark.hazard("H15")
def test_a_deleted_member_of_the_same_name_is_somebody_else() -> None:
    gone = f"deleted:{OURS}?uid=123456789012345678901"
    policy = {"etag": "x", "version": 1, "bindings": [binding(CREATOR, [gone], None)]}
    for before in (policy, message(policy)):
        assert not policy_edit.has(before, grant())
        assert policy_edit.remove(before, inverse(grant())) == before


def test_an_etag_is_told_as_json_writes_it() -> None:
    assert policy_edit.etag_of({"etag": "CAE="}) == "CAE="
    assert policy_edit.etag_of(policy_pb2.Policy(etag=b"\x08\x01")) == "CAE="
    assert policy_edit.etag_of({}) == policy_edit.etag_of(policy_pb2.Policy()) == ""
