"""What every ballots port must do, run on the fake and on the embedded one; another one is added to `PORTS`."""

from __future__ import annotations

import multiprocessing
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fakes import FakeClock
from fakes.ballots import MemoryBallots
from fakes.clock import START

from shared.adapters.firestore_ballots import FirestoreBallots
from shared.adapters.sqlite_ballots import SqliteBallots
from shared.errors import NotFound, StoreUnavailable
from shared.model.approval import Approval, Card, Choice, Ended, Ending, Person, SlackUser, Vote
from shared.model.decision import Quorum
from shared.model.names import Role
from shared.model.work import Grant
from shared.ports import Ballots

MINUTE = timedelta(minutes=1)
RACERS = 32
GRANT = Grant(resource="//r", role=Role("roles/x"), member="user:eve@example.com", until=START + 60 * MINUTE)
PORTS: dict[str, Callable[[Path], AbstractContextManager[Ballots]]] = {
    "memory": lambda _: nullcontext(MemoryBallots()),
    "sqlite": lambda folder: closing(SqliteBallots(folder / "deep" / "ballots.db")),
}


@pytest.fixture(params=[*PORTS, "firestore"])
def ballots(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ballots]:
    if request.param == "firestore":
        yield FirestoreBallots(request.getfixturevalue("database"))
        return
    with PORTS[request.param](tmp_path) as made:
        yield made


def question(named: str = "a-1", run: str = "r-1", at: Any = START, **more: Any) -> Approval:
    quorums = (Quorum(name="owners", group_id="03abc"), Quorum(name="security", group_id="01xyz", strong=True))
    return Approval(
        **{
            "id": named,
            "run": run,
            "plan_hash": "h",
            "works": (GRANT,),
            "tier": "T2",
            "quorums": quorums,
            "asked_at": at,
            "expires_at": at + 30 * MINUTE,
            "never": ("user:eve@example.com",),
            "domains": ("example.com",),
            "window": "Mon-Thu 09:00-16:00 Europe/Rome",
            "rules": ("reports",),
            **more,
        }
    )


def given(who: str = "ann", choice: Choice = Choice.APPROVE, on: str = "a-1", **more: Any) -> Vote:
    person = Person(id=f"id-{who}", email=f"{who}@example.com")
    told = {"reason": "needed: ünïcode \u2028 \x1b", "groups": ("03abc",), "proof": b"\x00\xff", "strong": True, **more}
    return Vote(approval=on, plan_hash="h", person=person, choice=choice, at=START + MINUTE, channel="slack", **told)


def ending(how: Ending = Ending.CONSUMED, by: str = "f-1", on: str = "a-1") -> Ended:
    return Ended(approval=on, ending=how, at=START + 2 * MINUTE, by=by, why="why")


# questions


def test_a_question_comes_back_as_it_was_by_its_id_or_the_beginning_of_it(ballots: Ballots) -> None:
    assert ballots.ask(question("a-12")) == question("a-12")
    assert ballots.approval("a-12") == ballots.approval("a-1") == question("a-12")


def test_the_same_id_asked_again_is_the_question_that_is_kept(ballots: Ballots) -> None:
    ballots.ask(question())
    assert ballots.ask(question(at=START + MINUTE, tier="T1")) == question()
    assert ballots.approval("a-1") == question()


def test_a_whole_id_is_never_ambiguous_and_the_beginning_of_two_is(ballots: Ballots) -> None:
    for named in ("a-1", "a-12", "a-123"):
        ballots.ask(question(named))
    assert [ballots.approval(one).id for one in ("a-1", "a-12", "a-123")] == ["a-1", "a-12", "a-123"]
    with pytest.raises(NotFound):
        ballots.approval("a-")


