"""One request and its reply: faults injected, both sides checked against Google's closed schemas, calls counted."""

from __future__ import annotations

from typing import Any

from sandbox.discovery import Method, problems
from sandbox.door import Call, Door
from sandbox.errors import Refusal, conflict
from sandbox.faults import FaultKind
from sandbox.front import serve
from sandbox.world import World

REFUSALS = {
    FaultKind.UNAVAILABLE: ("UNAVAILABLE", "The service is currently unavailable."),
    FaultKind.INTERNAL: ("INTERNAL", "Internal error encountered."),
    FaultKind.DEADLINE: ("DEADLINE_EXCEEDED", "Deadline expired before operation could complete."),
    FaultKind.RATE_LIMITED: ("RESOURCE_EXHAUSTED", "Quota exceeded for quota metric 'Requests'."),
}


class Dropped(Exception):  # noqa: N818 - what the network does
    """The connection ends without a reply."""


class Hanging(Dropped):
    """No reply arrives, and the connection stays: the caller's own deadline has to end it."""


def exchange(world: World, method: Method, door: Door, call: Call) -> Any:
    """The reply to a call, as bytes or JSON; raises `Refusal`, or `Dropped` where no reply arrives."""
    world.calls.append(method.id)
    fault = world.faults.take(method.id)
    if fault in REFUSALS:
        raise Refusal(*REFUSALS[fault])
    if fault is FaultKind.FORBIDDEN:
        permission, resource = door.needs(world, call), door.on(world, call)
        raise Refusal("PERMISSION_DENIED", f"Permission '{permission}' denied on resource '{resource}'.")
    if fault is FaultKind.CONFLICT:
        raise conflict(method.service)
    if fault is FaultKind.LOST_REQUEST:
        raise Dropped
    if fault is FaultKind.HANG:
        raise Hanging
    if fault is FaultKind.ENDLESS:
        call.params.pop("pageToken", None)  # every page is the first one again
    check_request(world, method, call)
    reply = serve(world, method, door, call)
    if fault is FaultKind.STALE:
        reply = _before_last_write(world, door, call, reply)
    check_reply(world, method, reply)
    return _spoilt(fault, reply)


def _before_last_write(world: World, door: Door, call: Call, reply: Any) -> Any:
    """What a replica that lags behind answers: the policy before it was last written, the resource as it is."""
    resource = world.get(door.on(world, call))
    if resource is None or not isinstance(reply, dict) or "bindings" not in reply or len(resource.policies) < 2:
        return reply
    return resource.policies[-2][1]


def _spoilt(fault: FaultKind | None, reply: Any) -> Any:
    """The reply as a faulty network or server delivers it."""
    import json

    if fault is FaultKind.LOST_REPLY:
        raise Dropped
    if fault is FaultKind.MALFORMED:
        return b"<html><body>Bad Gateway</body></html>"
    if fault is FaultKind.TRUNCATED:
        data = reply if isinstance(reply, bytes) else json.dumps(reply).encode()
        return data[: len(data) // 2]
    if fault is FaultKind.ENDLESS and isinstance(reply, dict):
        return {**reply, "nextPageToken": "again"}
    return reply


def check_request(world: World, method: Method, call: Call) -> None:
    """Hold the body of a request to the method's schema."""
    if method.request and isinstance(call.body, dict) and call.body:
        body = call.body["metadata"] if "media" in call.body else call.body
        _note(world, f"request of {method.id}", problems(method.api, method.request, body))
        world.checked["requests"] += 1


def check_reply(world: World, method: Method, reply: Any) -> None:
    """Hold a reply to the method's schema; a deviation is a defect of the sandbox, kept in `violations`."""
    if method.response and not isinstance(reply, bytes):
        _note(world, f"reply of {method.id}", problems(method.api, method.response, reply))
        world.checked["replies"] += 1


def _note(world: World, where: str, wrong: list[str]) -> None:
    world.violations.extend(f"{where}: {one}" for one in wrong)
