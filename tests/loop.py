"""The whole loop in one process: every function as it is wired by settings, a policy, Slack, and the sandbox as Google.

A task is posted to `execute` when it is due, `sweep` every five minutes, and the workload calls again while time passes.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import emulated_slack
import functions_framework
import pytest
from fakes.clock import FakeClock
from fakes.directory import MemoryDirectory
from fakes.slack import CHANNEL, TOKEN, FakeSlack
from fakes.slack import served as slack_served
from shown_runs import OWNERS, SECURITY
from slack_sdk import WebClient
from slack_stage import PEOPLE, REASON, SECRET, TEAM, account, headers, texts
from werkzeug.test import Client
from worlds import cloud_of

from sandbox.callers import make_call
from sandbox.rehearse import play, push_body, request_in
from sandbox.scenario import load, shipped, world_of
from shared import wiring
from shared.cli.demo_apply import snapshot
from shared.execution.fold import Fix, fold
from shared.model.approval import Approval, Person
from shared.model.items import ENDS
from shared.policy.keeper import current

FUNCTIONS = {"detect": "detect_denial", "execute": "execute_fix", "sweep": "sweep_up", "approve": "approve_click"}
SWEPT_EVERY, MOST_TURNS = timedelta(minutes=5), 400
A_MOMENT = timedelta(seconds=20)


class Loop:
    """What is deployed, and what people and time do to it."""

    def __init__(self, root: Path, scenario: Any, world: Any, endpoint: str, slack: FakeSlack, *, other: str) -> None:
        self.world, self.endpoint, self.slack, self._other = world, endpoint, slack, other
        self.again = request_in(scenario)
        made = {name: (target, root / f"functions/{name}/main.py") for name, target in FUNCTIONS.items()}
        self.clients: dict[str, Client] = {
            name: functions_framework.create_app(target, str(path)).test_client()
            for name, (target, path) in made.items()
        }
        self.entry = play(scenario, world, endpoint).entry
        self.before = snapshot(world)
        self.swept_at = world.now()
        self.began = time.time()
        for who, email in PEOPLE.items():
            wiring.ballots().keep_person(account(who), Person(id=f"id-{who}", email=email))

    # what comes from outside

    def publish(self) -> int:
        return self.clients["detect"].post("/", data=push_body(self.entry)).status_code

    def press(self, wish: str, who: str, reason: str = REASON, card: dict[str, Any] | None = None) -> str:
        """Click a button of the newest card, or of one that was seen before; what the person is told."""
        before = len(self.slack.told)
        body = self.click(wish, who, reason, card)
        assert self.post(body) == 200
        return "\n".join("\n".join(texts(one["blocks"])) for one in self.slack.told[before:])

    def post(self, body: bytes, **signed: Any) -> int:
        """Send a click; signed by Slack's own code, now, unless the test says otherwise."""
        signature = headers(body, self.world.clock, **signed)
        return self.clients["approve"].post("/", data=body, headers=signature).status_code

    def click(self, wish: str, who: str, reason: str = REASON, card: dict[str, Any] | None = None) -> bytes:
        """What Slack sends when somebody clicks."""
        card = card or self.card()
        self.world.clock.turn(timedelta(seconds=1))
        rows = [block["elements"] for block in card["blocks"] if block["type"] == "actions"]
        button = next(one for row in rows for one in row if one["action_id"] == wish)
        typed = [block["block_id"] for block in card["blocks"] if block["type"] == "input"]
        said = {
            "type": "block_actions",
            "user": {"id": account(who).user, "name": who, "team_id": TEAM},
            "team": {"id": TEAM, "domain": "acme"},
            "enterprise": None,
            "api_app_id": "A000000001",
            "trigger_id": "1.trigger",
            "channel": {"id": CHANNEL, "name": "denials"},
            "container": {"type": "message", "message_ts": card["ts"], "channel_id": CHANNEL},
            "state": {"values": {one: {"reason": {"type": "plain_text_input", "value": reason}} for one in typed}},
            "response_url": f"{self.slack.url}/hooks/{who}",
            "actions": [{**button, "block_id": "decide", "action_ts": "1.1"}],
        }
        return urlencode({"payload": json.dumps(said)}).encode()

    # how time passes

    def task(self, item: str) -> int:
        return self.clients["execute"].post("/", data=json.dumps({"fix": item}).encode()).status_code

    def sweep(self) -> int:
        self.swept_at = self.world.now()
        return self.clients["sweep"].post("/").status_code

    def go_on(self, *, twice: bool = False, until: Callable[[], bool] = lambda: False) -> None:
        """Deliver what is due, and let time pass to what is due next, until nothing is due within a day."""
        end = self.world.now() + timedelta(hours=20)
        for _ in range(MOST_TURNS):
            for item in self.due():
                for _ in range(1 + twice):
                    self.task(item)
            if until():
                return
            due = wiring.journal().next_due()
            if due is None or due > end:
                return
            self.turn_to(max(due, self.world.now() + A_MOMENT))
        raise AssertionError(f"still due after {MOST_TURNS} turns: {self.due()}")

    def due(self) -> list[str]:
        """What tasks are delivered for; the ends of grants are the sweep's."""
        return [one for one in wiring.journal().due(self.world.now(), 50) if not one.startswith(ENDS)]

    def turn_to(self, due: Any) -> None:
        """Let time pass, with sweeps in it; meanwhile the workload calls again."""
        due = max(due, self.world.now() + timedelta(seconds=1))
        while (next_sweep := self.swept_at + SWEPT_EVERY) < due:
            self.world.clock.turn(max(next_sweep - self.world.now(), timedelta()))
            self.sweep()
        self.world.clock.turn(max(due - self.world.now(), timedelta()))
        if self.again is not None:
            make_call(self.endpoint, self.again, self.world)

    # what is so

    def fixes(self) -> list[Fix]:
        return [fold(wiring.journal().lines(one)) for one in reversed(wiring.journal().fixes())]

    def questions(self) -> list[Approval]:
        return [one for run in wiring.store().runs(9) for one in wiring.ballots().of_run(run.id)]

    def card(self) -> dict[str, Any]:
        return self.cards()[-1]

    def cards(self) -> list[dict[str, Any]]:
        """Every message of the channel, oldest first."""
        if not self._other:
            return self.slack.shown()
        found = WebClient(emulated_slack.TOKEN, base_url=self._other).conversations_history(
            channel=emulated_slack.CHANNEL, oldest=str(self.began)
        )
        return [one for one in reversed(found["messages"]) if one.get("blocks")]

    def reads(self) -> str:
        return "\n".join(texts(self.card()["blocks"]))

    def unchanged(self) -> bool:
        return bool(snapshot(self.world) == self.before)

    def accepted(self) -> bool:
        """Whether the call goes through once everything has arrived."""
        assert self.again is not None
        self.world.clock.turn(timedelta(minutes=10))
        for one in self.world.of_kind("objects"):
            del self.world.resources[one.name]
        return make_call(self.endpoint, self.again, self.world).accepted


