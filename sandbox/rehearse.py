"""A rehearsal: serve a scenario, make its call, and hand the entry that it left to whoever should explain it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Generic, TypeVar

from msgspec import Struct

from sandbox.callers import Outcome, Request, make_call
from sandbox.scenario import Scenario, world_of
from sandbox.scenario_call import request_of, serial_kill, workload_of, write_application_entry
from sandbox.server import serving
from sandbox.world import Json, World
from shared.errors import Permanent

T = TypeVar("T")


class NotRefused(Permanent):
    """The call of a scenario went through, or left no entry to explain."""


class Refused(Struct, frozen=True, kw_only=True):
    """A call that was made and refused, and the entry that is delivered of it. No request where nothing is called."""

    request: Request | None
    outcome: Outcome | None
    entry: Json


class Rehearsal(Struct, Generic[T], frozen=True, kw_only=True):
    """One scenario played through: what was refused, and what the explainer made of it while the world was served."""

    scenario: Scenario
    refused: Refused
    found: T
    checked: dict[str, int] = {}
    """How many requests and replies were held to Google's schemas."""


def rehearse(scenario: Scenario, detect: Callable[[bytes, str], T]) -> Rehearsal[T]:
    """Play a scenario: `detect` gets the body of a Pub/Sub push and the address that answers in Google's place.

    Raises:
        NotRefused: the sandbox let the call through, or it left no entry of the kind that the file names.
    """
    world = world_of(scenario)
    with serving(world) as endpoint:
        refused = play(scenario, world, endpoint)
        found = detect(push_body(refused.entry), endpoint)
    if world.violations:
        raise AssertionError(f"{scenario.name}: the sandbox broke Google's schemas: {world.violations[0]}")
    return Rehearsal(scenario=scenario, refused=refused, found=found, checked=dict(world.checked))


def play(scenario: Scenario, world: World, endpoint: str) -> Refused:
    """Make the call of a scenario once, in its served world; the refusal and its entry."""
    spec, before = scenario.spec, len(world.entries)
    if spec.call is None:
        return Refused(request=None, outcome=None, entry=kill_entry(scenario, world))
    request = request_of(world, spec.call, _nothing_wrong)
    outcome = make_call(endpoint, request, world)
    if outcome.accepted:
        raise NotRefused(f"{scenario.name}: the sandbox lets the call through: {request.do} on {request.on}")
    if spec.log == "application":
        workload = workload_of(world, spec.call, _nothing_wrong)
        return Refused(request=request, outcome=outcome, entry=write_application_entry(world, workload, outcome))
    if spec.log == "serial":
        return Refused(request=request, outcome=outcome, entry=kill_entry(scenario, world))
    written = [one for one in world.entries[before:] if _is_refusal(one)]
    if not written:
        said = "Google writes no audit entry of this refusal, so its log must be application"
        raise NotRefused(f"{scenario.name}: {said}: {outcome.text}")
    told = [one for one in written if _message(one) and _message(one) in outcome.text]
    return Refused(request=request, outcome=outcome, entry=(told or written)[-1])


def request_in(scenario: Scenario) -> Request | None:
    """The call of a scenario with every name in full; None where nothing is called."""
    call = scenario.spec.call
    return request_of(world_of(scenario), call, _nothing_wrong) if call else None


def kill_entry(scenario: Scenario, world: World) -> Json:
    """The log entry of the last kill for lack of memory that a machine of the scenario logged."""
    entry = serial_kill(world)
    if entry is None:
        raise NotRefused(f"{scenario.name}: no machine logged a kill")
    return entry


def _is_refusal(entry: Json) -> bool:
    """Whether Google wrote an entry of a refusal: an audit entry with a code, or a request log with its status."""
    code = entry.get("protoPayload", {}).get("status", {}).get("code", 0)
    return bool(code) or entry.get("httpRequest", {}).get("status", 0) >= 400


def _message(entry: Json) -> str:
    """The words of an audit entry's refusal: a client also asks for what it was not told to, such as the bucket."""
    return str(entry.get("protoPayload", {}).get("status", {}).get("message", ""))


def _nothing_wrong(at: str, said: str) -> None:
    raise AssertionError(f"{at}: {said}: a loaded scenario has no problems")


def push_body(entry: Json) -> bytes:
    """A log entry as a Pub/Sub push subscription delivers it from a sink."""
    data = base64.b64encode(json.dumps(entry, separators=(",", ":")).encode()).decode()
    message = {
        "data": data,
        "attributes": {"logging.googleapis.com/timestamp": entry["timestamp"]},
        "messageId": entry["insertId"],
        "publishTime": entry["receiveTimestamp"],
    }
    return json.dumps({"message": message, "subscription": "projects/sandbox/subscriptions/denied-calls"}).encode()
