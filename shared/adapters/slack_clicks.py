"""Clicks in Slack over HTTP, with Slack's own framework (Bolt): verified, answered to the person alone, within 3 s."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from msgspec import Struct

from shared.adapters.slack_chat import is_local
from shared.errors import Permanent, Refused, Retryable, where
from shared.model.shown import Click, Reply, Wish

if TYPE_CHECKING:
    from flask import Request
    from flask.typing import ResponseReturnValue
    from slack_bolt import Ack, App, BoltRequest, BoltResponse
    from slack_bolt.adapter.google_cloud_functions import SlackRequestHandler
    from slack_bolt.authorization import AuthorizeResult
    from slack_sdk import WebClient

FORM = "vote"
ANSWER_SECONDS = 1
"""Slack waits for 3 s in all; a vote is kept before anything is answered."""
ANSWERED_BY = ("hooks.slack.com", "hooks.slack-gov.com")
Blocks = tuple[dict[str, Any], ...]
NO_FORM = "The form could not be opened, and nothing was counted: click once more."
AGAIN = "Nothing could be kept just now. Click again in a minute; a click that was kept is not counted twice."


class Behind(Struct, frozen=True, kw_only=True):
    """What stands behind the endpoint.

    `verify` is the click in a request, by its timestamp, signature and bytes; it raises `Refused` for a forged or late
    one. `answer` is what a click comes to, `words` a sentence as blocks, `note` writes one structured log line.
    """

    verify: Callable[[str, str, bytes], Click]
    answer: Callable[[Click], Reply]
    words: Callable[[str], Blocks]
    note: Callable[..., None]


class SlackClicks:
    """One endpoint for every click of one app.

    `token` is a bot token, only where forms are to be opened: without one, nothing here can call Slack. `api_url` is a
    server on this machine that answers in Slack's place.
    """

    def __init__(self, behind: Behind, *, token: str = "", api_url: str = "") -> None:
        self._behind, self._token, self._api_url = behind, token, api_url
        self._handler: SlackRequestHandler | None = None

    def handle(self, request: Request) -> ResponseReturnValue:
        """Answer one request: 401 to what Slack did not sign just now, 200 to a click, whatever came of it."""
        if request.method != "POST":
            return "clicks of Slack go here, by POST", 405, {"Allow": "POST"}
        try:
            self._click(request.headers, request.get_data())
        except Refused as error:
            self._behind.note("approve", severity="WARNING", outcome="not believed", reason=str(error))
            return "not believed", 401
        except Retryable as error:
            self._behind.note("approve", severity="ERROR", outcome="unavailable", reason=str(error))
            return "try again later", 503
        if self._handler is None:
            self._handler = self._made()
        return self._handler.handle(request)

    def _click(self, headers: Any, body: bytes) -> Click:
        said = headers.get("X-Slack-Request-Timestamp", ""), headers.get("X-Slack-Signature", "")
        return self._behind.verify(*said, body)

    def _made(self) -> SlackRequestHandler:
        from slack_bolt import App
        from slack_bolt.adapter.google_cloud_functions import SlackRequestHandler
        from slack_sdk import WebClient

        where = self._api_url or WebClient.BASE_URL
        client = WebClient(token=self._token or None, base_url=where, timeout=ANSWER_SECONDS, retry_handlers=[])
        quiet = logging.getLogger("unforbid.slack")
        quiet.setLevel(logging.CRITICAL)
        app = App(
            logger=quiet,
            client=client,
            authorize=_as_whom(self._token),
            process_before_response=True,
            request_verification_enabled=False,
            ssl_check_enabled=False,
            url_verification_enabled=False,
            ignoring_self_events_enabled=False,
        )
        self._listen(app)
        return SlackRequestHandler(app)

    def _listen(self, app: App) -> None:
        for wish in Wish:
            app.action(wish.value)(self._on_button)
        app.view(FORM)(self._on_form)
        app.error(self._failed)

    def _failed(self, error: Exception) -> BoltResponse:
        """What Slack gets where its framework fails: it then shows the person that nothing came of it."""
        from slack_bolt import BoltResponse

        self._behind.note("approve", severity="ERROR", outcome="defect", trace=where(error))
        return BoltResponse(status=500, body="")

    def _on_button(self, ack: Ack, request: BoltRequest, client: WebClient) -> None:
        """A button of a card: a form is opened, or the person is told at the address that came with the click."""
        ack()
        click = self._again(request)
        reply = self._dealt_with(click)
        if reply.view is None or not self._opened(click, reply.view, client):
            self._told(click, reply)

    def _on_form(self, ack: Ack, request: BoltRequest) -> None:
        """A form that was sent: it shows what came of it."""
        reply = self._dealt_with(self._again(request))
        title = {"type": "plain_text", "text": "Your vote", "emoji": False}
        ack(response_action="update", view={"type": "modal", "title": title, "blocks": list(self._blocks(reply))})

    def _again(self, request: BoltRequest) -> Click:
        """The click of a request that was verified already."""
        headers = {name: values[0] for name, values in request.headers.items()}
        said = headers.get("x-slack-request-timestamp", ""), headers.get("x-slack-signature", "")
        return self._behind.verify(*said, request.raw_body.encode())

    def _dealt_with(self, click: Click) -> Reply:
        """What a click comes to, in one log line; whatever goes wrong, the person hears that nothing was counted."""
        started = time.perf_counter()
        facts: dict[str, object] = {}
        try:
            reply = self._behind.answer(click)
        except Retryable as error:
            facts = {"severity": "ERROR", "reason": str(error)}
            reply = Reply(outcome="unavailable", text=AGAIN)
        except Permanent as error:
            facts = {"severity": "WARNING", "reason": str(error)}
            reply = Reply(outcome="refused", text=f"Not counted: {error}")
        except Exception as error:  # noqa: BLE001 - the one shell around a click: the person must not wait for an answer in vain
            facts = {"severity": "ERROR", "trace": where(error)}
            reply = Reply(outcome="defect", text="Not counted: a defect of unforbid. An operator finds it in the log.")
        took = round((time.perf_counter() - started) * 1000, 3)
        self._behind.note(
            "approve", outcome=reply.outcome, wish=click.wish.value, approval=click.approval, ms=took, **facts
        )
        return reply

    def _opened(self, click: Click, view: dict[str, Any], client: WebClient) -> bool:
        """Whether the form could be opened."""
        from slack_sdk.errors import SlackClientError

        try:
            client.views_open(trigger_id=click.trigger, view=view)
        except (SlackClientError, OSError, ValueError) as error:
            self._behind.note("approve", severity="WARNING", outcome="no form", reason=type(error).__name__)
            return False
        return True

    def _told(self, click: Click, reply: Reply) -> None:
        """Tell the person, and nobody else; the vote stands whether or not that arrives."""
        from slack_sdk.errors import SlackClientError
        from slack_sdk.webhook import WebhookClient

        if not self._is_of_slack(click.answer_to):
            return
        shown = self._blocks(reply) if reply.view is None else self._behind.words(NO_FORM)
        said = {"response_type": "ephemeral", "replace_original": False, "text": _first(shown), "blocks": shown}
        hook = WebhookClient(click.answer_to, timeout=ANSWER_SECONDS, retry_handlers=[])
        try:
            hook.send_dict(said)
        except (SlackClientError, OSError, ValueError) as error:
            self._behind.note("approve", severity="WARNING", outcome="not told", reason=type(error).__name__)

    def _blocks(self, reply: Reply) -> Blocks:
        return reply.blocks or self._behind.words(reply.text)

    def _is_of_slack(self, address: str) -> bool:
        """Whether Slack takes answers at an address; in a rehearsal a server on this machine may stand in for it."""
        parts = urlsplit(address)
        if self._api_url and is_local(self._api_url) and parts.hostname in ("127.0.0.1", "localhost"):
            return parts.scheme == "http"
        return parts.scheme == "https" and parts.hostname in ANSWERED_BY


def _first(blocks: Blocks) -> str:
    """The first sentence of blocks, for notifications."""
    return str(blocks[0]["text"]["text"])


def _as_whom(token: str) -> Callable[..., AuthorizeResult]:
    """As whom calls to Slack are made: the app, where it has a token; who clicked is known by the signature alone."""
    from slack_bolt.authorization import AuthorizeResult

    def authorized(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, bot_token=token or None)

    return authorized
