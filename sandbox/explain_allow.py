"""Allow policies as Policy Troubleshooter explains them: each binding with each part of its verdict."""

from __future__ import annotations

from sandbox.access import BindingRead, Reading
from sandbox.sight import Sight
from sandbox.world import Json, Resource

GRANTED, NOT_GRANTED, CONDITIONAL, HIDDEN = (
    f"ALLOW_ACCESS_STATE_{state}" for state in ("GRANTED", "NOT_GRANTED", "UNKNOWN_CONDITIONAL", "UNKNOWN_INFO")
)
MATCHED, NOT_MATCHED, UNSEEN, UNSUPPORTED = (
    f"MEMBERSHIP_{state}" for state in ("MATCHED", "NOT_MATCHED", "UNKNOWN_INFO", "UNKNOWN_UNSUPPORTED")
)
SETS = "principalSet://cloudresourcemanager.googleapis.com/"
"""Sets of service accounts by what contains them: the troubleshooter supports none of them."""


def explain_allow(line: list[Resource], reading: Reading, sight: Sight, *, exists: bool) -> Json:
    """The explanation along a line of ancestors; a resource that does not exist has a policy nobody can see."""
    policies = [] if exists else [{"allowAccessState": HIDDEN}]
    for resource in line:
        bindings = [one for one in reading.bindings if one.resource is resource]
        policies.append(
            _policy(resource, bindings, sight) if sight.policy_of(resource) else {"allowAccessState": HIDDEN}
        )
    return {
        "allowAccessState": strongest([one["allowAccessState"] for one in policies]),
        "explainedPolicies": policies,
        "relevance": "HEURISTIC_RELEVANCE_HIGH",
    }


def strongest(states: list[str]) -> str:
    """What several states come to: one that grants wins, then what could not be seen, then what could not be told."""
    return next((state for state in (GRANTED, HIDDEN, CONDITIONAL) if state in states), NOT_GRANTED)


def _policy(resource: Resource, bindings: list[BindingRead], sight: Sight) -> Json:
    explained = [_binding(one, sight) for one in bindings]
    state = strongest([one["allowAccessState"] for one in explained])
    return {
        "allowAccessState": state,
        "fullResourceName": resource.name,
        "policy": resource.policy(),
        "relevance": relevance(state != NOT_GRANTED),
        **({"bindingExplanations": explained} if explained else {}),
    }


def _binding(read: BindingRead, sight: Sight) -> Json:
    members = {name: _membership(name, found, sight) for name, found in read.members.items()}
    role = _role_state(read, sight)
    combined = next((state for state in (MATCHED, UNSEEN, UNSUPPORTED) if state in members.values()), NOT_MATCHED)
    state = _state(role, combined, read.condition)
    told: Json = {
        "allowAccessState": state,
        "role": read.binding["role"],
        "rolePermission": role,
        "rolePermissionRelevance": relevance(role == "ROLE_PERMISSION_INCLUDED"),
        "combinedMembership": {"membership": combined, "relevance": relevance(combined == MATCHED)},
        "memberships": {
            name: {"membership": found, "relevance": relevance(found == MATCHED)} for name, found in members.items()
        },
        "relevance": relevance(state != NOT_GRANTED),
    }
    return {**told, **explained_condition(read.binding.get("condition"), read.condition)}


def _role_state(read: BindingRead, sight: Sight) -> str:
    if not sight.role(read.binding["role"]):
        return "ROLE_PERMISSION_UNKNOWN_INFO"
    return "ROLE_PERMISSION_INCLUDED" if read.has_role else "ROLE_PERMISSION_NOT_INCLUDED"


def _membership(named: str, found: bool, sight: Sight) -> str:
    if named.startswith(SETS):
        return UNSUPPORTED
    if named.startswith("group:") and not sight.members_of_groups():
        return UNSEEN
    return MATCHED if found else NOT_MATCHED


def _state(role: str, combined: str, condition: bool | None) -> str:
    if role == "ROLE_PERMISSION_NOT_INCLUDED" or combined == NOT_MATCHED or condition is False:
        return NOT_GRANTED
    if role != "ROLE_PERMISSION_INCLUDED" or combined != MATCHED:
        return HIDDEN
    return GRANTED if condition else CONDITIONAL


def explained_condition(condition: Json | None, value: bool | None) -> Json:
    """The fields `condition` and `conditionExplanation`: the whole expression as one statement; {} without one."""
    if not condition:
        return {}
    end = len(condition.get("expression", "")) - 1
    state: Json = {"start": 0, "end": end, "value": value}
    explanation: Json = {"value": value, "evaluationStates": [state]}
    if value is None:
        explanation["errors"] = [{"code": 3, "message": "The condition needs context that the request does not give."}]
    return {"condition": condition, "conditionExplanation": explanation}


def relevance(high: bool) -> str:
    """How much a part mattered to the whole."""
    return "HEURISTIC_RELEVANCE_HIGH" if high else "HEURISTIC_RELEVANCE_NORMAL"
