"""Policies are believed whole or not at all."""

from __future__ import annotations

import pytest
from google.iam.v1.policy_pb2 import Policy as Message
from google.type.expr_pb2 import Expr

from shared.adapters.policies import policy_from
from shared.adapters.policy_json import policy_of
from shared.errors import LookFailed
from shared.model.facts import Binding, Condition, Policy
from shared.model.names import Role

BUCKET = "//storage.googleapis.com/projects/_/buckets/photos"
ANN = "user:ann@example.com"


def message(role: str = "roles/browser", **more: object) -> Message:
    policy = Message(**{"etag": b"\x07\x05", "version": 3, **more})
    policy.bindings.add(role=role, members=[ANN], condition=Expr(title="t", expression="true", description="d"))
    policy.bindings.add(role="roles/viewer", members=[ANN])
    return policy


def test_a_message_becomes_a_policy_with_conditions_and_an_etag_as_json_has_it() -> None:
    assert policy_from(BUCKET, message()) == Policy(
        resource=BUCKET,
        bindings=(
            Binding(
                role=Role("roles/browser"),
                members=(ANN,),
                condition=Condition(title="t", expression="true", description="d"),
            ),
            Binding(role=Role("roles/viewer"), members=(ANN,)),
        ),
        etag="BwU=",
        version=3,
    )


@pytest.mark.parametrize("mark", ["_withcond_1a2b", "_with_conditionalbinding_1a2b"])
def test_a_policy_that_hides_its_conditions_in_role_names_is_refused(mark: str) -> None:
    with pytest.raises(LookFailed, match="read without version 3"):
        policy_from(BUCKET, message(f"roles/browser{mark}"))
    with pytest.raises(LookFailed, match="read without version 3"):
        policy_of(BUCKET, {"etag": "BwU=", "bindings": [{"role": f"roles/browser{mark}", "members": [ANN]}]})


def test_a_policy_without_an_etag_is_not_whole() -> None:
    with pytest.raises(LookFailed, match="never leaves the etag out"):
        policy_from(BUCKET, message(etag=b""))
