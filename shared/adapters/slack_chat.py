"""The Chat port through Slack's Web API: posts and edits, nothing else; the token is never written anywhere."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from shared.errors import ChatRefused, ChatUnavailable, SettingsError
from shared.model.approval import Card
from shared.model.shown import Message
from shared.ports import Clock

if TYPE_CHECKING:
    from collections.abc import Callable

    from slack_sdk import WebClient
    from slack_sdk.errors import SlackApiError
    from slack_sdk.web import SlackResponse

TIMEOUT_SECONDS = 10
A_MOMENT, LONGEST_QUIET = timedelta(seconds=30), timedelta(hours=1)
PASSING = (
    *("ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"),
    *("team_added_to_org", "accesslimited"),
)
"""Errors of Slack that pass by themselves."""
HINTS = {
    "channel_not_found": "check UNFORBID_SLACK_CHANNEL: it takes the id of a channel (C0123456789), not its name",
    "not_in_channel": "invite the app into the channel: /invite @unforbid",
    "is_archived": "the channel is archived: choose another one in UNFORBID_SLACK_CHANNEL",
    "invalid_auth": "check UNFORBID_SLACK_TOKEN: it is the app's bot token (xoxb-...)",
    "not_authed": "set UNFORBID_SLACK_TOKEN to the app's bot token (xoxb-...)",
    "token_revoked": "the token was revoked: install the app again and set UNFORBID_SLACK_TOKEN",
    "token_expired": "the token has expired: install the app again and set UNFORBID_SLACK_TOKEN",
    "account_inactive": "the app was removed from the workspace: install it again",
    "missing_scope": "the app lacks a scope: install it with docs/slack-manifest.yaml",
    "message_not_found": "somebody deleted the message: a new one is posted",
}
OTHERWISE = "Slack's reference of its methods says what this code means"


class SlackChat:
    """Messages of one workspace. `api_url` is for a server on this machine that answers in Slack's place."""

    def __init__(self, token: str, clock: Clock, api_url: str = "") -> None:
        if api_url and not is_local(api_url):
            raise SettingsError([f"UNFORBID_SLACK_API_URL must be http://127.0.0.1:PORT/api/, not {api_url!r}"])
        self._token, self._clock, self._api_url = token, clock, api_url
        self._made: WebClient | None = None
        self._quiet_until: datetime | None = None

    def post(self, channel: str, message: Message, below: str = "") -> str:
        """Show a message in a channel, in the thread below another one where that is named; its name there."""
        said = {"channel": channel, **_body(message), "unfurl_links": False, "unfurl_media": False}
        if below:
            said["thread_ts"] = below
        return str(self._call(lambda client: client.chat_postMessage(**said))["ts"])

    def edit(self, card: Card, message: Message) -> None:
        """Show something else in a message's place."""
        said = {"channel": card.channel, "ts": card.message, **_body(message)}
        self._call(lambda client: client.chat_update(**said))

    def _call(self, method: Callable[[WebClient], SlackResponse]) -> SlackResponse:
        """Slack's answer; until it takes something again, it is not asked."""
        from slack_sdk.errors import SlackApiError, SlackClientError

        now = self._clock.now()
        if self._quiet_until is not None and now < self._quiet_until:
            raise ChatUnavailable("it asked to be left alone", self._quiet_until)
        try:
            return method(self._client())
        except SlackApiError as error:
            raise self._refused(error, now) from None
        except (SlackClientError, OSError, ValueError) as error:
            raise ChatUnavailable(f"no answer ({type(error).__name__})", now + A_MOMENT) from None

    def _refused(self, error: SlackApiError, now: datetime) -> ChatRefused | ChatUnavailable:
        """What Slack's refusal means for the caller: later, or never."""
        response: Any = error.response
        status = int(getattr(response, "status_code", 0) or 0)
        code = str(response.get("error", "")) if hasattr(response, "get") else ""
        if status == 429 or code in PASSING[:2]:
            self._quiet_until = now + _asked_to_wait(getattr(response, "headers", {}))
            return ChatUnavailable("too many messages", self._quiet_until)
        is_code = code.isascii() and code.replace("_", "").isalnum()
        if status >= 500 or code in PASSING or not is_code:
            return ChatUnavailable(code if is_code else f"it answers {status}", now + A_MOMENT)
        return ChatRefused(code, HINTS.get(code, OTHERWISE))

    def _client(self) -> WebClient:
        from slack_sdk import WebClient

        if self._made is None:
            where = self._api_url or WebClient.BASE_URL
            self._made = WebClient(token=self._token, base_url=where, timeout=TIMEOUT_SECONDS, retry_handlers=[])
        return self._made


def is_local(api_url: str) -> bool:
    """Whether calls to an address stay on this machine: they carry the token, and no encryption."""
    parts = urlsplit(api_url)
    is_plain = parts.scheme == "http" and not parts.query and not parts.fragment and parts.path.endswith("/")
    return is_plain and parts.hostname in ("127.0.0.1", "localhost") and parts.username is None


def _body(message: Message) -> dict[str, Any]:
    """A message without anything that Slack would make a link, or a mention, of."""
    return {
        "text": message.text,
        "blocks": list(message.blocks),
        "parse": "none",
        "link_names": False,
    }


def _asked_to_wait(headers: Any) -> timedelta:
    """For how long Slack asks to be left alone; a moment where it does not say, and never for longer than an hour."""
    said = next((value for name, value in dict(headers).items() if name.lower() == "retry-after"), "")
    said = said[0] if isinstance(said, list) else said
    seconds = int(said) if str(said).isascii() and str(said).isdigit() and len(str(said)) < 8 else 0
    return min(timedelta(seconds=seconds) or A_MOMENT, LONGEST_QUIET)
