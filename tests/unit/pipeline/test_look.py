"""The questions of a run: side by side, each once, within one deadline, and none can spoil another."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from entries import PROJECT, audit, on_vm
from fakes.facts import FAILURES, HIDDEN, NOON, FakeFacts, NeverAnswers, one_after_another

from shared.evidence.answers import Answers, Reason
from shared.evidence.case import Case, Ours, case_of
from shared.evidence.questions import Question
from shared.model.denial import Denial
from shared.model.machine import Machine
from shared.pipeline.classify import classify
from shared.pipeline.diagnose import diagnose
from shared.pipeline.look import MOST_ASKED, Job, look
from shared.pipeline.read import read

NO_TIME, LONG = timedelta(0), timedelta(hours=1)
DENIED = audit(permission="storage.objects.create", resource="projects/_/buckets/reports/objects/a")
TOO_NARROW = on_vm(
    "403 POST https://storage.googleapis.com/upload/storage/v1/b/reports/o: Provided scope(s) are not authorized"
)


def case(entry: dict[str, Any], **ours: Any) -> Case:
    found = read(json.dumps(entry).encode())
    denial = classify(found)
    assert isinstance(denial, Denial)
    return case_of(found, denial, diagnose(denial), NOON, Ours(**ours))


def words(answers: Answers) -> dict[str, str]:
    """Why each question without an answer has none, by the kind of question."""
    return {type(one).__name__: answers.raw(one).reason for one in answers if answers.unknown(one) is not None}


@pytest.fixture
def facts() -> FakeFacts:
    found = FakeFacts()
    found.machines["42"] = Machine(
        id="42", name="web-1", project=PROJECT, zone="europe-west1-b", status="RUNNING",
        account=f"runner@{PROJECT}.iam.gserviceaccount.com",
    )  # fmt: skip
    return found


@pytest.fixture
def release() -> Iterator[threading.Event]:
    """What a question may wait for that is never to be answered in a test; let go at its end."""
    event = threading.Event()
    yield event
    event.set()


def test_independent_questions_are_asked_side_by_side(facts: FakeFacts) -> None:
    together = threading.Barrier(5)
    waited = {"entry", "access", "policy", "changes", "account"}
    facts.meets = lambda method: together.wait(timeout=60) if method in waited and facts.count("role") == 0 else None
    facts.seen["storage.objects.create"] = HIDDEN
    answers = look(case(DENIED), facts, LONG)
    assert words(answers) == {}
    assert not together.broken


@pytest.mark.parametrize("entry", [DENIED, TOO_NARROW])
def test_each_question_is_asked_once(entry: dict[str, Any], facts: FakeFacts) -> None:
    answers = look(case(entry, attachable=(f"a@{PROJECT}.iam.gserviceaccount.com",)), facts, LONG)
    assert set(facts.asked.values()) == {1}
    assert len(answers) == facts.asked.total()


def test_an_answer_leads_to_further_questions_within_the_same_deadline(facts: FakeFacts) -> None:
    look(case(TOO_NARROW), facts, LONG)
    methods = [asked[0] for asked in facts.asked]
    assert methods.index("machine") < methods.index("surroundings")
    assert ("policy", "//cloudresourcemanager.googleapis.com/folders/7") in facts.asked


def test_a_question_that_hangs_holds_up_no_other(facts: FakeFacts) -> None:
    facts.fails["entry"] = NeverAnswers()
    answers = look(case(TOO_NARROW), facts, NO_TIME, one_after_another)
    assert words(answers) == {"AskEntry": Reason.LATE}
    assert facts.count("surroundings") == 1, "what the other answers led to was asked all the same"


def test_a_thread_that_hangs_is_given_up_at_the_deadline(facts: FakeFacts, release: threading.Event) -> None:
    facts.meets = lambda _: release.wait()
    answers = look(case(DENIED), facts, NO_TIME)
    assert set(words(answers).values()) == {Reason.LATE}
    assert len(words(answers)) == len(answers) > 4


def test_a_process_does_not_wait_for_a_look_that_hangs(facts: FakeFacts, release: threading.Event) -> None:
    facts.meets = lambda _: release.wait()
    look(case(DENIED), facts, NO_TIME)
    hanging = [one for one in threading.enumerate() if one.name == "unforbid-look"]
    assert hanging
    assert all(one.daemon for one in hanging)


def test_what_is_asked_late_gets_no_deadline_of_its_own(facts: FakeFacts) -> None:
    """An hour for all is over once the first answer took two, whatever is still open then."""
    passed = [0.0]
    facts.fails["surroundings"] = NeverAnswers()
    facts.meets = lambda _: passed.__setitem__(0, 7_200.0)
    given: list[Answers] = []

    def run() -> None:
        given.append(look(case(TOO_NARROW), facts, LONG, one_after_another, lambda: passed[0]))

    looking = threading.Thread(target=run, daemon=True)
    looking.start()
    looking.join(timeout=60)
    assert given, "it still waits for the question that hangs"
    assert words(given[0]) == {"AskSurroundings": Reason.LATE}


def test_where_nothing_is_answered_every_question_is_told_to_be_late(facts: FakeFacts) -> None:
    jobs: list[Job] = []
    answers = look(case(DENIED), facts, NO_TIME, jobs.append)
    assert len(jobs) == len(answers)
    assert facts.asked.total() == 0
    assert set(words(answers).values()) == {Reason.LATE}


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("method", ["entry", "access", "policy", "changes", "account", "project", "ancestry"])
def test_whatever_an_adapter_raises_is_its_own_questions_failure(method: str, failure: str, facts: FakeFacts) -> None:
    facts.fails[method] = FAILURES[failure]
    answers = look(case(DENIED), facts, NO_TIME, one_after_another)
    failed = [answers.unknown(one) for one in answers if answers.unknown(one) is not None]
    assert failed
    assert all(one is not None and failure in one.said for one in failed)
    assert len(failed) < len(answers)


def test_the_permission_that_would_have_let_us_look_is_recorded(facts: FakeFacts) -> None:
    facts.fails["policy"] = FAILURES["not allowed to look"]
    answers = look(case(DENIED), facts, NO_TIME, one_after_another)
    assert {one.missing for one in answers.untold()} == {"some.thing.get"}


@pytest.mark.invariant("I24")
def test_however_much_there_is_to_ask_a_run_asks_no_more_than_so_much(facts: FakeFacts) -> None:
    endless = tuple(f"folders/{number}" for number in range(10_000))
    facts.lines[f"projects/{PROJECT}"] = endless
    facts.seen["storage.objects.create"] = HIDDEN
    answers = look(
        case(DENIED, attachable=tuple(f"a{n}@{PROJECT}.iam.gserviceaccount.com" for n in range(500))),
        facts,
        NO_TIME,
        one_after_another,
    )
    assert len(answers) <= MOST_ASKED
    assert facts.count("deny_rules") == 12


def test_what_is_not_worth_a_look_asks_nothing(facts: FakeFacts) -> None:
    rate = on_vm("Error 403: Rate Limit Exceeded, rateLimitExceeded")
    assert len(look(case(rate), facts, LONG)) == 0
    assert facts.asked.total() == 0


def test_an_answer_that_comes_after_the_deadline_is_not_used(facts: FakeFacts) -> None:
    jobs: list[Callable[[], None]] = []
    answers = look(case(DENIED), facts, NO_TIME, jobs.append)
    before = {question: answers.raw(question) for question in answers}
    for job in jobs:
        job()
    assert {question: answers.raw(question) for question in answers} == before


def test_every_kind_of_question_can_be_put_in_words_and_to_the_port() -> None:
    for kind in Question.__subclasses__():
        assert "asked" in vars(kind), kind
        assert "put" in vars(kind), kind