@pytest.mark.parametrize("named", ["a-none", "", "' OR 1=1 --", "a-\x00", "%", "_", "a" * 100_000])
def test_a_question_nobody_knows_is_not_found(ballots: Ballots, named: str) -> None:
    ballots.ask(question())
    with pytest.raises(NotFound):
        ballots.approval(named)
    assert ballots.ended(named) is None
    assert ballots.votes(named) == []
    with pytest.raises(NotFound):
        ballots.vote(given(on=named))
    with pytest.raises(NotFound):
        ballots.end(ending(on=named))


def test_open_questions_come_oldest_first_and_those_of_a_run_newest_first(ballots: Ballots) -> None:
    for named, run, minutes in (("a-2", "r-1", 2), ("a-1", "r-1", 1), ("a-3", "r-2", 3)):
        ballots.ask(question(named, run, START + minutes * MINUTE))
    assert [one.id for one in ballots.open()] == ["a-1", "a-2", "a-3"]
    assert [one.id for one in ballots.of_run("r-1")] == ["a-2", "a-1"]
    assert ballots.of_run("r-") == []
    ballots.end(ending(on="a-1"))
    assert [one.id for one in ballots.open()] == ["a-2", "a-3"]
    assert [one.id for one in ballots.of_run("r-1")] == ["a-2", "a-1"]


# votes


def test_votes_come_back_as_they_were_in_the_order_they_were_kept(ballots: Ballots) -> None:
    ballots.ask(question())
    ballots.ask(question("a-2"))
    kept = [given("zoe"), given("ann", strong=False, groups=()), given("bob")]
    assert all(ballots.vote(one) for one in kept)
    assert ballots.vote(given("ann", on="a-2"))
    assert ballots.votes("a-1") == kept


@pytest.mark.hazard("H22")
@pytest.mark.parametrize("again", [given(), given(choice=Choice.DENY), given(reason="another reason")])
def test_a_person_has_one_vote_and_the_first_one_stays(ballots: Ballots, again: Vote) -> None:
    ballots.ask(question())
    assert ballots.vote(given())
    assert not ballots.vote(again)
    assert ballots.votes("a-1") == [given()]


@pytest.mark.hazard("H22")
@pytest.mark.parametrize("how", Ending)
@pytest.mark.parametrize("choice", Choice)
def test_a_vote_on_a_question_that_has_ended_is_not_kept_but_a_deny_of_its_fix(
    ballots: Ballots, how: Ending, choice: Choice
) -> None:
    ballots.ask(question())
    ballots.end(ending(how))
    deny_of_a_fix = (how, choice) == (Ending.CONSUMED, Choice.DENY)
    assert ballots.vote(given(choice=choice)) is deny_of_a_fix
    assert len(ballots.votes("a-1")) == deny_of_a_fix
    assert ballots.ended("a-1") == ending(how)


# ends


@pytest.mark.parametrize("how", Ending)
def test_a_question_ends_once_and_the_first_end_counts(ballots: Ballots, how: Ending) -> None:
    ballots.ask(question())
    assert ballots.ended("a-1") is None
    assert ballots.end(ending(how)) == ending(how)
    for other in Ending:
        assert ballots.end(ending(other, by="f-2")) == ending(how)
    assert ballots.ended("a-1") == ending(how)


@pytest.mark.hazard("H25")
@pytest.mark.invariant("I14")
@pytest.mark.parametrize("how", Ending)
def test_where_somebody_said_no_no_other_end_can_be_written(ballots: Ballots, how: Ending) -> None:
    ballots.ask(question())
    ballots.vote(given("ann"))
    ballots.vote(given("bob", Choice.DENY, reason="not on a Friday"))
    ended = ballots.end(ending(how))
    assert (ended.ending, ended.by, ended.why) == (Ending.DENIED, "id-bob", "not on a Friday")
    assert ballots.ended("a-1") == ended


