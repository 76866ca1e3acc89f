"""Every family of looks: each says what to ask next and reads what was answered. All are pure."""

from __future__ import annotations

from shared.evidence import accounts, apis, ladder, places, scopes, starving
from shared.evidence.answers import Answers
from shared.evidence.case import Case
from shared.evidence.claim import Reading
from shared.evidence.questions import AskEntry, Question

FAMILIES = (apis, scopes, accounts, ladder, starving)
LOOKED_INTO = (
    *("api.", "cred.scope.", "cred.lost_token", "cred.missing", "iam.", "imp.", "log.", "principal.", "unknown"),
    *("project.quota_user", "agent.role", "kms.agent", "build.default_sa"),
)
"""Causes that a look can confirm or refute, beside all that own a permission."""


def is_worth_a_look(case: Case) -> bool:
    """Whether Google could tell more than the entry does."""
    return bool(case.diagnosis.cause.permissions) or case.cause.startswith(LOOKED_INTO)


def next_questions(case: Case, answers: Answers) -> list[Question]:
    """What to ask now, each question once: what was answered may lead to more."""
    if not is_worth_a_look(case):
        return []
    found: dict[Question, None] = {}
    if case.key is not None:
        found[AskEntry(case.key.log_name, case.key.insert_id, case.key.at)] = None
    for family in FAMILIES:
        found.update(dict.fromkeys(family.ask(case, answers)))
    found.update(dict.fromkeys(places.ask(case, answers)))
    return [question for question in found if question not in answers]


def readings(case: Case, answers: Answers) -> list[Reading]:
    """What every family makes of the answers."""
    return [family.read(case, answers) for family in (*FAMILIES, places)]
