"""What people see in Slack, and what they click: the requests that Slack sends of it, signed by Slack's own code."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from slack_sdk.signature import SignatureVerifier
from slack_stage import texts

from e2e.deployment import APPROVE, CHANNEL, SECRET
from e2e.town import TEAM, Town

REASON = "the nightly job needs it, as its owners know"
Card = dict[str, Any]


def cards(town: Town, run: str) -> list[Card]:
    """The messages of the channel that show a run."""
    return [one for one in town.slack.shown() if f"run {run}" in reads(one)]


def reads(card: Card) -> str:
    """Everything that a card says."""
    return "\n".join(texts(card["blocks"]))


def buttons(card: Card) -> dict[str, Card]:
    """The buttons of a card, by what they do."""
    rows = [block["elements"] for block in card["blocks"] if block["type"] == "actions"]
    return {element["action_id"]: element for row in rows for element in row}


def press(town: Town, card: Card, wish: str, who: str) -> int:
    """Click a button of a card; the status that Slack is answered with."""
    body = urlencode({"payload": json.dumps(_payload(town, card, wish, who))}).encode()
    at = str(int(town.clock.now().timestamp()))
    signature = SignatureVerifier(SECRET).generate_signature(timestamp=at, body=body) or ""
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Slack-Request-Timestamp": at,
        "X-Slack-Signature": signature,
    }
    return town.post(APPROVE.url, headers, body, 30.0)


def _payload(town: Town, card: Card, wish: str, who: str) -> dict[str, Any]:
    typed = [block["block_id"] for block in card["blocks"] if block["type"] == "input"]
    at = f"{town.clock.now().timestamp():.6f}"
    return {
        "type": "block_actions",
        "user": {"id": f"U{who.upper()}", "username": who, "name": who, "team_id": TEAM},
        "api_app_id": "A000000001",
        "token": "not used",
        "container": {"type": "message", "message_ts": card["ts"], "channel_id": CHANNEL},
        "trigger_id": f"{at}.trigger",
        "team": {"id": TEAM, "domain": "acme"},
        "enterprise": None,
        "is_enterprise_install": False,
        "channel": {"id": CHANNEL, "name": "denials"},
        "message": {"type": "message", "ts": card["ts"], "text": card["text"], "blocks": card["blocks"]},
        "state": {"values": {name: {"reason": {"type": "plain_text_input", "value": REASON}} for name in typed}},
        "response_url": f"{town.slack.url}/hooks/{who}",
        "actions": [{**buttons(card)[wish], "block_id": "decide", "action_ts": at}],
    }
