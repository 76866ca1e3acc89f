"""Deployed as `approve`: clicks in Slack, and requests that another system signed, become votes.

Its address is public; what is not signed by either is refused.

It reaches nothing but our own store, queue and directory, and has no token of Slack unless forms are wanted
(docs/decisions/0003-reasons-without-a-token.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import functions_framework
from flask import Request

from shared import wiring
from shared.approvals.webhook import Signed
from shared.webhooks import PATH, SIGNATURE, TIMESTAMP, answer

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


@functions_framework.http
def approve_click(request: Request) -> ResponseReturnValue:
    """Keep the vote of one click, wake whoever carries fixes out, and tell the person who clicked."""
    if request.path == PATH:
        return _posted(request)
    return wiring.slack_clicks().handle(request)


def _posted(request: Request) -> ResponseReturnValue:
    """Keep the vote that another system signed; without keys nobody's votes come that way."""
    keys = wiring.settings().gate.webhook_keys
    if request.method != "POST" or not keys:
        return {"kept": False, "said": "there is no such way to vote here"}, 404
    signed = Signed(
        timestamp=request.headers.get(TIMESTAMP, ""),
        signature=request.headers.get(SIGNATURE, ""),
        body=request.get_data(cache=False),
    )
    return answer(signed, keys, wiring.station(), wiring.queue())
