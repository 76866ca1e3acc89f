"""However much is refused, a channel stays readable: cards are bounded, and what asks people is always shown."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from fakes import FakeClock, MemoryStore
from fakes.ballots import MemoryBallots
from fakes.directory import MemoryDirectory
from fakes.facts import FakeFacts, live
from fakes.guards import MemoryGuards
from fakes.journal import MemoryJournal, MemoryQueue
from fakes.slack import CHANNEL, TOKEN, FakeSlack, served
from shown_runs import NOW, approval, report

from shared.adapters.slack_chat import SlackChat
from shared.deciding import Station
from shared.following import Desk, shown
from shared.guards.budgets import LIMITS
from shared.model.guards import Budget
from shared.model.run import Run, RunState
from shared.preparing import Planner
from shared.showing import Room

(MOST,) = (limit.most for limit in LIMITS[Budget.CARDS])


class Office:
    """A desk at which runs are shown in one channel."""

    def __init__(self, slack: FakeSlack) -> None:
        self.slack, self.clock, self.store, self.guards = slack, FakeClock(), MemoryStore(), MemoryGuards()
        self.ballots = MemoryBallots()
        chat = SlackChat(TOKEN, self.clock, slack.api_url)
        self.desk = Desk(
            planner=Planner(live=live(FakeFacts()), journal=MemoryJournal(), clock=self.clock),
            station=Station(ballots=self.ballots, directory=MemoryDirectory(), clock=self.clock, domains=()),
            store=self.store,
            queue=MemoryQueue(),
            guards=self.guards,
            room=Room(chat=chat, ballots=self.ballots, store=self.store, clock=self.clock, channel=CHANNEL),
        )

    def show(self, name: str) -> dict[str, Any]:
        told = Run(
            id=name, fingerprint=name, state=RunState.NOTIFIED, opened_at=NOW, last_seen=NOW, report=report(), count=1
        )
        self.store.kept.setdefault(name, told)
        return shown(name, self.desk)


@pytest.fixture
def office() -> Iterator[Office]:
    with served() as slack:
        yield Office(slack)


@pytest.mark.hazard("H30")
@pytest.mark.invariant("I27")
def test_of_a_storm_of_different_refusals_a_channel_gets_so_many_cards_an_hour_and_no_more(office: Office) -> None:
    told = [office.show(f"r-{number}") for number in range(MOST + 20)]
    assert len(office.slack.shown()) == MOST
    assert all("not_shown" in one for one in told[MOST:])
    office.clock.turn(hours=1, seconds=1)
    assert office.show("r-later") == {}
    assert len(office.slack.shown()) == MOST + 1


@pytest.mark.hazard("H30")
@pytest.mark.invariant("I27")
def test_a_run_that_is_shown_again_and_again_is_one_card_and_uses_up_one(office: Office) -> None:
    for _ in range(MOST + 5):
        assert office.show("r-1") == {}
    assert len(office.slack.shown()) == 1
    assert office.show("r-2") == {}


@pytest.mark.hazard("H30")
def test_what_people_are_asked_is_shown_however_many_cards_there_are(office: Office) -> None:
    for number in range(MOST + 1):
        office.show(f"r-{number}")
    office.ballots.ask(approval(id="a-asked", run="r-asked", expires_at=NOW + timedelta(hours=1)))
    assert office.show("r-asked") == {}
    assert len(office.slack.shown()) == MOST + 1


@pytest.mark.hazard("H36")
def test_cards_are_in_the_channel_of_the_settings_and_nobody_is_written_to(office: Office) -> None:
    for number in range(3):
        office.show(f"r-{number}")
    assert {said["channel"] for _, said in office.slack.calls} == {CHANNEL}
    assert {method for method, _ in office.slack.calls} == {"chat.postMessage"}
    assert office.slack.told == []
