"""Allow policies as Google's clients give them, turned into our values."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from shared.errors import LookFailed
from shared.model.facts import Binding, Condition, Policy
from shared.model.names import Role

HIDDEN = ("_withcond_", "_with_conditionalbinding_")
"""How the role of a conditional binding ends in a policy that was read with too low a version (remembered by IAM and by
BigQuery): what such a binding says is not known, and writing it back would destroy the condition."""


def policy_from(resource: str, policy: Any) -> Policy:
    """The policy of a resource, from a google.iam.v1 `Policy` message; the etag as JSON writes it, in base64.

    Raises:
        LookFailed: a part is missing, or its conditions are hidden in the names of its roles.
    """
    if not policy.etag:
        raise LookFailed("read the policy", resource, "the answer is not whole: Google never leaves the etag out")
    found = Policy(
        resource=resource,
        bindings=tuple(
            Binding(role=Role(one.role), members=tuple(one.members), condition=condition_from(one, "condition"))
            for one in policy.bindings
        ),
        etag=b64encode(policy.etag).decode(),
        version=policy.version or 1,
    )
    return with_conditions_seen(found)


def condition_from(holder: Any, field: str) -> Condition | None:
    """The condition in a field (google.type.Expr) of a protobuf message, None where it is not set."""
    if not holder.HasField(field):
        return None
    said = getattr(holder, field)
    return Condition(title=said.title, expression=said.expression, description=said.description)


def with_conditions_seen(policy: Policy) -> Policy:
    """The same policy, if what its bindings say can be believed.

    Raises:
        LookFailed: it was read without version 3, so that conditions are hidden in the names of roles.
    """
    for binding in policy.bindings:
        if any(mark in binding.role for mark in HIDDEN):
            why = f"its conditions are hidden: {binding.role} is what a policy read without version 3 has"
            raise LookFailed("read the policy", policy.resource, why)
    return policy
