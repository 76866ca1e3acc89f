"""What is kept of a run, its question and its fix -> the stage its card shows, and the story in the thread."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from fakes import FakeClock, MemoryStore
from fakes.ballots import MemoryBallots
from fakes.slack import CHANNEL, TOKEN, FakeSlack, served
from fakes.workshop import NAME, Bench
from shown_runs import NOW, approval, grant, report, vote
from slack_blocks import BLOCKS
from slack_stage import texts

from shared.adapters.slack_chat import SlackChat
from shared.errors import ChatRefused
from shared.execution.fold import Fix
from shared.model.approval import Choice, Ended, Ending, Standing, State
from shared.model.effect import AddBinding, Before, Receipt, Result
from shared.model.facts import Policy
from shared.model.journal import (
    Body,
    Claimed,
    Closed,
    Intended,
    Line,
    Moved,
    Opened,
    Outcome,
    Paged,
    Received,
    Seen,
    Tried,
)
from shared.model.run import Run, RunState
from shared.model.shown import Message, Stage
from shared.model.work import Recover
from shared.render.card_form import told
from shared.render.diff import diff, interruptions
from shared.render.story import story
from shared.render.timeline import timeline
from shared.showing import Known, Room, show, shown, tell

RUN = Run(id="r-1", fingerprint="x", state=RunState.NOTIFIED, opened_at=NOW, last_seen=NOW, report=report(), count=7)


def known(**other: object) -> Known:
    return Known(**{"run": RUN, **other})  # type: ignore[arg-type]


def asked(state: State, *votes: object, **other: object) -> Known:
    return known(approval=approval(run="r-1"), standing=Standing(state=state, counted=votes), **other)  # type: ignore[arg-type]


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with served() as fake:
        yield fake


@pytest.fixture
def room(slack: FakeSlack, clock: FakeClock) -> Room:
    store = MemoryStore()
    store.kept["r-1"] = RUN
    chat = SlackChat(TOKEN, clock, slack.api_url)
    return Room(chat=chat, ballots=MemoryBallots(), store=store, clock=clock, channel=CHANNEL)


@pytest.mark.parametrize(
    ("given", "stage"),
    [
        (known(), Stage.TOLD),
        (asked(State.ASKED), Stage.ASKED),
        (asked(State.ASKED, vote()), Stage.VOTED),
        (asked(State.ASKED, snoozed=NOW + timedelta(hours=1)), Stage.SNOOZED),
        (asked(State.ASKED, snoozed=NOW - timedelta(hours=1)), Stage.ASKED),
        (asked(State.APPROVED, vote()), Stage.SCHEDULED),
        (asked(State.CONSUMED), Stage.RUNNING),
        (asked(State.DENIED), Stage.DENIED),
        (asked(State.EXPIRED), Stage.EXPIRED),
        (asked(State.DRIFTED), Stage.DRIFTED),
        (asked(State.REFUSED), Stage.REFUSED),
    ],
)
def test_the_stage_of_a_question_follows_from_its_votes_and_its_end(given: Known, stage: Stage) -> None:
    assert shown(given, NOW).stage is stage


def test_whose_no_it_was_and_why_is_shown() -> None:
    no = vote(choice=Choice.DENY)
    over = Ended(approval="a", ending=Ending.DENIED, at=NOW, by=no.person.id, why="not today, there is a freeze")
    told_of = shown(asked(State.DENIED, no, ended=over), NOW)
    assert (told_of.by, told_of.why, told_of.often) == ("ann@example.com", "not today, there is a freeze", 7)


def fixed(*bodies: Body, works: tuple[object, ...] = ()) -> tuple[Fix, list[Line]]:
    """A fix as a journal of these lines tells it."""
    from shared.execution.fold import fold

    opened = Opened(run="r-1", plan_hash="h", works=works or (grant(),), approved_by=("ann@example.com",))  # type: ignore[arg-type]
    lines = [
        Line(fix="f-1", number=at, at=NOW + timedelta(seconds=at), generation=0, body=body)
        for at, body in enumerate((opened, *bodies))
    ]
    return fold(lines), lines


def closed(step: int, outcome: Outcome, why: str = "so it is") -> Closed:
    return Closed(step=step, outcome=outcome, why=why, due=NOW)


@pytest.mark.parametrize(
    ("outcome", "stage"),
    [
        (Outcome.FIXED, Stage.FIXED),
        (Outcome.NOTHING, Stage.NOTHING),
        (Outcome.COULD_NOT_TELL, Stage.COULD_NOT_TELL),
        (Outcome.UNDONE, Stage.UNDONE),
        (Outcome.NOT_EFFECTIVE, Stage.NOT_FIXED),
        (Outcome.REFUSED, Stage.NOT_FIXED),
        (Outcome.NEEDS_HUMAN, Stage.NOT_FIXED),
        (Outcome.FAILED, Stage.NOT_FIXED),
    ],
)
def test_fixed_is_said_only_where_the_original_call_says_so(outcome: Outcome, stage: Stage) -> None:
    fix, _ = fixed(closed(0, Outcome.OK), closed(1, outcome, "the same call succeeded"))
    told_of = shown(asked(State.CONSUMED, fix=fix), NOW)
    assert told_of.stage is stage
    assert "the same call succeeded" in told_of.why
    assert (outcome.value.replace("_", " ") in told_of.why) == (stage is Stage.NOT_FIXED)


def test_a_fix_that_waits_for_its_window_is_scheduled_and_one_that_was_taken_up_is_running() -> None:
    waits, _ = fixed()
    later = NOW - timedelta(hours=1)
    assert shown(asked(State.CONSUMED, fix=waits), later).stage is Stage.SCHEDULED
    assert shown(asked(State.CONSUMED, fix=waits), later).until == waits.due
    taken, _ = fixed(Claimed(worker="w", generation=1, until=NOW + timedelta(minutes=1)))
    assert shown(asked(State.CONSUMED, fix=taken), later).stage is Stage.RUNNING


EFFECT = AddBinding(resource="//b", role="roles/x", member="user:a@example.com")  # type: ignore[arg-type]
LINES = (
    Claimed(worker="w", generation=1, until=NOW),
    Moved(step=0, state="PRECHECK", deadline=NOW, due=NOW, note="the binding is not there"),
    Intended(step=0, effect=EFFECT, before=Before(), then="VERIFY"),
    Tried(step=0, why="503", due=NOW),
    Tried(step=0, why="503", due=NOW),
    Received(step=0, receipt=Receipt(result=Result.CHANGED), state="VERIFY", deadline=NOW, due=NOW),
    Seen(step=0, what="call", value="no: refused"),
    Seen(step=0, what="call", value="no: refused once more"),
    Seen(step=0, what="snapshot", value="machinery"),
    Seen(step=0, what="call", value="yes: it succeeded"),
    Paged(step=0, why="it takes too long"),
)


def test_the_story_tells_what_was_done_and_only_news() -> None:
    _, lines = fixed(*LINES, closed(0, Outcome.OK, "granted"), closed(1, Outcome.FIXED, "elsewhere"))
    assert [said for _, said in timeline(lines)] == [
        "approved by ann@example.com",
        "precheck: the binding is not there",
        "will add user:a@example.com to roles/x on //b",
        "no answer, again at 09:00:00: 503",
        "done",
        "call: no: refused",
        "call: yes: it succeeded",
        "a person is called: it takes too long",
        "step 1 ok: granted",
    ]


@pytest.mark.hazard("H16")
@pytest.mark.invariant("I25")
def test_a_story_of_hostile_words_is_harmless_and_a_long_one_keeps_both_ends() -> None:
    many = [Paged(step=0, why=f"<!channel> {at} & \u202e") for at in range(400)]
    _, lines = fixed(*many)
    message = story("f-1", lines)
    BLOCKS.validate(list(message.blocks))
    told_all = "\n".join(texts(list(message.blocks)))
    assert "&lt;!channel&gt; 0 &amp; [U+202E]" in told_all
    assert "&lt;!channel&gt; 399 &amp; [U+202E]" in told_all
    assert "parts more: unforbid runs show f-1" in told_all
    assert "<" not in told_all


def test_a_story_stands_in_the_thread_of_the_card_in_one_message(room: Room, slack: FakeSlack) -> None:
    card = show(known(), room)
    assert card is not None
    fix, lines = fixed(*LINES[:3])
    tell(fix, lines, room)
    fix, lines = fixed(*LINES)
    tell(fix, lines, room)
    (below,) = slack.thread(card.message)
    assert "yes: it succeeded" in "\n".join(texts(below["blocks"]))


def test_without_a_card_nothing_is_told(room: Room, slack: FakeSlack) -> None:
    fix, lines = fixed()
    assert tell(fix, lines, room) is None
    assert slack.calls == []


def test_a_story_whose_message_was_deleted_is_told_again_in_its_thread(room: Room, slack: FakeSlack) -> None:
    card = show(known(), room)
    assert card is not None
    fix, lines = fixed()
    first = tell(fix, lines, room)
    assert first is not None
    del slack.messages[first.message]
    assert tell(fix, lines, room) is not None
    assert len(slack.thread(card.message)) == 1


def test_what_slack_refuses_for_another_reason_than_a_deleted_message_is_not_hidden(
    room: Room, slack: FakeSlack
) -> None:
    card = show(known(), room)
    assert card is not None
    slack.failures.append((200, {"Content-Type": "application/json"}, b'{"ok": false, "error": "invalid_auth"}'))
    with pytest.raises(ChatRefused, match="UNFORBID_SLACK_TOKEN"):
        room.chat.edit(card, Message("x", told("x")))


def test_a_fix_of_the_engine_is_told_as_it_went() -> None:
    """Not written here but by the engine: a grant from its opening to its end."""
    bench = Bench()
    work = grant(until=bench.clock.now() + timedelta(hours=1))
    bench.google.policies[work.resource] = Policy(resource=work.resource, etag="e", version=3)
    fix = bench.run(bench.open(work, approved_by=("ann@example.com",)))
    said = [one for _, one in timeline(bench.journal.lines(fix.id))]
    assert said[0] == "approved by ann@example.com"
    assert any(one.startswith("will add serviceAccount:uploader@") for one in said)
    assert "done" in said
    assert shown(asked(State.CONSUMED, fix=fix), bench.clock.now()).stage in (Stage.COULD_NOT_TELL, Stage.NOT_FIXED)


def test_a_reset_is_said_to_be_for_good() -> None:
    reset = Recover(machine=NAME)
    assert list(interruptions([reset])) == [
        "vm-1: the machine is reset: what it has in memory is lost, and it cannot be undone"
    ]
    assert [sign for sign, _ in diff([reset])] == [" ", "!"]