def race(do: Callable[[int], Any], racers: int = RACERS) -> list[Any]:
    """What each of many got that do something at once."""
    got: list[Any] = [None] * racers
    ready = threading.Barrier(racers)

    def run(number: int) -> None:
        ready.wait()
        got[number] = do(number)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(racers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return got


def test_of_many_ends_at_once_exactly_one_is_written_and_all_hear_of_that_one(ballots: Ballots) -> None:
    ballots.ask(question())
    got = race(lambda number: ballots.end(ending(list(Ending)[number % 5], by=str(number))))
    assert {str(one) for one in got} == {str(ballots.ended("a-1"))}


@pytest.mark.hazard("H22", "H25")
def test_of_many_votes_of_one_person_at_once_exactly_one_is_kept(ballots: Ballots) -> None:
    ballots.ask(question())
    got = race(lambda number: ballots.vote(given(reason=f"click number {number}")))
    assert got.count(True) == 1
    (kept,) = ballots.votes("a-1")
    assert kept.reason == f"click number {got.index(True)}"


def test_a_deny_that_races_with_the_end_wins_or_comes_after_it(ballots: Ballots) -> None:
    for number in range(8):
        named = f"a-{number}"
        ballots.ask(question(named))
        race(
            lambda racer, named=named: (
                ballots.vote(given(str(racer), Choice.DENY, named)) if racer % 2 else ballots.end(ending(on=named))
            )
        )
        ended = ballots.ended(named)
        assert ended is not None
        first = ballots.votes(named)[0].person.id
        assert (ended.ending, ended.by) in {(Ending.DENIED, first), (Ending.CONSUMED, "f-1")}


# requests, cards, snoozes, people


def test_a_request_is_new_once(ballots: Ballots, clock: FakeClock) -> None:
    until = clock.now() + 5 * MINUTE
    assert ballots.first_time(b"\x00\xff" * 16, until)
    assert not ballots.first_time(b"\x00\xff" * 16, until)
    assert not ballots.first_time(b"\x00\xff" * 16, until + 4 * MINUTE)
    assert ballots.first_time(b"\x00\xff" * 15, until)


@pytest.mark.hazard("H17")
def test_of_many_that_replay_a_request_at_once_exactly_one_is_first(ballots: Ballots) -> None:
    assert race(lambda _: ballots.first_time(b"click", START)).count(True) == 1


def test_a_run_is_shown_in_one_place(ballots: Ballots) -> None:
    assert ballots.card("r-1") is None
    for message in ("1.5", "2.5"):
        ballots.keep_card(Card(run="r-1", channel="C1", message=message))
    assert ballots.card("r-1") == Card(run="r-1", channel="C1", message="2.5")
    assert ballots.card("r-2") is None


def test_a_run_is_snoozed_until_what_was_said_last(ballots: Ballots) -> None:
    assert ballots.snoozed("r-1") is None
    for minutes in (20, 10):
        ballots.snooze("r-1", START + minutes * MINUTE, "id-ann")
    assert ballots.snoozed("r-1") == START + 10 * MINUTE
    assert ballots.snoozed("r-2") is None


def test_an_account_is_somebody_by_all_of_its_three_names(ballots: Ballots) -> None:
    ann, bob = (Person(id=f"id-{name}", email=f"{name}@example.com") for name in ("ann", "bob"))
    account = SlackUser(enterprise="E1", team="T1", user="U1")
    ballots.keep_person(account, bob)
    ballots.keep_person(account, ann)
    ballots.keep_person(SlackUser(team="T1", user="U1"), bob)
    assert ballots.person_of(account) == ann
    assert ballots.person_of(SlackUser(enterprise="E1", team="T1", user="U2")) is None
    assert ballots.person_of(SlackUser(enterprise="E2", team="T1", user="U1")) is None
    assert ballots.people() == [(account, ann), (SlackUser(team="T1", user="U1"), bob)]


# the embedded one on its disk


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "ballots.db"


def test_everything_is_there_after_a_restart(file: Path) -> None:
    with closing(SqliteBallots(file)) as before:
        before.ask(question())
        before.vote(given())
        before.end(ending())
        before.first_time(b"d", START)
        before.keep_person(SlackUser(team="T", user="U"), Person(id="1", email="ann@example.com"))
    with closing(SqliteBallots(file)) as after:
        assert (after.approval("a-1"), after.votes("a-1"), after.ended("a-1")) == (question(), [given()], ending())
        assert not after.first_time(b"d", START)
        assert after.person_of(SlackUser(team="T", user="U")) == Person(id="1", email="ann@example.com")


def test_requests_are_forgotten_a_day_after_their_time_and_not_before(file: Path) -> None:
    with closing(SqliteBallots(file)) as ballots:
        ballots.first_time(b"old", START)
        ballots.first_time(b"later", START + timedelta(hours=23))
        assert not ballots.first_time(b"old", START)
        ballots.first_time(b"much later", START + timedelta(hours=25))
        assert ballots.first_time(b"old", START)


def _consume(file: Path, worker: int, heard: Any) -> None:
    """One process, in which a quarter of the racers want the approval for a fix of their own."""
    with closing(SqliteBallots(file)) as ballots:
        for one in race(lambda number: ballots.end(ending(by=f"f-{worker}-{number}")), RACERS // 4):
            heard.put(one.by)


@pytest.mark.invariant("I15")
def test_of_32_in_four_processes_exactly_one_consumes_an_approval(file: Path) -> None:
    context = multiprocessing.get_context("spawn")
    with closing(SqliteBallots(file)) as ballots:
        ballots.ask(question())
        heard = context.Queue()
        workers = [context.Process(target=_consume, args=(file, worker, heard)) for worker in range(4)]
        for worker in workers:
            worker.start()
        told = {heard.get(timeout=60) for _ in range(RACERS)}
        for worker in workers:
            worker.join()
        ended = ballots.ended("a-1")
        assert ended is not None
        assert (told, {worker.exitcode for worker in workers}) == ({ended.by}, {0})


EVERYTHING: list[Callable[[Ballots], object]] = [
    lambda ballots: ballots.ask(question()),
    lambda ballots: ballots.approval("a-1"),
    lambda ballots: ballots.open(),
    lambda ballots: ballots.of_run("r-1"),
    lambda ballots: ballots.vote(given()),
    lambda ballots: ballots.votes("a-1"),
    lambda ballots: ballots.end(ending()),
    lambda ballots: ballots.ended("a-1"),
    lambda ballots: ballots.first_time(b"d", START),
    lambda ballots: ballots.card("r-1"),
    lambda ballots: ballots.keep_card(Card(run="r-1", channel="C", message="1")),
    lambda ballots: ballots.snooze("r-1", START, "id"),
    lambda ballots: ballots.snoozed("r-1"),
    lambda ballots: ballots.person_of(SlackUser(team="T", user="U")),
    lambda ballots: ballots.keep_person(SlackUser(team="T", user="U"), Person(id="1", email="a@b.c")),
    lambda ballots: ballots.people(),
]


@pytest.mark.parametrize("do", EVERYTHING)
def test_a_file_that_cannot_be_used_is_a_store_that_is_unavailable(file: Path, do: Callable[[Ballots], object]) -> None:
    file.write_bytes(b"this is no database, and long enough to be taken for one" * 99)
    with closing(SqliteBallots(file)) as ballots, pytest.raises(StoreUnavailable):
        do(ballots)


def test_an_end_that_could_not_be_written_is_none(file: Path) -> None:
    with closing(SqliteBallots(file)) as ballots:
        ballots.ask(question())
        with closing(sqlite3.connect(file)) as other:
            other.execute("CREATE TRIGGER full BEFORE INSERT ON ends BEGIN SELECT raise(ABORT, 'disk full'); END")
            other.commit()
            with pytest.raises(StoreUnavailable):
                ballots.end(ending())
            other.execute("DROP TRIGGER full")
            other.commit()
        assert ballots.ended("a-1") is None
        assert ballots.end(ending()) == ending()
