"""What was looked at and what that said: three verdicts everywhere, and never a guess."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Verdict(StrEnum):
    """The answer to a question: yes, no, or could not tell. Only yes and no may ever lead to a change."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "could not tell"


YES, NO, UNKNOWN = Verdict


class Finding(Struct, frozen=True, kw_only=True):
    """One question that was asked of Google, its verdict, and what was seen, in a sentence.

    `asked` is the question in words; `missing` the permission that would have let us look, None where we could.
    """

    asked: str
    verdict: Verdict
    said: str
    missing: str | None = None
