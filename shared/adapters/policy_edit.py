"""One member into, or out of, exactly one binding of an allow policy; everything else stays as it was read.

A policy is what a client gives: a message of google.iam.v1 or of compute.v1, or the JSON of Cloud Storage and BigQuery.
(The `Policy` class of their clients sorts bindings and members, and drops what it does not know.) Order, duplicates,
audit configs, deleted members and unknown fields are kept.

Source: google/iam/v1/policy.proto: a policy with a condition anywhere has to be written as version 3.
"""

from __future__ import annotations

from base64 import b64encode
from copy import deepcopy
from typing import Any

from shared.adapters.policies import HIDDEN, condition_from
from shared.adapters.policy_json import condition_of
from shared.grants.members import as_stored
from shared.model.effect import AddBinding, RemoveBinding
from shared.model.facts import Condition

Wanted = AddBinding | RemoveBinding
"""One member, one role, one condition: the tuple that an effect is about."""
WITH_CONDITIONS, WITHOUT = 3, 1


def has(policy: Any, wanted: Wanted) -> bool:
    """Whether the policy gives the role to the member under exactly this condition."""
    return any(_is_in(binding, wanted.member) for binding in _exactly(policy, wanted))


def add(policy: Any, wanted: Wanted) -> Any:
    """The policy with the member at the end of its binding, which is the last one where there was none.

    Raises:
        ValueError: its conditions are hidden, so that writing it back would destroy them.
    """
    _check(policy)
    edited = deepcopy(policy)
    if has(edited, wanted):
        return edited
    binding = next(_exactly(edited, wanted), None)
    if binding is None:
        _append(edited, wanted)
    else:
        _give(binding, [*_members(binding), wanted.member])
    return _versioned(edited)


def remove(policy: Any, wanted: Wanted) -> Any:
    """The policy without the member in this binding; a binding that is empty by that goes too.

    Raises:
        ValueError: its conditions are hidden, so that writing it back would destroy them.
    """
    _check(policy)
    edited = deepcopy(policy)
    bindings = _bindings(edited)
    for binding in [one for one in _exactly(edited, wanted) if _is_in(one, wanted.member)]:
        left = [one for one in _members(binding) if not _is(one, wanted.member)]
        _give(binding, left)
        if not left:
            bindings.remove(binding)
    if isinstance(edited, dict) and not bindings:
        edited.pop("bindings", None)
    return _versioned(edited)


def etag_of(policy: Any) -> str:
    """The etag as JSON writes it; "" where there is none."""
    etag = policy.get("etag", "") if isinstance(policy, dict) else policy.etag
    return b64encode(etag).decode() if isinstance(etag, bytes) else str(etag)


def _check(policy: Any) -> None:
    for binding in _bindings(policy):
        role = _role(binding)
        if any(mark in role for mark in HIDDEN):
            raise ValueError(f"conditions are hidden in {role}: writing the policy back would destroy them")


def _exactly(policy: Any, wanted: Wanted) -> Any:
    """The bindings of this role under this condition: one, or several where somebody wrote them so."""
    return (one for one in _bindings(policy) if _role(one) == wanted.role and _condition(one) == wanted.condition)


def _is_in(binding: Any, member: str) -> bool:
    return any(_is(one, member) for one in _members(binding))


def _is(one: str, other: str) -> bool:
    return as_stored(one) == as_stored(other)


def _append(policy: Any, wanted: Wanted) -> None:
    said = wanted.condition
    if not isinstance(policy, dict):
        made = policy.bindings.add(role=wanted.role, members=[wanted.member])
        if said is not None:
            made.condition.title, made.condition.expression = said.title, said.expression
            made.condition.description = said.description
        return
    binding: dict[str, Any] = {"role": wanted.role, "members": [wanted.member]}
    if said is not None:
        binding["condition"] = condition_json(said)
    policy.setdefault("bindings", []).append(binding)


def condition_json(said: Condition) -> dict[str, str]:
    """A condition as JSON writes it (google.type.Expr), without the fields that are empty."""
    fields = {"title": said.title, "description": said.description, "expression": said.expression}
    return {name: value for name, value in fields.items() if value}


def _versioned(policy: Any) -> Any:
    """The policy with the version that its conditions need; without any, 3 is not what Google answers with."""
    needed = any(_condition(one) is not None for one in _bindings(policy))
    if isinstance(policy, dict):
        if needed or policy.get("version", 0) > WITHOUT:
            policy["version"] = WITH_CONDITIONS if needed else WITHOUT
    elif needed or policy.version > WITHOUT:
        policy.version = WITH_CONDITIONS if needed else WITHOUT
    return policy


def _bindings(policy: Any) -> Any:
    return policy.get("bindings", []) if isinstance(policy, dict) else policy.bindings


def _role(binding: Any) -> str:
    return str(binding["role"]) if isinstance(binding, dict) else str(binding.role)


def _members(binding: Any) -> Any:
    return binding.get("members", []) if isinstance(binding, dict) else binding.members


def _give(binding: Any, members: list[str]) -> None:
    if isinstance(binding, dict):
        binding["members"] = members
    else:
        binding.members[:] = members


def _condition(binding: Any) -> Condition | None:
    if isinstance(binding, dict):
        return condition_of(binding.get("condition"))
    return condition_from(binding, "condition")
