"""Allow policies that were read directly: the target's own and all above it, for what nobody else can tell of them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from shared.evidence.answers import Answers
from shared.evidence.case import CONTAINERS_HOST, Checked
from shared.evidence.denying import line_of
from shared.evidence.history import MOST_ROLES
from shared.evidence.questions import AskPolicy, AskRole
from shared.evidence.who import member_of
from shared.model.facts import Binding, Policy
from shared.model.names import Role

Bound = tuple[str, Binding]
"""A resource, and a binding of its policy."""


def over(one: Checked, answers: Answers) -> list[AskPolicy]:
    """The questions about every policy that is evaluated for a target, narrowest first, as far as they are known."""
    names = [one.target, *(f"{CONTAINERS_HOST}/{name}" for name in line_of(one, answers))]
    return [AskPolicy(name) for name in dict.fromkeys(names) if name]


def near(one: Checked) -> list[AskPolicy]:
    """The questions about the two policies that most grants stand in: the target's own and its project's."""
    names = [one.target, f"{CONTAINERS_HOST}/{one.project}" if one.project else None]
    return [AskPolicy(name) for name in dict.fromkeys(names) if name]


def bindings(answers: Answers, questions: list[AskPolicy]) -> Iterator[Bound]:
    """Every binding of the policies that could be read."""
    for question in questions:
        policy: Policy | None = answers.value(question)
        for binding in policy.bindings if policy is not None else ():
            yield question.resource, binding


def predecessors(answers: Answers, one: Checked, caller: str) -> dict[Role, str]:
    """The roles of an account that was deleted and made again under the same address, with its member in policies."""
    gone = f"deleted:{member_of(caller)}?uid="
    found = (
        (binding.role, member)
        for _, binding in bindings(answers, near(one))
        for member in binding.members
        if member.startswith(gone)
    )
    return dict(islice(found, MOST_ROLES))


def asked_of(answers: Answers, one: Checked, caller: str) -> list[AskRole]:
    """The questions whether what the predecessor had would have been enough."""
    return [AskRole(role) for role in predecessors(answers, one, caller)]
