"""Case, Facts -> Answers: the questions of one run, side by side, each once, within one deadline."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import timedelta
from typing import Any

from shared.evidence.answers import LATE, Answers, failure
from shared.evidence.case import Case
from shared.evidence.families import next_questions
from shared.evidence.questions import Question
from shared.ports import Facts

DEADLINE = timedelta(seconds=25)
SIDE_BY_SIDE = 8
MOST_ROUNDS = 4
"""An answer leads to further questions at most so often: a machine to its account, a project to its ancestors."""


def look(case: Case, facts: Facts, within: timedelta = DEADLINE) -> Answers:
    """What Google answers about a case; what it does not answer in time is recorded as such."""
    answers, until = Answers(), time.monotonic() + within.total_seconds()
    pool = ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix="unforbid-look")
    try:
        for _ in range(MOST_ROUNDS):
            asked = next_questions(case, answers)
            if not asked:
                break
            answers = answers.with_more(_ask(pool, asked, facts, until - time.monotonic()))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    return answers


def _ask(pool: ThreadPoolExecutor, asked: list[Question], facts: Facts, seconds: float) -> dict[Question, Any]:
    """Each question with its answer, or why there is none."""
    waiting: dict[Future[Any], Question] = {pool.submit(_put, question, facts): question for question in asked}
    done, late = wait(waiting, timeout=max(seconds, 0))
    answered = {waiting[future]: future.result() for future in done}
    return {question: answered.get(question, LATE) for question in asked} if late else answered


def _put(question: Question, facts: Facts) -> Any:
    """One answer. An adapter must not end a run: whatever it raises is recorded as this question's failure."""
    try:
        return question.put(facts)
    except Exception as error:  # noqa: BLE001 - a defect in one adapter leaves the other looks usable
        return failure(error)
