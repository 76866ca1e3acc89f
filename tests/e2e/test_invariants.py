"""What would go wrong in a morning under kills is seen in what the sandbox remembers of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from e2e.invariants import done_twice
from e2e.morning import Happened
from e2e.table import draw
from sandbox.clock import SandboxClock
from sandbox.world import Resource, World

START = datetime(2026, 11, 21, 9, tzinfo=UTC)
BUCKET = "//storage.googleapis.com/projects/_/buckets/b"
LENT = {"bindings": [{"role": "roles/x", "members": ["user:ann@example.com"], "condition": {"expression": "until"}}]}
LASTING = {"bindings": [{"role": "roles/x", "members": ["user:ann@example.com"]}]}


def seen(*policies: dict[str, Any]) -> list[str]:
    """What is said of a bucket that has had these policies, one after the other."""
    world = World(clock=SandboxClock(START))
    bucket = world.add(Resource(name=BUCKET, kind="buckets", parent="//x"))
    bucket.policies = [(START + timedelta(minutes=at), policy) for at, policy in enumerate(policies)]
    return list(done_twice(SimpleNamespace(world=world)))  # type: ignore[arg-type]


def test_a_grant_that_came_and_went_is_as_it_should_be() -> None:
    assert seen({}, LENT, {}) == []


def test_a_grant_that_came_a_second_time_is_seen_although_it_is_gone() -> None:
    assert seen({}, LENT, {}, LENT, {}) == [f"roles/x for user:ann@example.com came to {BUCKET} 2 times"]


def test_what_others_grant_for_good_is_none_of_our_business() -> None:
    assert seen({}, LASTING, {}, LASTING) == []


@pytest.mark.parametrize(
    ("switches", "wrong"),
    [((True,), 0), ((True, True), 0), ((True, False, True), 1)],
    ids=["once", "asked for twice", "off in between"],
)
def test_an_api_that_was_switched_on_again_is_seen(switches: tuple[bool, ...], wrong: int) -> None:
    world = World(clock=SandboxClock(START))
    at = [(START + timedelta(minutes=minute), on) for minute, on in enumerate(switches)]
    hidden = {"off": ["x.googleapis.com"], "switched": {"x.googleapis.com": at}}
    world.add(Resource(name="//p", kind="projects", parent="//x", project="p", hidden=hidden))
    assert len(list(done_twice(SimpleNamespace(world=world)))) == wrong  # type: ignore[arg-type]


def test_a_machine_that_was_stopped_twice_is_seen() -> None:
    world = World(clock=SandboxClock(START))
    for at in range(2):
        body = {"targetLink": "https://x/instances/web-1", "operationType": "stop"}
        world.add(Resource(name=f"//compute/operations/{at}", kind="zoneOperations", parent="//x", body=body))
    assert list(done_twice(SimpleNamespace(world=world))) == ["stop of web-1 was done 2 times"]  # type: ignore[arg-type]


def test_the_table_says_what_is_wrong_and_in_which_morning() -> None:
    well = Happened(killed={"detect": 2}, counts={"refusal": 11, "fix fixed": 11}, wrong=())
    badly = Happened(killed={"sweep": 1}, counts={"refusal": 11}, wrong=("r-1 was mended 2 times",))
    drawn = draw([well, badly], 60, 1)
    assert "  morning 2: r-1 was mended 2 times\n3 kills with seed 1 in 60 s: 1 wrong\n" in drawn
    assert "nothing is lost" in draw([well], 60, 1)
