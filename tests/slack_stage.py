"""A channel of Slack with people in it, the approve function behind its address, and runs that are shown there.

What is real: the cards, Slack's own client and framework, signatures made by Slack's own code, the embedded ballots, the
decision about votes. Slack itself is a server on loopback.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import functions_framework
import pytest
from fakes import FakeClock, MemoryStore
from fakes.directory import MemoryDirectory
from fakes.journal import MemoryQueue
from fakes.slack import CHANNEL, TOKEN, FakeSlack, served
from msgspec.structs import replace
from shown_runs import NOW, OWNERS, RUN, SECURITY, approval, machine_access, report
from slack_sdk.signature import SignatureVerifier
from werkzeug.test import Client, TestResponse

from shared import slack as slack_parts
from shared import wiring
from shared.adapters.sqlite_ballots import SqliteBallots
from shared.deciding import Station, end, standing
from shared.execution.fold import Fix
from shared.model.approval import Approval, Ending, Person, SlackUser
from shared.model.run import Run, RunState
from shared.ports import Clock
from shared.showing import Known, Room, show
from shared.slack_settings import SlackSettings

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
TEAM = "T000000001"
REASON = "the nightly upload needs it"
PEOPLE = {
    "ann": "ann@example.com",
    "bob": "bob@example.com",
    "sue": "sue@example.com",
    "max": "max@example.com",
    "gus": "gus@elsewhere.example",
    "robot": "deployer@acme-web.iam.gserviceaccount.com",
}
"""Ann and Bob own the target, Sue is security, Max is neither; Gus is a guest. Whoever is not here is unknown."""


def account(who: str, team: str = TEAM) -> SlackUser:
    return SlackUser(team=team, user=f"U{who.upper()}")


class Stage:
    """Slack, its people and what is behind the buttons; `clock` may be a sandbox's."""

    def __init__(self, slack: FakeSlack, ballots: SqliteBallots, client: Client, clock: Any) -> None:
        self.slack, self.ballots, self.client, self.clock = slack, ballots, client, clock
        owners, security = {PEOPLE["ann"], PEOPLE["bob"]}, {PEOPLE["sue"]}
        self.directory = MemoryDirectory(**{OWNERS.group_id: owners, SECURITY.group_id: security})
        self.store, self.queue = MemoryStore(), MemoryQueue()
        self.station = Station(ballots=ballots, directory=self.directory, clock=clock, domains=("example.com",))
        self.known = SlackSettings(channel=CHANNEL, token=TOKEN, secrets=(SECRET,), api_url=slack.api_url)
        for who, email in PEOPLE.items():
            ballots.keep_person(account(who), Person(id=f"id-{who}", email=email))

    # what the rest of the program does

    def room(self) -> Room:
        made = slack_parts.room(self.known, self.ballots, self.store, self.clock)
        assert made is not None
        return made

    def ask(self, question: Approval | None = None) -> Approval:
        """Put a question, and show it."""
        asked = self.ballots.ask(question or approval())
        if asked.run not in self.store.kept:
            told_by = Run(
                id=asked.run,
                fingerprint=asked.run,
                state=RunState.NOTIFIED,
                opened_at=NOW,
                last_seen=NOW,
                report=report(),
            )
            self.store.kept[asked.run] = told_by
        self.show(asked)
        return asked

    def ask_two(self) -> Approval:
        """Put a question of tier T2: a machine is interrupted."""
        return self.ask(approval(tier="T2", quorums=(OWNERS, SECURITY), works=(machine_access(),)))

    def show(self, question: Approval, fix: Fix | None = None) -> None:
        known = Known(
            run=self.store.run(question.run),
            approval=question,
            standing=standing(question, self.station),
            ended=self.ballots.ended(question.id),
            fix=fix,
            snoozed=self.ballots.snoozed(question.run),
        )
        show(known, self.room())

    def end(self, question: Approval, ending: Ending, why: str = "") -> None:
        end(question, ending, self.station, why=why)

    # what people see and do

    def card(self) -> dict[str, Any]:
        """The newest message of the channel."""
        return self.slack.shown()[-1]

    def reads(self) -> str:
        """Everything that the newest card says."""
        return "\n".join(texts(self.card()["blocks"]))

    def buttons(self, card: dict[str, Any] | None = None) -> dict[str, dict[str, Any]]:
        shown = card or self.card()
        rows = [block["elements"] for block in shown["blocks"] if block["type"] == "actions"]
        return {element["action_id"]: element for row in rows for element in row}

    def payload(self, wish: str, who: str = "ann", reason: str = REASON, **other: Any) -> dict[str, Any]:
        """What Slack sends when somebody clicks a button of the newest card, with what they typed into it."""
        card = other.pop("card", None) or self.card()
        button = self.buttons(card)[wish]
        typed = [block["block_id"] for block in card["blocks"] if block["type"] == "input"]
        values = {name: {"reason": {"type": "plain_text_input", "value": reason or None}} for name in typed}
        said = {
            "type": "block_actions",
            "user": {"id": account(who).user, "username": who, "name": who, "team_id": TEAM},
            "api_app_id": "A000000001",
            "token": "not used",
            "container": {"type": "message", "message_ts": card["ts"], "channel_id": CHANNEL},
            "trigger_id": "1795262078.trigger",
            "team": {"id": TEAM, "domain": "acme"},
            "enterprise": None,
            "is_enterprise_install": False,
            "channel": {"id": CHANNEL, "name": "denials"},
            "message": {"type": "message", "ts": card["ts"], "text": card["text"], "blocks": card["blocks"]},
            "state": {"values": values},
            "response_url": f"{self.slack.url}/hooks/{who}",
            "actions": [{**button, "block_id": "decide", "action_ts": "1795262079.1"}],
        }
        return {**said, **other}

    def sent_form(self, who: str = "ann", reason: str = REASON) -> dict[str, Any]:
        """What Slack sends when somebody sends the form that was opened last."""
        form = self.slack.forms[-1]
        return {
            "type": "view_submission",
            "user": {"id": account(who).user, "name": who, "team_id": TEAM},
            "team": {"id": TEAM, "domain": "acme"},
            "enterprise": None,
            "api_app_id": "A000000001",
            "trigger_id": "1795262079.trigger",
            "view": {**form, "id": "V1", "state": {"values": {"reason": {"reason": {"value": reason}}}}},
            "response_urls": [],
        }

    def post(self, payload: dict[str, Any], **signed: Any) -> TestResponse:
        """Send a payload as Slack does; signed by Slack's own code, now, unless the test says otherwise."""
        body = urlencode({"payload": json.dumps(payload)}).encode()
        return self.client.post("/", data=body, headers=headers(body, self.clock, **signed))

    def press(self, wish: str, who: str = "ann", reason: str = REASON, **other: Any) -> str:
        """Click a button; what the person is told, "" where nothing is."""
        before = len(self.slack.told)
        self.turn(seconds=1)
        answer = self.post(self.payload(wish, who, reason, **other))
        assert answer.status_code == 200, answer.text
        told = self.slack.told[before:]
        assert all(one["response_type"] == "ephemeral" and not one["replace_original"] for one in told)
        return "\n".join("\n".join(texts(one["blocks"])) for one in told)

    def turn(self, **by: float) -> None:
        """Let so much time pass."""
        self.clock.turn(**by) if isinstance(self.clock, FakeClock) else self.clock.turn(timedelta(**by))

    def woken(self) -> list[str]:
        """Which questions somebody was woken for since this was asked last."""
        woken = list(self.queue.waiting)
        self.queue.waiting.clear()
        return woken


