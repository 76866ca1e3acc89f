"""Deployed as `sweep`, on a schedule: goes on with what is due, ends grants, starts machines that were left stopped."""

from __future__ import annotations

import functions_framework
from flask import Request

from shared import entry, wiring


@functions_framework.http
def sweep_up(request: Request) -> entry.Answer:
    """Do all that is due. Needs no executor: a machine that we stopped is started from here if it has to be."""
    from shared.fixing import swept

    if request.method != "POST":
        return "POST here", 405, {"Allow": "POST"}
    caller = request.headers.get("Authorization", "")
    if answer := entry.turned_away("sweep", lambda: wiring.stranger(caller)):
        return answer
    return entry.answered("sweep", lambda: swept(wiring.workshop()), lambda reason: {"outcome": reason})
