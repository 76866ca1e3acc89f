"""Deployed as `approve`: clicks in Slack become votes. Its address is public; what Slack did not sign is refused.

It reaches nothing but our own store, queue and directory, and has no token of Slack unless forms are wanted
(docs/decisions/0003-reasons-without-a-token.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import functions_framework
from flask import Request

from shared import wiring

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


@functions_framework.http
def approve_click(request: Request) -> ResponseReturnValue:
    """Keep the vote of one click, wake whoever carries fixes out, and tell the person who clicked."""
    return wiring.slack_clicks().handle(request)
