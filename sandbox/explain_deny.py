"""Deny policies as Policy Troubleshooter explains them: each rule with each part of its verdict."""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.access import Asked, DenyRead, Reading, is_principal, names_permission, spelt_in_deny_policies
from sandbox.explain_allow import MATCHED, NOT_MATCHED, UNSEEN, explained_condition, relevance
from sandbox.front import CONTAINERS
from sandbox.sight import Sight
from sandbox.world import Json, Resource

DENIED, NOT_DENIED, CONDITIONAL, HIDDEN = (
    f"DENY_ACCESS_STATE_{state}" for state in ("DENIED", "NOT_DENIED", "UNKNOWN_CONDITIONAL", "UNKNOWN_INFO")
)
PERMISSION = {True: "PERMISSION_PATTERN_MATCHED", False: "PERMISSION_PATTERN_NOT_MATCHED"}
GROUPS = "principalSet://goog/group/"


def explain_deny(line: list[Resource], reading: Reading, asked: Asked, sight: Sight) -> Json:
    """The explanation along a line of ancestors: deny policies hang on projects, folders and the organisation alone."""
    resources = []
    for container in (one for one in line if one.kind in CONTAINERS):
        rules = [one for one in reading.denials if one.attached is container]
        if not sight.deny_policies_of(container):
            resources.append({"denyAccessState": HIDDEN})
        elif rules:
            resources.append(_resource(container, rules, asked, sight))
    if not line:
        resources.append({"denyAccessState": HIDDEN})
    return {
        "denyAccessState": strongest([one["denyAccessState"] for one in resources]),
        "permissionDeniable": True,
        "relevance": "HEURISTIC_RELEVANCE_HIGH",
        **({"explainedResources": resources} if resources else {}),
    }


def strongest(states: Iterable[str]) -> str:
    """What several states come to: one that denies wins, then what could not be seen, then what could not be told."""
    found = set(states)
    return next((state for state in (DENIED, HIDDEN, CONDITIONAL) if state in found), NOT_DENIED)


def _resource(container: Resource, rules: list[DenyRead], asked: Asked, sight: Sight) -> Json:
    by_policy: dict[str, list[DenyRead]] = {}
    for one in rules:
        by_policy.setdefault(one.policy["name"], []).append(one)
    policies = [_policy(of_one, asked, sight) for of_one in by_policy.values()]
    state = strongest(one["denyAccessState"] for one in policies)
    return {
        "denyAccessState": state,
        "fullResourceName": container.name,
        "explainedPolicies": policies,
        "relevance": relevance(state != NOT_DENIED),
    }


def _policy(rules: list[DenyRead], asked: Asked, sight: Sight) -> Json:
    explained = [_rule(one, asked, sight) for one in rules]
    state = strongest(one["denyAccessState"] for one in explained)
    return {
        "denyAccessState": state,
        "policy": rules[0].policy,
        "ruleExplanations": explained,
        "relevance": relevance(state != NOT_DENIED),
    }


def _rule(read: DenyRead, asked: Asked, sight: Sight) -> Json:
    rule, spelt = read.rule, spelt_in_deny_policies(asked.permission)

    def permissions(field: str) -> dict[str, str]:
        return {one: PERMISSION[names_permission(spelt, [one])] for one in rule.get(field, ())}

    def principals(field: str) -> dict[str, str]:
        return {one: _membership(one, asked, sight) for one in rule.get(field, ())}

    denied, excepted = principals("deniedPrincipals"), principals("exceptionPrincipals")
    state = _state(read, _combined(denied), _combined(excepted))
    return {
        "denyAccessState": state,
        "relevance": relevance(state != NOT_DENIED),
        **_told("denied", "Permission", permissions("deniedPermissions")),
        **_told("exception", "Permission", permissions("exceptionPermissions")),
        **_told("denied", "Principal", denied),
        **_told("exception", "Principal", excepted),
        **explained_condition(rule.get("denialCondition"), read.condition),
    }


def _membership(named: str, asked: Asked, sight: Sight) -> str:
    if named.startswith(GROUPS) and not sight.members_of_groups():
        return UNSEEN
    return MATCHED if is_principal(sight.world, asked.member, named) else NOT_MATCHED


def _combined(states: dict[str, str]) -> str:
    return next((state for state in (MATCHED, UNSEEN) if state in states.values()), NOT_MATCHED)


def _state(read: DenyRead, denied: str, excepted: str) -> str:
    if not read.permission or read.condition is False or denied == NOT_MATCHED or excepted == MATCHED:
        return NOT_DENIED
    if UNSEEN in (denied, excepted):
        return HIDDEN
    return DENIED if read.condition else CONDITIONAL


def _told(side: str, what: str, states: dict[str, str]) -> Json:
    """One list of a rule, name by name and all together; nothing for a list that the rule has not."""
    if not states:
        return {}
    field = "permissionMatchingState" if what == "Permission" else "membership"
    matched = PERMISSION[True] if what == "Permission" else MATCHED
    neither = PERMISSION[False] if what == "Permission" else NOT_MATCHED
    combined = next((one for one in (matched, UNSEEN) if one in states.values()), neither)
    return {
        f"{side}{what}s": {
            name: {field: state, "relevance": relevance(state == matched)} for name, state in states.items()
        },
        f"combined{side.title()}{what}": {field: combined, "relevance": relevance(combined == matched)},
    }
