"""A plain success is dropped at first sight; anything else is left to the full reading."""

from __future__ import annotations

import json

import pytest
from entries import audit, text

from shared.pipeline.glance import glance


def seen(entry: dict[str, object]) -> bool:
    return glance(json.dumps(entry, separators=(",", ":")).encode()) is not None


def test_an_audited_success_is_dropped() -> None:
    assert seen(audit(code=0))


def test_the_reason_names_the_entry() -> None:
    found = glance(json.dumps(audit(code=0)).encode())
    assert found is not None
    assert (found.id, found.reason) == ("i1", "the audited call did not fail")


@pytest.mark.parametrize(
    "entry",
    [
        audit(),
        audit(code=3, message="quota"),
        audit(code=0, response={"error": {"code": 403}}),
        audit(code=0, policyViolationInfo={"orgPolicyViolationInfo": {}}),
        {**audit(code=0), "labels": {"authorization.k8s.io/decision": "forbid"}},
        text("all is well"),
        {"protoPayload": {"status": {}}},
    ],
    ids=[
        "denial",
        "other failure",
        "operation's error",
        "policy violation",
        "cluster's decision",
        "text",
        "no audit log",
    ],
)
def test_everything_else_is_read_in_full(entry: dict[str, object]) -> None:
    assert not seen(entry)


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b"\xff", b'{"protoPayload":5}', b"[" * 100_000])
def test_what_cannot_be_read_is_left_to_the_strict_reading(data: bytes) -> None:
    assert glance(data) is None
