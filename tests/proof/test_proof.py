"""The proof itself: it is quiet where everything holds, tells what does not, and tells the same story again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from proof import invariants, order
from proof.__main__ import main
from proof.cases import CASES, START
from proof.defects import DEFECTS, first_found
from proof.events import HARSH, KINDS, Event, UnknownEvent, event_of
from proof.hooks import CALL, EFFECT, LINE, Told
from proof.life import Life, live
from proof.plan import pairs, singles
from proof.scenery import machine_of
from proof.stage import Stage, opened
from proof.table import Row, again, draw, story
from sandbox.world import World
from shared.model.journal import Claimed, Intended, Line, Moved, Received

SMALL, TOPIC, VM = "grant that was there", "grant on a topic", "VM access"
PAGE = Path(__file__).parents[2] / "docs" / "proof.md"


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with opened(START) as one:
        yield one


def lived(stage: Stage, name: str, *events: Event, seed: int = 1) -> tuple[Life, str]:
    """A run to its end, and its story."""
    with stage.scene(CASES[name].world(), events) as scene:
        life = Life(scene, CASES[name], events, seed)
        return life, story(life, life.ended())


# what holds


@pytest.mark.parametrize("name", CASES)
def test_an_undisturbed_change_ends_as_it_should_and_each_effect_is_one_call(stage: Stage, name: str) -> None:
    """Who dies inside of an effect has died before its call or after it: both are moments of the proof."""
    case = CASES[name]
    with stage.scene(case.world()) as scene:
        life = Life(scene, case, (), 0)
        ended = life.ended()
    assert (ended.wrong, set(ended.outcomes) <= set(case.ends)) == ((), True)
    effects = [one.value for one in life.moments.story if one.what == EFFECT]
    calls = [one.value for one in life.moments.story if one.what == CALL and one.value.endswith(order.CHANGES)]
    assert len(calls) == len(effects)


def test_a_change_is_put_through_every_event(stage: Stage) -> None:
    every = singles(CASES[SMALL], live(stage, CASES[SMALL])).every
    assert {one.family for (one,) in every} >= {"kill", "rival", "overtaken", "store fails", "forbidden", "refused"}
    assert [
        (str(events[0]), ended.wrong) for events in every if (ended := live(stage, CASES[SMALL], events)).wrong
    ] == []


# what does not hold is told


def broken(stage: Stage, name: str, breaks: Callable[[Life], object]) -> str:
    """What is told of a run after something was broken in what it left."""
    with stage.scene(CASES[name].world()) as scene:
        life = Life(scene, CASES[name], (), 0)
        assert life.ended().wrong == ()
        breaks(life)
        return "; ".join(invariants.broken(life, scene.journal.fixes()[-1:]))


def lines(life: Life) -> list[Line]:
    return [one.value for one in life.moments.story if one.what == LINE]


def line_of(life: Life, body: type) -> Line:
    return next(one for one in lines(life) if isinstance(one.body, body))


def policy(life: Life, *bindings: dict[str, object], **rest: object) -> None:
    world: World = life.world
    topic = next(one for name, one in world.resources.items() if "/topics/" in name)
    kept = topic.policy()
    given = {**kept, **rest, "bindings": [*kept["bindings"], *bindings]}
    world.set_policy(topic, given, at_once=True)


def theirs_is_lost(life: Life) -> None:
    topic = next(one for name, one in life.world.resources.items() if "/topics/" in name)
    life.world.set_policy(topic, {**topic.policy(), "bindings": []}, at_once=True)


def story_without(life: Life, body: type) -> None:
    life.moments.story[:] = [
        one for one in life.moments.story if not isinstance(getattr(one.value, "body", None), body)
    ]


def twice_stopped(life: Life) -> None:
    machine_of(life.world).body.history += [("status", "STOPPING")] * 2  # type: ignore[attr-defined]


def another_worker(life: Life) -> None:
    last = lines(life)[-1]
    rival = Claimed(worker="rival", generation=99, until=last.at + timedelta(minutes=2))
    for number, at in enumerate((last.at, last.at + timedelta(seconds=1)), start=last.number + 1):
        claim = replace(rival, generation=99 + number)
        life.scene.journal.append(Line(fix=last.fix, number=number, at=at, generation=1, body=claim))


def a_leap(life: Life) -> None:
    last = lines(life)[-1]
    leap = Moved(step=0, state="NOWHERE", deadline=last.at, due=last.at)
    life.scene.journal.append(
        Line(fix=last.fix, number=last.number + 1, at=last.at, generation=last.generation, body=leap)
    )


def nothing_kept(life: Life) -> None:
    last = lines(life)[-1]
    intent = line_of(life, Intended).body
    assert isinstance(intent, Intended)
    bare = replace(intent, before=replace(intent.before, etag=""), inverse=None)
    life.scene.journal.append(
        Line(fix=last.fix, number=last.number + 1, at=last.at, generation=last.generation, body=bare)
    )


BREAKS: dict[str, tuple[str, Callable[[Life], object]]] = {
    "foreign binding touched": (TOPIC, theirs_is_lost),
    "a binding that nobody planned": (
        TOPIC,
        lambda life: policy(life, {"role": "roles/owner", "members": ["user:x@y.z"]}),
    ),
    "audit configs of": (TOPIC, lambda life: policy(life, auditConfigs=[])),
    "is there past its end": (
        TOPIC,
        lambda life: policy(life, {"role": "roles/pubsub.publisher", "members": [life.works[0][0].member]}),  # type: ignore[union-attr]
    ),
    "VM left TERMINATED": (
        VM,
        lambda life: life.records.statuses_at_rest.update({machine_of(life.world).name: "TERMINATED"}),
    ),
    "the machine was stopped 3 times": (VM, twice_stopped),
    "was begun without its intent": (TOPIC, lambda life: story_without(life, Intended)),
    "is journaled before it came back": (
        TOPIC,
        lambda life: life.moments.story.insert(0, Told(LINE, line_of(life, Received))),
    ),
    "was called although no effect was begun": (
        TOPIC,
        lambda life: life.moments.story.append(Told(CALL, "pubsub.projects.topics.setIamPolicy")),
    ),
    "what another worker still holds": (TOPIC, another_worker),
    "which is no transition": (TOPIC, a_leap),
    "without what was there before": (TOPIC, nothing_kept),
    "without what takes it back": (TOPIC, nothing_kept),
}


@pytest.mark.parametrize("said", BREAKS)
def test_what_does_not_hold_is_told(stage: Stage, said: str) -> None:
    name, breaks = BREAKS[said]
    assert said in broken(stage, name, breaks)


@pytest.mark.parametrize(
    "name", ["no etag is sent", "no inverse is kept", "an effect of unknown outcome is taken for done"]
)
def test_a_planted_defect_is_found_and_is_gone_again(stage: Stage, name: str) -> None:
    found = first_found(stage, DEFECTS[name])
    assert found is not None
    assert live(stage, CASES[found.case], found.events).wrong == ()


# the same again


def test_the_same_seed_tells_the_same_story(stage: Stage) -> None:
    event = Event("overtaken", 12)
    assert lived(stage, TOPIC, event, seed=7)[1] == lived(stage, TOPIC, event, seed=7)[1]
    chosen = [pairs(CASES[TOPIC], live(stage, CASES[TOPIC]), seed, 20).every for seed in (1, 1, 2)]
    assert chosen[0] == chosen[1] != chosen[2]


def test_a_run_that_went_wrong_is_told_with_the_command_that_makes_it_again() -> None:
    row = Row(case=SMALL, events=(Event("kill", 3),), seed=4, wrong=("VM left STOPPED",), outcomes=("nothing",))
    table = draw([row], {"kill": 7}, 2.0, 4)
    assert f".venv/bin/python -m proof --seed 4 --case '{SMALL}' --event 'kill@3'" in table
    assert again(row) in table
    assert "1 runs in 2 s with seed 4, 1 wrong" in table


def test_the_command_makes_a_run_again(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--case", SMALL, "--event", "kill@3", "--seed", "4"]) == 0
    assert "ended: nothing" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--case", "nothing"], "there is no case 'nothing'"),
        (["--case", SMALL, "--event", "flood@1"], "'flood@1' names no event"),
        (["--event", "kill@1"], "--event needs --case"),
    ],
)
def test_what_cannot_be_run_is_told_with_what_can(
    given: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(given)
    assert (stopped.value.code, said in capsys.readouterr().err) == (2, True)


def test_an_event_is_read_as_it_is_written() -> None:
    for kind in (*KINDS, "fails:start:INTERNAL_ERROR"):
        assert event_of(str(Event(kind, 3))) == Event(kind, 3)
    with pytest.raises(UnknownEvent):
        event_of("kill@")
    assert set(HARSH) <= set(KINDS)


# its page


def test_the_page_lists_every_planted_defect() -> None:
    told = [line.removeprefix("- ") for line in PAGE.read_text().partition("## Planted defects")[2].splitlines()]
    assert [one for one in told if one in DEFECTS] == list(DEFECTS)
    assert len(DEFECTS) >= 12
