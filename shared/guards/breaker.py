"""How effects went lately -> whether the breaker is open: closed, open, one dry run first, or people only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from shared.model.guards import Trip, Went

OPEN_FOR = timedelta(minutes=30)
IN_A_ROW = 3
REMEMBERED = timedelta(days=7)
"""A breaker that left everything to people does so for a week, unless a person resets it earlier."""


class State(StrEnum):
    """CLOSED: as ever. OPEN: nothing new is changed. PROBE: one dry run first. PEOPLE: nothing by rule alone."""

    CLOSED = "closed"
    OPEN = "open"
    PROBE = "probe"
    PEOPLE = "people only"


class Breaker(Struct, frozen=True):
    """The state, why, and until when where it is open."""

    state: State
    why: str = ""
    until: datetime | None = None


def breaker(trips: Sequence[Trip], now: datetime) -> Breaker:
    """What the breaker is now: opened by three failures in a row, or by one thing that broke.

    After half an hour one dry run is made; if it opens once more, only people decide until a person resets it.
    """
    in_a_row, opened, why, times, probed = 0, None, "", 0, True
    for trip in sorted(trips, key=lambda one: one.at):
        if trip.went is Went.RESET:
            in_a_row, opened, why, times, probed = 0, None, "", 0, True
        elif trip.went is Went.PROBED:
            probed = probed or opened is None or trip.at >= opened + OPEN_FOR
        elif trip.went is Went.WORKED:
            in_a_row = 0
        else:
            in_a_row += 1
            if trip.went is Went.BROKE or in_a_row >= IN_A_ROW:
                in_a_row, opened, why, times, probed = 0, trip.at, trip.why, times + 1, False
    if opened is not None and now < opened + OPEN_FOR:
        return Breaker(State.OPEN, why, opened + OPEN_FOR)
    if times > 1:
        return Breaker(State.PEOPLE, why)
    return Breaker(State.CLOSED if probed else State.PROBE, "" if probed else why)
