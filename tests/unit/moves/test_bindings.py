from __future__ import annotations

import pytest

from shared.model.facts import Binding, Condition, Policy
from shared.model.names import Role
from shared.moves.bindings import gives_already, has, too_full

VIEWER = Role("roles/storage.objectViewer")
ENDS = Condition(title="unforbid r-1", expression='request.time < timestamp("2026-11-21T12:00:00Z")')


def policy(*members: str, condition: Condition | None = None) -> Policy:
    binding = Binding(role=VIEWER, members=members, condition=condition)
    return Policy(resource="//storage.googleapis.com/projects/_/buckets/b", bindings=(binding,))


def test_an_address_is_the_same_member_however_it_is_capitalised() -> None:
    assert has(policy("user:ann@example.com"), VIEWER, "user:Ann@Example.com", None)
    assert gives_already(policy("user:Ann@example.com"), VIEWER, "user:ann@example.com")


def test_a_federated_subject_is_told_apart_by_its_letters() -> None:
    named = "principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/subject/Ann"
    assert not has(policy(named), VIEWER, named.replace("Ann", "ann"), None)


def test_a_binding_under_another_condition_is_another_binding() -> None:
    held = policy("user:ann@example.com", condition=ENDS)
    assert has(held, VIEWER, "user:ann@example.com", ENDS)
    assert not has(held, VIEWER, "user:ann@example.com", None)
    assert gives_already(held, VIEWER, "user:ann@example.com") is None


@pytest.mark.hazard("H41")
def test_a_policy_at_four_fifths_of_its_limit_takes_nothing_more() -> None:
    people = [f"user:p{number}@example.com" for number in range(1_200)]
    assert "1200 members" in too_full(policy(*people))
    assert too_full(policy(*people[:-1])) == ""
    assert "groups" in too_full(policy(*(f"group:g{number}@example.com" for number in range(200))))
