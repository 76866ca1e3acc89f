"""What Slack says of the token and the channel: nothing is posted, and no answer is taken for a good one."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from shared.adapters.slack_sight import slack_seen
from shared.errors import SettingsError
from shared.model.deployment import Slack, Untold

OK: dict[str, Any] = {"ok": True}
NO_MESSAGE = {"ok": False, "error": "message_not_found"}
TOKEN, CHANNEL = "xoxb-test-0000", "C000000001"
Answer = dict[str, Any] | bytes


class Answers:
    """A server in Slack's place that gives one answer for each method, and remembers what was asked."""

    def __init__(self) -> None:
        self.by_method: dict[str, Answer] = {"auth.test": OK, "chat.update": NO_MESSAGE}
        self.scopes = "chat:write"
        self.asked: list[tuple[str, str]] = []
        self.url = ""

    def seen(self) -> Slack | Untold:
        return slack_seen(TOKEN, CHANNEL, self.url)


@pytest.fixture
def slack() -> Iterator[Answers]:
    answers = Answers()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            method = self.path.removeprefix("/api/")
            answers.asked.append((method, self.headers.get("Authorization", "")))
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            told = answers.by_method[method]
            body = told if isinstance(told, bytes) else json.dumps(told).encode()
            self.send_response(200 if isinstance(told, dict) else 503)
            self.send_header("x-oauth-scopes", answers.scopes)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    answers.url = f"http://127.0.0.1:{server.server_address[1]}/api/"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield answers
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_known_token_and_a_channel_that_has_no_such_message_are_well(slack: Answers) -> None:
    assert slack.seen() == Slack()
    assert slack.asked == [("auth.test", f"Bearer {TOKEN}"), ("chat.update", f"Bearer {TOKEN}")]


@pytest.mark.parametrize("code", ["channel_not_found", "not_in_channel", "is_archived", "something_new"])
def test_a_channel_that_takes_no_cards_is_told_with_slacks_own_code(slack: Answers, code: str) -> None:
    slack.by_method["chat.update"] = {"ok": False, "error": code}
    seen = slack.seen()
    assert isinstance(seen, Slack)
    assert (seen.token, seen.channel.partition(":")[0]) == ("", code)


@pytest.mark.parametrize("code", ["invalid_auth", "token_revoked", "account_inactive"])
def test_a_token_that_slack_does_not_take_is_told(slack: Answers, code: str) -> None:
    slack.by_method["auth.test"] = {"ok": False, "error": code}
    seen = slack.seen()
    assert isinstance(seen, Slack)
    assert seen.token.startswith(f"{code}: ")


def test_a_token_that_may_not_write_is_no_good_one(slack: Answers) -> None:
    slack.scopes = "channels:read,users:read"
    seen = slack.seen()
    assert isinstance(seen, Slack)
    assert seen.token.startswith("missing_scope")


@pytest.mark.parametrize("method", ["auth.test", "chat.update"])
@pytest.mark.parametrize(
    "answer", [{"ok": False, "error": "ratelimited"}, {"ok": False}, {"ok": False, "error": "<b>"}, b"oh no"]
)
def test_what_passes_or_makes_no_sense_is_untold(slack: Answers, method: str, answer: Answer) -> None:
    slack.by_method[method] = answer
    assert isinstance(slack.seen(), Untold)


def test_nobody_at_the_address_is_untold_and_another_machine_is_refused() -> None:
    assert isinstance(slack_seen(TOKEN, CHANNEL, "http://127.0.0.1:9/api/"), Untold)
    with pytest.raises(SettingsError):
        slack_seen(TOKEN, CHANNEL, "https://slack.evil.example/api/")


def test_the_token_is_in_no_answer(slack: Answers) -> None:
    slack.by_method["auth.test"] = {"ok": False, "error": "invalid_auth"}
    assert TOKEN not in repr(slack.seen())
