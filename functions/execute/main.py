"""Deployed as `execute`: one fix, one step further. Writes to the cloud; has no public caller."""

from __future__ import annotations

import functions_framework
from flask import Request

from shared import entry, wiring


@functions_framework.http
def execute_fix(request: Request) -> entry.Answer:
    """Take the fix that a task names one step further; called again for the next one."""
    from shared.fixing import step

    if request.method != "POST":
        return "POST a task here", 405, {"Allow": "POST"}
    caller = request.headers.get("Authorization", "")
    if answer := entry.turned_away("execute", lambda: wiring.stranger(caller)):
        return answer
    body = request.get_data(cache=False)
    return entry.answered("execute", lambda: step(body, wiring.workshop()), lambda reason: {"outcome": reason})