@contextmanager
def loop_of(
    name: str, policy: str, root: Path, folder: Path, patch: pytest.MonkeyPatch, *, other: str = ""
) -> Iterator[Loop]:
    """A scenario, refused, with a policy in force for longer than a new one shadows; `other` is another Slack's address.

    What people are told after a click comes to our own Slack in any case.
    """
    scenario = load(shipped()[name], FakeClock())
    world = world_of(scenario)
    (folder / "policy.yaml").write_text(policy)
    with cloud_of(world) as google, slack_served() as slack:
        told = {
            "GRPC_VERBOSITY": "NONE",
            "UNFORBID_ENDPOINT": google.endpoint,
            "UNFORBID_ORGANIZATION": world.organization,
            "UNFORBID_LOOK": "always",
            "UNFORBID_MODE": "enforce",
            "UNFORBID_POLICY": str(folder / "policy.yaml"),
            "UNFORBID_DOMAINS": "example.com",
            "UNFORBID_SLACK_CHANNEL": emulated_slack.CHANNEL if other else CHANNEL,
            "UNFORBID_SLACK_TOKEN": emulated_slack.TOKEN if other else TOKEN,
            "UNFORBID_SLACK_SIGNING_SECRET": SECRET,
            "UNFORBID_SLACK_API_URL": other or slack.api_url,
        }
        for setting, value in told.items():
            patch.setenv(setting, value)
        patch.chdir(folder)
        wiring.forget()
        groups = {OWNERS.group_id: {PEOPLE["ann"], PEOPLE["bob"]}, SECURITY.group_id: {PEOPLE["sue"]}}
        directory = MemoryDirectory(**groups)
        patch.setattr(wiring, "clock", lambda: world.clock)
        patch.setattr(wiring, "directory", lambda: directory)
        current(folder / "policy.yaml", wiring.policy_versions(), world.now() - timedelta(hours=2))
        try:
            yield Loop(root, scenario, world, google.endpoint, slack, other=other)
        finally:
            for part in (wiring.store, wiring.journal, wiring.ballots, wiring.guards):
                part().close()  # type: ignore[attr-defined]
            wiring.forget()