def headers(body: bytes, clock: Clock, secret: str = SECRET, late: float = 0) -> dict[str, str]:
    at = str(int((clock.now() - timedelta(seconds=late)).timestamp()))
    signature = SignatureVerifier(secret).generate_signature(timestamp=at, body=body)
    assert signature is not None
    return {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Slack-Request-Timestamp": at,
        "X-Slack-Signature": signature,
    }


def texts(value: Any) -> Iterator[str]:
    """Every text of a message, in order."""
    if isinstance(value, dict):
        for key, one in value.items():
            if key == "text" and isinstance(one, str):
                yield one
            else:
                yield from texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from texts(one)


@contextmanager
def stage(
    root: Path, folder: Path, patch: pytest.MonkeyPatch, *, forms: bool = False, clock: Clock | None = None
) -> Iterator[Stage]:
    """A stage on which nobody has asked anything yet."""
    clock = clock or FakeClock()
    ballots = SqliteBallots(folder / "ballots.db")
    source = str(root / "functions/approve/main.py")
    app = functions_framework.create_app("approve_click", source)  # type: ignore[no-untyped-call]
    with served() as own:
        made = Stage(own, ballots, app.test_client(), clock)
        made.known = replace(made.known, forms=forms)
        behind = slack_parts.clicks(made.known, made.station, made.store, made.queue)
        patch.setattr(wiring, "slack_clicks", lambda: behind, raising=False)
        try:
            yield made
        finally:
            ballots.close()


__all__ = ["NOW", "REASON", "RUN", "SECRET", "Stage", "account", "headers", "stage", "texts"]
