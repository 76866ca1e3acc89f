"""The life of a card against a Slack that others wrote (npm: emulate), over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from emulated_slack import CHANNEL, TOKEN, emulated_slack
from fakes import FakeClock, MemoryStore
from fakes.ballots import MemoryBallots
from shown_runs import NOW, approval, lives, report
from slack_sdk import WebClient
from slack_stage import texts

from shared.adapters.slack_chat import SlackChat
from shared.errors import ChatRefused
from shared.model.approval import Ended, Ending, Standing, State
from shared.model.run import Run, RunState
from shared.render.card import Style, card
from shared.showing import Known, Room, show


@pytest.fixture(scope="module")
def emulated() -> Iterator[str]:
    with emulated_slack() as address:
        yield address


@pytest.fixture
def room(emulated: str) -> Room:
    clock, store = FakeClock(), MemoryStore()
    store.kept["r-1"] = Run(
        id="r-1", fingerprint="x", state=RunState.NOTIFIED, opened_at=NOW, last_seen=NOW, report=report()
    )
    chat = SlackChat(TOKEN, clock, emulated)
    return Room(chat=chat, ballots=MemoryBallots(), store=store, clock=clock, channel=CHANNEL)


def test_the_card_is_posted_once_and_edited_in_place(room: Room, emulated: str) -> None:
    question = approval(run="r-1")
    asked = Known(run=room.store.run("r-1"), approval=question, standing=Standing(state=State.ASKED))
    first = show(asked, room)
    over = Ended(approval=question.id, ending=Ending.EXPIRED, at=NOW)
    second = show(Known(run=asked.run, approval=question, standing=Standing(state=State.EXPIRED), ended=over), room)
    assert first == second
    assert first is not None
    client = WebClient(token=TOKEN, base_url=emulated)
    history = client.conversations_history(channel=CHANNEL)["messages"]
    (kept,) = [one for one in history if one["ts"] == first.message]
    assert "Expired: May not use the bucket" in next(texts(kept["blocks"]))
    assert kept["edited"]


def test_what_is_told_below_a_card_is_in_its_thread(room: Room, emulated: str) -> None:
    message = card(lives()["fixed"], Style())
    above = room.chat.post(CHANNEL, message)
    below = room.chat.post(CHANNEL, message, above)
    client = WebClient(token=TOKEN, base_url=emulated)
    replies = client.conversations_replies(channel=CHANNEL, ts=above)["messages"]
    assert [one["ts"] for one in replies] == [above, below]


@pytest.mark.parametrize("name", lives())
def test_every_stage_of_a_card_arrives_as_it_was_sent(room: Room, emulated: str, name: str) -> None:
    message = card(lives()[name], Style())
    ts = room.chat.post(CHANNEL, message)
    client = WebClient(token=TOKEN, base_url=emulated)
    (kept,) = client.conversations_history(channel=CHANNEL, latest=ts, inclusive=True, limit=1)["messages"]
    assert kept["blocks"] == list(message.blocks)


def test_a_channel_that_is_not_there_is_said_so(room: Room) -> None:
    with pytest.raises(ChatRefused, match="it takes the id of a channel"):
        room.chat.post("C999999999", card(lives()["fixed"], Style()))
