"""What every adapter has to do when Google does not answer, or not usefully: told once, tested for each call."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from worlds import Cloud

from sandbox.faults import FaultKind
from shared.adapters import asking
from shared.errors import LookFailed, NotAllowedToLook, NotFound

FOR_EVER = -1
OUTAGES = (
    FaultKind.UNAVAILABLE,
    FaultKind.INTERNAL,
    FaultKind.DEADLINE,
    FaultKind.RATE_LIMITED,
    FaultKind.LOST_REQUEST,
    FaultKind.LOST_REPLY,
    FaultKind.MALFORMED,
    FaultKind.TRUNCATED,
    FaultKind.HANG,
)
"""The faults after which no call has a usable answer; pages that never end are for calls that have pages."""
Look = Callable[[], Any]


@contextmanager
def outage(cloud: Cloud, method: str, fault: FaultKind) -> Iterator[None]:
    """Every call of a method meets a fault, and is given up after a moment; one that hangs is let go at the end."""
    cloud.world.faults.add(method, fault, FOR_EVER)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asking, "INITIAL", 0.01)
        patch.setattr(asking, "MOST", 0.02)
        patch.setattr(asking, "TIMEOUT_SECONDS", 0.25)
        try:
            yield
        finally:
            cloud.world.faults.released.set()


def fails(cloud: Cloud, method: str, fault: FaultKind, look: Look) -> LookFailed:
    """How a look failed whose every call of a method meets a fault."""
    with outage(cloud, method, fault), pytest.raises(LookFailed) as failed:
        look()
    return failed.value


def refused(cloud: Cloud, permission: str, look: Look) -> NotAllowedToLook:
    """How a look was refused to a reader who lacks a permission."""
    cloud.world.reader_cannot.append(permission)
    with pytest.raises(NotAllowedToLook) as failed:
        look()
    return failed.value


def finds_nothing(look: Look) -> str:
    """What is said of something that does not exist."""
    with pytest.raises(NotFound) as failed:
        look()
    return str(failed.value)
