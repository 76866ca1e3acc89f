"""Case, Facts -> Answers: the questions of one run, side by side, each once, within one deadline."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any

from shared.evidence.answers import LATE, Answers, failure
from shared.evidence.case import Case
from shared.evidence.families import questions
from shared.evidence.questions import Question
from shared.ports import Facts

DEADLINE = timedelta(seconds=25)
MOST_ASKED = 64
"""However much is found to ask about, a run asks no more."""
Job = Callable[[], None]


def in_a_thread(job: Job) -> None:
    """Do a job beside others. A process does not wait at its end for one that hangs."""
    threading.Thread(target=job, name="unforbid-look", daemon=True).start()


def look(
    case: Case,
    facts: Facts,
    within: timedelta = DEADLINE,
    beside: Callable[[Job], object] = in_a_thread,
    seconds: Callable[[], float] = time.monotonic,
) -> Answers:
    """What Google answers about a case; what it does not answer in time is recorded as such.

    Whatever is answered may lead to further questions, which are asked at once: one that hangs holds up no other.
    """
    asked: dict[Question, None] = {}
    given: dict[Question, Any] = {}
    told: SimpleQueue[tuple[Question, Any]] = SimpleQueue()
    until = seconds() + within.total_seconds()
    while True:
        for question in questions(case, Answers(given)):
            if question not in asked and len(asked) < MOST_ASKED:
                asked[question] = None
                beside(partial(_put, question, facts, told))
        if len(given) == len(asked):
            break
        try:
            question, answer = told.get(timeout=max(until - seconds(), 0))
        except Empty:
            break
        given[question] = answer
    return Answers({question: given.get(question, LATE) for question in asked})


def _put(question: Question, facts: Facts, told: SimpleQueue[tuple[Question, Any]]) -> None:
    """Tell one answer. An adapter must not end a run: whatever it raises is recorded as this question's failure."""
    try:
        answer = question.put(facts)
    except Exception as error:  # noqa: BLE001 - a defect in one adapter leaves the other looks usable
        answer = failure(error)
    told.put((question, answer))
