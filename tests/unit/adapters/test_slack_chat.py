"""Messages to Slack: what is sent, what each failure means, and that the token goes nowhere else."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta

import pytest
from fakes import FakeClock
from fakes.slack import CHANNEL, TOKEN, FakeSlack, served

from shared.adapters.slack_chat import SlackChat, is_local
from shared.errors import ChatRefused, ChatUnavailable, Permanent, Retryable, SettingsError
from shared.model.approval import Card
from shared.model.shown import Message
from shared.render.card_form import told

HELLO = Message("hello", told("hello"))


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with served() as fake:
        yield fake


@pytest.fixture
def chat(slack: FakeSlack, clock: FakeClock) -> SlackChat:
    return SlackChat(TOKEN, clock, slack.api_url)


def test_a_message_is_posted_edited_and_answered_in_its_thread(chat: SlackChat, slack: FakeSlack) -> None:
    ts = chat.post(CHANNEL, HELLO)
    chat.edit(Card(run="r-1", channel=CHANNEL, message=ts), Message("bye", told("bye")))
    below = chat.post(CHANNEL, HELLO, ts)
    assert slack.shown()[0]["text"] == "bye"
    assert [one["ts"] for one in slack.thread(ts)] == [below]


@pytest.mark.hazard("H16")
def test_slack_is_told_to_make_no_link_no_mention_and_no_preview(chat: SlackChat, slack: FakeSlack) -> None:
    ts = chat.post(CHANNEL, HELLO)
    chat.edit(Card(run="r-1", channel=CHANNEL, message=ts), HELLO)
    (_, posted), (_, edited) = slack.calls
    assert (posted["unfurl_links"], posted["unfurl_media"]) == (False, False)
    assert all((one["parse"], one["link_names"]) == ("none", False) for one in (posted, edited))


def test_when_slack_has_had_enough_it_is_left_alone_for_as_long_as_it_says(
    chat: SlackChat, slack: FakeSlack, clock: FakeClock
) -> None:
    slack.failures.append((429, {"Retry-After": "30"}, b'{"ok": false, "error": "ratelimited"}'))
    with pytest.raises(ChatUnavailable) as first:
        chat.post(CHANNEL, HELLO)
    assert first.value.again_at == clock.now() + timedelta(seconds=30)
    clock.turn(seconds=29)
    with pytest.raises(ChatUnavailable, match="asked to be left alone"):
        chat.post(CHANNEL, HELLO)
    assert slack.calls == []
    clock.turn(seconds=1)
    assert chat.post(CHANNEL, HELLO)


@pytest.mark.parametrize(
    ("said", "waits"), [("soon", 30), ("-1", 30), ("0", 30), ("", 30), ("99999", 3_600), ("9" * 40, 30), ("\u0661", 30)]
)
def test_a_wait_that_makes_no_sense_is_a_moment_and_none_is_longer_than_an_hour(said: str, waits: int) -> None:
    from shared.adapters.slack_chat import _asked_to_wait

    assert _asked_to_wait({"retry-after": said}) == timedelta(seconds=waits)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, b"oh no"),
        (503, b'{"ok": false, "error": "service_unavailable"}'),
        (200, b'{"ok": false, "error": "internal_error"}'),
        (200, b"<html>not JSON</html>"),
        (502, b""),
    ],
)
def test_what_passes_by_itself_is_tried_again(chat: SlackChat, slack: FakeSlack, status: int, body: bytes) -> None:
    slack.failures.append((status, {"Content-Type": "application/json"}, body))
    with pytest.raises(Retryable):
        chat.post(CHANNEL, HELLO)
    assert chat.post(CHANNEL, HELLO)


def test_a_slack_that_cannot_be_reached_is_tried_again(clock: FakeClock) -> None:
    with pytest.raises(ChatUnavailable, match="no answer"):
        SlackChat(TOKEN, clock, "http://127.0.0.1:9/api/").post(CHANNEL, HELLO)


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("channel_not_found", "takes the id of a channel"),
        ("not_in_channel", "invite the app"),
        ("missing_scope", "docs/slack-manifest.yaml"),
        ("something_new", "Slack's reference"),
    ],
)
def test_what_does_not_pass_is_refused_with_what_to_do_about_it(
    chat: SlackChat, slack: FakeSlack, code: str, hint: str
) -> None:
    slack.failures.append((200, {"Content-Type": "application/json"}, b'{"ok": false, "error": "%s"}' % code.encode()))
    with pytest.raises(ChatRefused, match=hint) as refused:
        chat.post(CHANNEL, HELLO)
    assert (refused.value.code, isinstance(refused.value, Permanent)) == (code, True)


def test_blocks_that_slack_does_not_know_are_refused(chat: SlackChat) -> None:
    with pytest.raises(ChatRefused, match="invalid_blocks"):
        chat.post(CHANNEL, Message("x", ({"type": "section", "text": {"type": "mrkdwn", "text": "<!here>"}},)))


@pytest.mark.hazard("H35")
def test_the_token_is_in_no_error_and_no_log_however_much_is_logged(
    chat: SlackChat, slack: FakeSlack, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    errors = []
    slack.failures.append((500, {}, b"oh no"))
    for attempt in (chat, SlackChat("xoxb-wrong", clock, slack.api_url)):
        with pytest.raises((ChatUnavailable, ChatRefused)) as error:
            attempt.post(CHANNEL, HELLO)
        errors.append(f"{error.value!r} {error.value.__cause__!r} {error.value.__dict__}")
    chat.post(CHANNEL, HELLO)
    assert not [one for one in [*errors, caplog.text, repr(chat)] if TOKEN in one or "xoxb-wrong" in one]


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1.evil.example/api/",
        "http://evil.example/api/",
        "https://slack.com/api/",
        "http://127.0.0.1:1@evil.example/api/",
        "http://user@127.0.0.1/api/",
        "http://127.0.0.1:8080/api",
        "ftp://127.0.0.1/",
    ],
)
def test_the_token_is_never_sent_to_another_place_than_slack_or_this_machine(url: str, clock: FakeClock) -> None:
    with pytest.raises(SettingsError, match="UNFORBID_SLACK_API_URL"):
        SlackChat(TOKEN, clock, url)


def test_this_machine_may_stand_in_for_slack() -> None:
    assert is_local("http://127.0.0.1:18999/api/")
    assert is_local("http://localhost:18999/api/")
