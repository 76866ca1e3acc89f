"""Every order of eight things that can happen to a question, breadth first: nothing is ever begun that may not be.

A state is a whole little world; from each one everything that can happen does. The rules are written here once more, in
another way than the code has them: by looking at what was said, and not at what was kept.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from itertools import permutations
from typing import Any

import pytest
from ballot_papers import MINUTE
from fakes.ballots import MemoryBallots
from fakes.clock import START
from fakes.workshop import Crash
from msgspec.structs import replace
from polling import Polls

from shared.approvals.tally import tally
from shared.deciding import expire
from shared.errors import Refused
from shared.model.approval import Approval, Choice, Ended, Ending
from shared.model.decision import Quorum
from shared.model.journal import Opened, Outcome
from shared.pipeline.execute import execute

DEPTH, LASTS = 8, 2
DENY = Choice.DENY
OWN, SEC = Quorum(name="owners", group_id="own"), Quorum(name="security", group_id="sec")
Step = Callable[["World"], None]


class World:
    """A station with its people, and beside it the plain history of what was said to it and what came of it.

    `said` is question, who, what, which plan was shown, when; `begun` is when each fix was; both in minutes. `late` are
    the questions to which somebody said no when they were used up already.
    """

    def __init__(self, **terms: Any) -> None:
        self.polls = Polls(minutes=LASTS, **terms)
        self.said: tuple[tuple[str, str, Choice, str, int], ...] = ()
        self.begun: dict[str, int] = {}
        self.late: frozenset[str] = frozenset()
        self.minute = 0
        self.polls.ask()

    def save(self) -> dict[str, Any]:
        """Everything that can change in this world."""
        ballots, journal = self.polls.ballots, self.polls.bench.journal
        return {
            "ballots": [
                dict(ballots.asked),
                {key: tuple(votes) for key, votes in ballots.given.items()},
                dict(ballots.ends),
            ],
            "journal": [{key: tuple(lines) for key, lines in journal.kept.items()}, tuple(journal.open)],
            "queue": dict(self.polls.bench.queue.waiting),
            "groups": {key: frozenset(members) for key, members in self.polls.directory.groups.items()},
            "polls": (self.polls.clock.at, self.polls.version),
            "history": (self.said, dict(self.begun), self.late, self.minute),
        }

    def load(self, saved: dict[str, Any]) -> None:
        """Be as it was when that was saved."""
        ballots, journal = self.polls.ballots, self.polls.bench.journal
        asked, given, ends = saved["ballots"]
        ballots.asked, ballots.ends = dict(asked), dict(ends)
        ballots.given = {key: list(votes) for key, votes in given.items()}
        kept, unfinished = saved["journal"]
        journal.kept, journal.open = {key: list(lines) for key, lines in kept.items()}, list(unfinished)
        self.polls.bench.queue.waiting = dict(saved["queue"])
        self.polls.directory.groups = {key: set(members) for key, members in saved["groups"].items()}
        self.polls.clock.at, self.polls.version = saved["polls"]
        self.said, begun, self.late, self.minute = saved["history"]
        self.begun = dict(begun)

    def mark(self) -> tuple[Any, ...]:
        """What two worlds have in common that go on in the same way."""
        ballots, journal = self.polls.ballots, self.polls.bench.journal
        given = tuple(
            (named, tuple((one.person.id, one.choice, one.at) for one in votes))
            for named, votes in ballots.given.items()
        )
        ends = tuple((one.approval, one.ending) for one in ballots.ends.values())
        people = tuple(sorted(self.polls.directory.groups["sec"]))
        history = (frozenset(self.said), tuple(self.begun.items()), self.late)
        return given, ends, tuple(journal.kept), tuple(ballots.asked), self.polls.version, self.minute, people, history


def says(who: str, choice: Choice = Choice.APPROVE, *, version: str = "", first: bool = False) -> Step:
    """Somebody votes on the newest question, or late on the first one; with a version, on a plan shown before."""

    def step(world: World) -> None:
        asked = list(world.polls.ballots.asked.values())
        question = asked[0] if first else asked[-1]
        shown = version or question.plan_hash
        before, over = world.polls.ballots.votes(question.id), world.polls.ballots.ended(question.id)
        with suppress(Crash):
            world.polls.say(who, choice, approval=question.id, plan_hash=shown)
        if world.polls.ballots.votes(question.id) == before:
            return
        if over is not None:
            assert (choice, over.ending) == (DENY, Ending.CONSUMED), "nothing else counts after the end"
            world.late |= {question.id}
        else:
            world.said = (*world.said, (question.id, who, choice, shown, world.minute))

    return step


def minute(world: World) -> None:
    if world.minute <= LASTS:
        world.minute += 1
        world.polls.clock.turn(minutes=1)


def drifts(world: World) -> None:
    world.polls.version = "h2" if world.polls.version == "h" else "h"


def leaves(world: World) -> None:
    """Sue is no longer of security."""
    world.polls.directory.groups["sec"].discard("sue@example.com")


def replayed(world: World) -> None:
    """The votes are delivered once more, past everything but the store."""
    for votes in world.polls.ballots.given.values():
        for one in list(votes):
            assert not world.polls.ballots.vote(replace(one, reason="said once more: replayed"))


def again(world: World) -> None:
    with suppress(Refused):
        world.polls.ask(again=True)


def sweeps(world: World) -> None:
    expire(world.polls.station())


def settles(world: World) -> None:
    for question in list(world.polls.ballots.asked):
        world.polls.settle(question)
    for fix in world.polls.fixes():
        world.begun.setdefault(fix, world.minute)


def dies(at: int) -> Step:
    """A worker settles, and is gone after so many of the moments at which that matters."""

    def step(world: World) -> None:
        points = world.polls.bench.points
        points.passed.clear()
        points.dies_at = at
        with suppress(Crash):
            settles(world)
        points.dies_at = None
        for fix in world.polls.fixes():
            world.begun.setdefault(fix, world.minute)

    return step


def denied_meanwhile(world: World) -> None:
    """Somebody settles, and before they write the end Bob says no, and is gone before his no has ended anything."""
    ballots, reach = world.polls.ballots, world.polls.bench.points.reach

    def dies_at_the_end(point: str) -> None:
        if point == "before an end":
            raise Crash(point)

    def meanwhile(point: str) -> None:
        if point == "before an end":
            ballots.reach = dies_at_the_end
            says("bob", DENY)(world)
            ballots.reach = reach

    ballots.reach = meanwhile
    settles(world)
    ballots.reach = reach


def reachable(world: World, steps: tuple[Step, ...], look: Callable[[World], None]) -> int:
    """How many different worlds there are within DEPTH steps; each was looked at."""
    seen, level = {world.mark()}, [world.save()]
    for _ in range(DEPTH):
        following = []
        for saved in level:
            for step in steps:
                world.load(saved)
                step(world)
                mark = world.mark()
                if mark not in seen:
                    seen.add(mark)
                    look(world)
                    following.append(world.save())
        level = following
    return len(seen)


def enough(world: World, asked: Approval, in_group: dict[str, set[str]]) -> bool:
    """Whether different people who said yes to this very plan in time can stand for its quorums, one each."""
    begins = (asked.asked_at - START) // MINUTE
    yes = {
        who
        for question, who, choice, shown, at in world.said
        if (question, choice, shown) == (asked.id, Choice.APPROVE, asked.plan_hash) and begins <= at < begins + LASTS
    }
    places = [quorum.group_id for quorum in asked.quorums for _ in range(quorum.need)]
    seats = permutations(sorted(yes - {"eve"}), len(places))
    return any(all(who in in_group[group] for who, group in zip(seat, places, strict=True)) for seat in seats)


def ends_without_an_effect(fix: str, world: World) -> None:
    """A no that came when the fix was begun, and nothing of it done, is the end of it."""
    saved = world.save()
    ended = execute(fix, world.polls.bench.shop())
    assert ended.outcome is Outcome.REFUSED
    assert not any(step.effects for step in ended.steps)
    world.load(saved)


def rules(in_group: dict[str, set[str]]) -> Callable[[World], None]:
    """What has to hold in every world."""

    def look(world: World) -> None:
        ballots = world.polls.ballots
        consumed = {named: one.by for named, one in ballots.ends.items() if one.ending is Ending.CONSUMED}
        denied = {question for question, _, choice, _, _ in world.said if choice is DENY}
        assert not denied & set(consumed), f"a no that was heard before the end is the end: {world.said}"
        assert len(set(consumed.values())) == len(consumed), "an approval is good for one fix, and a fix has one"
        assert set(world.polls.fixes()) <= set(consumed.values()), "nothing is begun without an approval used up for it"
        for question, fix in consumed.items():
            asked = ballots.asked[question]
            assert enough(world, asked, in_group), f"used up by {world.said}"
            if question in world.late and fix in world.polls.fixes():
                ends_without_an_effect(fix, world)
            if fix in world.begun:
                begins = (asked.asked_at - START) // MINUTE
                assert begins <= world.begun[fix] < begins + LASTS, "begun while the question was open"
                opened = world.polls.bench.journal.lines(fix)[0].body
                assert isinstance(opened, Opened)
                assert opened.plan_hash == asked.plan_hash, "what is begun is what was shown"

    return look


BOTH = (OWN, SEC)
PEOPLE = {"own": {"ann", "eve", "bob"}, "sec": {"sue"}}
EACH = tuple(says(who, choice) for who in ("ann", "sue") for choice in Choice)
WORLDS: dict[str, tuple[dict[str, Any], dict[str, set[str]], tuple[Step, ...]]] = {
    "an owner, security, and whoever gains": (
        {"quorums": BOTH},
        PEOPLE,
        (*EACH, says("eve"), says("bob"), says("eve", DENY), settles, minute, drifts, dies(2), replayed),
    ),
    "one person in both groups": (
        {"quorums": BOTH},
        {"own": {"ann", "max"}, "sec": {"max", "sue"}},
        (says("max"), says("max", DENY), *EACH, settles, minute, dies(0), dies(3), replayed),
    ),
    "one owner is enough, and workers die everywhere": (
        {"quorums": (OWN,), "tier": "T1"},
        PEOPLE,
        (says("ann"), says("bob"), says("bob", DENY), again, settles, minute, *map(dies, range(5))),
    ),
    "asked again and again, with late clicks": (
        {"quorums": (OWN,), "tier": "T1"},
        PEOPLE,
        (says("ann"), says("ann", first=True), says("bob", DENY), again, settles, minute, drifts, sweeps),
    ),
    "security leaves, a click is for another plan, a no comes in between": (
        {"quorums": BOTH},
        PEOPLE,
        (*EACH, says("bob", version="h2"), says("bob"), leaves, denied_meanwhile, settles, minute, drifts),
    ),
}


def peopled(in_group: dict[str, set[str]], **terms: Any) -> World:
    world = World(**terms)
    found = {group: {f"{who}@example.com" for who in people} for group, people in in_group.items()}
    world.polls.directory.groups = {"sec": set(), **found}
    return world


@pytest.mark.hazard("H25")
@pytest.mark.invariant("I13", "I14", "I33")
@pytest.mark.parametrize("name", WORLDS)
def test_nothing_is_begun_without_enough_different_people_in_time_and_nothing_twice(name: str) -> None:
    terms, in_group, steps = WORLDS[name]
    keeps_to_the_rules, begun, ends = rules(in_group), 0, set()

    def look(world: World) -> None:
        nonlocal begun
        keeps_to_the_rules(world)
        begun += bool(world.begun)
        ends.update(one.ending for one in world.polls.ballots.ends.values())

    count = reachable(peopled(in_group, **terms), steps, look)
    told = f"{count} states of {name}: {begun} of them with a fix, ends {sorted(ends)}"
    assert count > 500, told
    assert begun > 50, told
    assert {Ending.CONSUMED, Ending.DENIED, Ending.EXPIRED} <= ends, told


# the exploration itself finds what it is there to find


def test_a_tally_that_forgets_security_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.approvals.tally.missing", lambda _, people: "" if people else "somebody")
    with pytest.raises(AssertionError, match="used up by"):
        reachable(peopled(PEOPLE, quorums=BOTH), (says("ann"), settles), rules(PEOPLE))


def test_a_tally_that_does_not_look_at_the_time_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.settling.tally", lambda one, votes, end, _: tally(one, votes, end, one.asked_at))
    late = (says("ann"), minute, settles)
    with pytest.raises(AssertionError, match="begun while the question was open"):
        reachable(peopled(PEOPLE, quorums=(OWN,), tier="T1"), late, rules(PEOPLE))


def test_a_store_in_which_a_late_deny_does_not_win_is_found(monkeypatch: pytest.MonkeyPatch) -> None:

    def end(self: MemoryBallots, ended: Ended) -> Ended:
        self.reach("before an end")
        return self.ends.setdefault(ended.approval, ended)

    monkeypatch.setattr(MemoryBallots, "end", end)
    world = peopled(PEOPLE, quorums=(OWN,), tier="T1")
    with pytest.raises(AssertionError, match="a no that was heard"):
        reachable(world, (says("ann"), denied_meanwhile), rules(PEOPLE))
