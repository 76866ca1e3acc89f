"""Bindings as a policy has them: whether exactly this one is there, and what else about it matters before a change."""

from __future__ import annotations

from datetime import timedelta

from shared.execution.fold import FIRST, Progress
from shared.execution.next import Go
from shared.grants.members import as_stored
from shared.model.facts import Binding, Condition, Policy
from shared.model.names import Role

MOST_MEMBERS, MOST_GROUPS = 1_500, 250
"""IAM quotas: principals in one policy, each occurrence counted; groups and domains among them."""
MOST_TWINS = 20
"""Bindings of one role and member in a policy that differ in their conditions (IAM documentation, "Quotas and limits").

There is a limit in bytes as well, of which no number is published: that one Google has to tell.
"""
SEEN_AFTER = (timedelta(seconds=5), timedelta(seconds=15), timedelta(seconds=40))
"""When a policy that does not show what was written is read again: one read may lag behind, and proves nothing."""
FULL = 0.8
"""From how much of a limit on nothing more is added: others have to be able to change the policy too."""


def has(policy: Policy, role: Role, member: str, condition: Condition | None) -> bool:
    """Whether a policy gives the role to the member under exactly this condition."""
    return any(one.role == role and one.condition == condition and _names(one, member) for one in policy.bindings)


def look_again(step: Progress) -> Go | None:
    """Another look at a policy that does not show what was written; None once there were enough."""
    entered = 0 if step.state == FIRST else 1  # the state in which a step begins is not moved into
    looks = step.moves.get(step.state, entered) - entered
    return Go(state=step.state, wait=SEEN_AFTER[looks]) if looks < len(SEEN_AFTER) else None


def gives_already(policy: Policy, role: Role, member: str) -> Binding | None:
    """The unconditional binding that gives the role to the member, None if there is none."""
    return next(
        (one for one in policy.bindings if one.role == role and not one.condition and _names(one, member)), None
    )


def _names(binding: Binding, member: str) -> bool:
    """Whether a binding names a member, however its address is capitalised."""
    return as_stored(member) in map(as_stored, binding.members)


def too_full(policy: Policy) -> str:
    """Why nothing more may be added to a policy, "" if something may."""
    members = [member for one in policy.bindings for member in one.members]
    if len(members) >= FULL * MOST_MEMBERS:
        return f"the policy of {policy.resource} names {len(members)} members of at most {MOST_MEMBERS}: clean it up"
    groups = [one for one in members if one.startswith(("group:", "domain:"))]
    if len(groups) >= FULL * MOST_GROUPS:
        return f"the policy of {policy.resource} names {len(groups)} groups of at most {MOST_GROUPS}: clean it up"
    return ""


def too_many_twins(policy: Policy, role: Role, member: str) -> str:
    """Why the role may not be given to the member once more under another condition, "" if it may."""
    twins = sum(one.role == role and _names(one, member) for one in policy.bindings)
    if twins < FULL * MOST_TWINS:
        return ""
    return (
        f"the policy of {policy.resource} gives {role} to {member} under {twins} conditions of at most {MOST_TWINS}: "
        "remove those that have ended"
    )
