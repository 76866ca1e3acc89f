"""What Slack says of our token and our channel, for `unforbid doctor`: nothing is posted and nothing is changed.

The app may only write (`chat:write`), so channels cannot be listed. Whether it may write into one shows by editing a
message that no channel has: Slack looks for the channel first, and answers `message_not_found` where it finds it.
Source: Slack's reference of `auth.test` and `chat.update`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shared.adapters.slack_chat import HINTS, OTHERWISE, PASSING, TIMEOUT_SECONDS, is_local
from shared.errors import SettingsError
from shared.model.deployment import Slack, Told, Untold

if TYPE_CHECKING:
    from slack_sdk import WebClient
    from slack_sdk.errors import SlackApiError

NO_MESSAGE, FOUND = "1.000001", "message_not_found"
WRITES = "chat:write"


def slack_seen(token: str, channel: str, api_url: str = "") -> Told[Slack]:
    """Whether Slack knows the token and the channel takes cards; `Untold` where Slack does not answer."""
    if api_url and not is_local(api_url):
        raise SettingsError([f"UNFORBID_SLACK_API_URL must be http://127.0.0.1:PORT/api/, not {api_url!r}"])
    from slack_sdk import WebClient
    from slack_sdk.errors import SlackApiError, SlackClientError

    where = api_url or WebClient.BASE_URL
    client = WebClient(token=token, base_url=where, timeout=TIMEOUT_SECONDS, retry_handlers=[])
    try:
        return Slack(token=_token(client), channel=_channel(client, channel))
    except SlackApiError as error:
        code = _code(error)
        return Slack(token=_said(code)) if _is_lasting(code) else Untold(f"Slack answers {code or 'nothing'}")
    except (SlackClientError, OSError, ValueError) as error:
        return Untold(f"Slack does not answer ({type(error).__name__})")


def _token(client: WebClient) -> str:
    """What is wrong with the token; "" where nothing is. Slack lists its scopes beside every answer."""
    scopes = client.auth_test().headers.get("x-oauth-scopes", WRITES)
    return "" if WRITES in scopes.split(",") else _said("missing_scope")


def _channel(client: WebClient, channel: str) -> str:
    from slack_sdk.errors import SlackApiError

    try:
        client.chat_update(channel=channel, ts=NO_MESSAGE, text="unforbid looks whether it may write here")
    except SlackApiError as error:
        code = _code(error)
        if not _is_lasting(code):
            raise
        return "" if code == FOUND else _said(code)
    return ""


def _code(error: SlackApiError) -> str:
    """Slack's own code, or the status of an answer that has none."""
    response: Any = error.response
    said = str(response.get("error", "")) if hasattr(response, "get") else ""
    return said or f"HTTP {getattr(response, 'status_code', 0)}"


def _is_lasting(code: str) -> bool:
    """Whether it is an answer of Slack's methods that does not pass by itself."""
    return code not in PASSING and code.isascii() and code.replace("_", "").isalnum()


def _said(code: str) -> str:
    return f"{code}: {HINTS.get(code, OTHERWISE)}"
