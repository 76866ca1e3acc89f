"""Deployed as `detect`: a log entry from Pub/Sub becomes a stored run. Reads the cloud where set to; changes nothing.

An HTTP function although it takes CloudEvents: the framework's own CloudEvent wrapper answers 400 to what it cannot
parse, which Pub/Sub would deliver again and again (docs/decisions/0001-http-function.md).
"""

from __future__ import annotations

import functions_framework
from flask import Request, Response

from shared import entry, flows, wiring

KEPT = Response(*entry.KEPT)
"""What acknowledges a message: made once, for making one takes as long as deciding what an entry means."""


@functions_framework.http
def detect_denial(request: Request) -> Response | entry.Answer:
    """Turn one delivered log entry into a stored run, a counted repeat, a counted drop or a quarantine record."""
    if request.method != "POST":
        return "POST a Pub/Sub message here", 405, {"Allow": "POST"}
    caller = request.headers.get("Authorization", "")
    if answer := entry.turned_away("detect", lambda: wiring.stranger(caller)):
        return answer
    body = request.get_data(cache=False)
    recorder, clock = wiring.recorder, wiring.clock
    answer = entry.answered(
        "detect",
        lambda: flows.detect(body, recorder(), wiring.store(), clock(), wiring.after()),
        lambda reason: flows.quarantine(body, reason, recorder(), clock().now()),
    )
    return KEPT if answer is entry.KEPT else answer
