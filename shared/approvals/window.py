"""Window, now -> when a machine may be interrupted next: `Mon-Thu 09:00-16:00 Europe/Rome`."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct

from shared.errors import Refused

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
LOOKED_AHEAD = 9
"""Days: a week and what clocks that are put forward may take from its ends."""


class Window(Struct, frozen=True, kw_only=True):
    """On which days of the week (Monday is 0), from when to when, by whose clocks."""

    days: tuple[int, ...]
    begins: time
    ends: time
    zone: ZoneInfo


def opens(window: str, now: datetime) -> datetime:
    """When a window is open next: now itself where it is open, or where there is none, which is at any time.

    Raises:
        Refused: the window cannot be read, or the clocks that it goes by are not known.
    """
    if not window:
        return now
    read = window_of(window)
    today = now.astimezone(read.zone).date()
    for ahead in range(LOOKED_AHEAD):
        day = today + timedelta(days=ahead)
        begins, ends = (_instant(datetime.combine(day, at, read.zone)) for at in (read.begins, read.ends))
        if day.weekday() in read.days and now < ends:
            return max(now, begins)
    raise Refused(f"the window {window!r} never opens")


def _instant(local: datetime) -> datetime:
    return local.astimezone(UTC)


def window_of(said: str) -> Window:
    """A window from its words; raises `Refused` for anything else."""
    try:
        days, hours, zone = said.split(" ")
        begins, ends = (_time(one) for one in hours.split("-"))
        made = Window(days=_days(days), begins=begins, ends=ends, zone=ZoneInfo(zone))
    except (ValueError, ZoneInfoNotFoundError, OSError) as error:
        raise Refused(f"{said[:80]!r} is no window; one looks like 'Mon-Thu 09:00-16:00 Europe/Rome'") from error
    if made.begins >= made.ends:
        raise Refused(f"the window {said!r} ends before it begins: a night takes two windows")
    return made


def _time(said: str) -> time:
    hours, minutes = said.split(":")
    if not (len(hours) == len(minutes) == 2 and (hours + minutes).isdigit() and said.isascii()):
        raise ValueError(said)
    return time(int(hours), int(minutes))


def _days(said: str) -> tuple[int, ...]:
    """`Mon`, or `Mon-Thu`, also round the end of a week: `Sat-Mon`."""
    first, *rest = said.split("-")
    begin, end = DAYS.index(first), DAYS.index(rest[0] if rest else first)
    if len(rest) > 1:
        raise ValueError(said)
    return tuple((begin + more) % 7 for more in range((end - begin) % 7 + 1))
