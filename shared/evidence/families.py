"""Every family of looks: each says what to ask next and reads what was answered. All are pure."""

from __future__ import annotations

from shared.evidence import accounts, apis, ladder, places, scopes, starving
from shared.evidence.answers import Answers
from shared.evidence.case import Case
from shared.evidence.claim import Reading, together
from shared.evidence.questions import AskEntry, Question

FAMILIES = (apis, scopes, accounts, ladder, starving, places)
LOOKED_INTO = (
    *("api.", "cred.scope.", "cred.lost_token", "cred.missing", "iam.", "imp.", "log.", "principal.", "unknown"),
    *("project.quota_user", "project.invalid", "agent.role", "kms.agent", "build.default_sa"),
)
"""Causes that a look can confirm or refute, beside all that own a permission."""


def is_worth_a_look(case: Case) -> bool:
    """Whether Google could tell more than the entry does."""
    return bool(case.diagnosis.cause.permissions) or case.cause.startswith(LOOKED_INTO)


def questions(case: Case, answers: Answers) -> list[Question]:
    """All that is to be asked as far as is known now, each question once: what is answered may lead to more."""
    if not is_worth_a_look(case):
        return []
    found: dict[Question, None] = dict.fromkeys(entry_of(case))
    for family in FAMILIES:
        found.update(dict.fromkeys(family.ask(case, answers)))
    return list(found)


def entry_of(case: Case) -> list[AskEntry]:
    """The question about Cloud Logging's own copy of the entry."""
    return [AskEntry(case.key.log_name, case.key.insert_id, case.key.at)] if case.key is not None else []


def reading(case: Case, answers: Answers) -> Reading:
    """What all families make of the answers."""
    return together(family.read(case, answers) for family in FAMILIES)
