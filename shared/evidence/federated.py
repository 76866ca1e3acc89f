"""Callers that Policy Troubleshooter cannot be asked about: the policies that can be read are evaluated, in part.

It takes Google accounts and service accounts alone (policytroubleshooter v3). What is not evaluated here: conditions,
deny rules with exceptions or conditions, boundaries, and who belongs to a set; so the answer is marked as partial.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from shared.evidence import denying, policies
from shared.evidence.answers import Answers
from shared.evidence.case import Checked
from shared.evidence.claim import NOTHING, Claim, Reading, Stage
from shared.evidence.history import holds
from shared.evidence.policies import Bound
from shared.evidence.questions import AskDenyRules, AskRole, Question
from shared.evidence.who import is_member
from shared.model.evidence import NO, UNKNOWN, YES, Finding, Verdict
from shared.model.names import Principal

PARTIAL = "in part, from the policies read"
MOST_ROLES = 12
"""More roles of one caller, or of sets that it may be in, are not read: then it cannot be told."""
SETS = ("principalSet:", "allUsers", "allAuthenticatedUsers")
"""How members begin that may stand for a federated identity as well; Google groups hold none."""


def ask(one: Checked, answers: Answers, principal: Principal) -> Iterator[Question]:
    """The policies and deny rules of the target and of everything above it, and what the roles found there hold."""
    yield from denying.ask(one, answers)
    yield from policies.over(one, answers)
    yield from _roles(_candidates(one, answers, principal))


def read(one: Checked, answers: Answers, principal: Principal, cause: str) -> Reading:
    """Denied, given, missing, or not told where not everything was read."""
    asked = f"do the policies that we can read give {principal.text} {one.permission}?"
    line = denying.line_of(one, answers)
    questions: list[Question] = [*policies.over(one, answers), *(AskDenyRules(above) for above in line)]
    if not any(question in answers for question in questions):
        return NOTHING
    rule = denying.denying(one, answers, principal)
    if rule is not None:
        return _reading(asked, _claim(one, Stage.DENY, "iam.deny", YES, denying.said(rule)))
    verdict, why = _judged(one, answers, principal)
    unread = [question for question in questions if answers.value(question) is None]
    if verdict is YES and (unread or not line):
        verdict, why = UNKNOWN, f"not every policy could be read ({len(unread)} of {len(questions)} are open)"
    return _reading(asked, _claim(one, Stage.ALLOW, cause, verdict, why))


def _judged(one: Checked, answers: Answers, principal: Principal) -> tuple[Verdict, str]:
    """Whether the role is missing, as far as allow policies go."""
    perhaps = ""
    for on, binding in _candidates(one, answers, principal):
        enough = holds(answers, binding.role, one.permission)
        if enough is False:
            continue
        exact = any(is_member(member, principal) for member in binding.members)
        if enough and exact and binding.condition is None:
            return NO, f"{binding.role} on {on} gives {one.permission}: another role would change nothing"
        perhaps = perhaps or f"{binding.role} on {on} may give it: its condition, members or content cannot be told"
    if perhaps:
        return UNKNOWN, perhaps
    return YES, f"no binding that we can read gives {one.permission} to {principal.text}"


def _candidates(one: Checked, answers: Answers, principal: Principal) -> Iterator[Bound]:
    """The bindings that name the caller, or a set that it may be in."""
    for on, binding in policies.bindings(answers, policies.over(one, answers)):
        if any(is_member(member, principal) or member.startswith(SETS) for member in binding.members):
            yield on, binding


def _roles(found: Iterator[Bound]) -> list[AskRole]:
    return list(islice(dict.fromkeys(AskRole(binding.role) for _, binding in found), MOST_ROLES))


def _claim(one: Checked, stage: Stage, cause: str, verdict: Verdict, why: str) -> Claim:
    return Claim(stage=stage, cause=cause, verdict=verdict, why=f"{PARTIAL}: {why}", permission=one.permission)


def _reading(asked: str, claim: Claim) -> Reading:
    seen = NO if claim.verdict is YES else YES if claim.verdict is NO else UNKNOWN
    return Reading(findings=(Finding(asked=asked, verdict=seen, said=claim.why),), claims=(claim,))
