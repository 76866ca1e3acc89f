"""What was answered so far: for each question its value, or why there is none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

from msgspec import Struct

from shared.errors import LookFailed, NotAllowedToLook, NotFound
from shared.evidence.questions import Question
from shared.model.evidence import UNKNOWN, Finding


class Reason(StrEnum):
    """Why a question has no value."""

    NOT_ALLOWED = "not allowed to look"
    MISSING = "does not exist"
    FAILED = "no usable answer"
    LATE = "no answer in time"


class Unanswered(Struct, frozen=True):
    """A question without a value: why, in words, and the permission that would have let us look."""

    reason: Reason
    said: str
    missing: str | None = None


LATE = Unanswered(Reason.LATE, "no answer within the deadline of this run")


def failure(error: Exception) -> Unanswered:
    """What an error of the port says of its question; an error of no known kind is a failed look, named as such."""
    if isinstance(error, NotAllowedToLook):
        return Unanswered(Reason.NOT_ALLOWED, str(error), error.permission)
    if isinstance(error, NotFound):
        return Unanswered(Reason.MISSING, str(error))
    if isinstance(error, LookFailed):
        return Unanswered(Reason.FAILED, str(error))
    return Unanswered(Reason.FAILED, f"a defect of unforbid: {type(error).__name__}")


class Answers:
    """Questions with their answers, in the order in which they were asked."""

    def __init__(self, given: Mapping[Question, Any] | None = None) -> None:
        self._given: dict[Question, Any] = dict(given or {})

    def __contains__(self, question: object) -> bool:
        """Whether the question was asked."""
        return question in self._given

    def __len__(self) -> int:
        """How many questions were asked."""
        return len(self._given)

    def __iter__(self) -> Iterator[Question]:
        """The questions, in the order in which they were asked."""
        return iter(self._given)

    def raw(self, question: Question) -> Any:
        """The value, `Unanswered`, or None where the question was not asked."""
        return self._given.get(question)

    def value(self, question: Question) -> Any:
        """The value, or None where there is none."""
        found = self._given.get(question)
        return None if isinstance(found, Unanswered) else found

    def missing(self, question: Question) -> bool:
        """Whether what was asked about does not exist."""
        found = self._given.get(question)
        return isinstance(found, Unanswered) and found.reason is Reason.MISSING

    def untold(self) -> list[Finding]:
        """A finding for every question that could not be told, in the order in which they were asked."""
        return [finding for question in self._given if (finding := self.unknown(question)) is not None]

    def unknown(self, question: Question) -> Finding | None:
        """The finding that the question could not be told, or None where it could or was not asked."""
        found = self._given.get(question)
        if not isinstance(found, Unanswered) or found.reason is Reason.MISSING:
            return None
        return Finding(asked=question.asked, verdict=UNKNOWN, said=found.said, missing=found.missing)
