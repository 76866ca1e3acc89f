"""When something may happen, as operators write it: `Mon-Thu 09:00-16:00 Europe/Rome`; ` & ` joins several."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
AND = " & "
LOOKED_AHEAD = 15
"""In days: what is not open in two weeks is never open, for every window comes back each week."""
EXAMPLE = "write it as Mon-Thu 09:00-16:00 Europe/Rome"


class Window(Struct, frozen=True):
    """Some days of the week, from one time of the day to a later one, on the clocks of a place."""

    days: frozenset[int]
    start: time
    end: time
    zone: str


@lru_cache(maxsize=256)
def parse_window(text: str) -> Window | str:
    """The window a text means, or what is wrong with it in a sentence."""
    words = text.split(" ")
    if len(words) != 3:
        return f"a window is days, times and a time zone: {EXAMPLE}"
    days, hours = _days(words[0]), _hours(words[1])
    if days is None:
        return f"{words[0]!r} are no days: write Mon-Thu, or Sat,Sun, or one of {', '.join(DAYS)}"
    if hours is None:
        return f"{words[1]!r} are no times: write 09:00-16:00, the later one last and at most 24:00"
    if not _is_zone(words[2]):
        return f"{words[2]!r} is no time zone: write one of the tz database, such as Europe/Rome or UTC"
    return Window(days, *hours, words[2])


def is_open(text: str, now: datetime) -> bool:
    """Whether all windows of a text are open at a moment; no window is always open."""
    return all(_holds(one, now) for one in _windows(text))


def next_open(text: str, now: datetime) -> datetime | None:
    """The first moment from now at which all windows are open, in UTC; None where they never are together."""
    windows = _windows(text)
    if all(_holds(one, now) for one in windows):
        return now
    starts = sorted(start for one in windows for start in _starts(one, now))
    return next((start for start in starts if all(_holds(one, start) for one in windows)), None)


def joined(texts: frozenset[str]) -> str:
    """One text for several windows that all have to be open."""
    return AND.join(sorted({one for text in texts for one in text.split(AND)} - {""}))


def _windows(text: str) -> tuple[Window, ...]:
    """Every window of a text.

    Raises:
        ValueError: a part of it is no window; what is stored was checked when it was loaded.
    """
    found = [parse_window(one) for one in text.split(AND)] if text else []
    for one in found:
        if isinstance(one, str):
            raise ValueError(one)  # noqa: TRY004 - the text is at fault, not its type
    return tuple(one for one in found if isinstance(one, Window))


def _holds(window: Window, at: datetime) -> bool:
    there = at.astimezone(_zone(window.zone))
    return there.weekday() in window.days and window.start <= there.time() < _end(window)


def _end(window: Window) -> time:
    return window.end if window.end != time() else time.max


def _starts(window: Window, now: datetime) -> list[datetime]:
    """Every opening of a window in the next two weeks that lies after a moment."""
    zone = _zone(window.zone)
    today = now.astimezone(zone).date()
    days = [today + timedelta(days=ahead) for ahead in range(LOOKED_AHEAD)]
    opens = [datetime.combine(day, window.start, zone).astimezone(UTC) for day in days if day.weekday() in window.days]
    return [one for one in opens if one > now]


def _days(text: str) -> frozenset[int] | None:
    found: set[int] = set()
    for part in text.split(","):
        first, dash, last = part.partition("-")
        if first not in DAYS or (dash and last not in DAYS):
            return None
        start, end = DAYS.index(first), DAYS.index(last) if dash else DAYS.index(first)
        found.update(day % 7 for day in range(start, end + 1 if end >= start else end + 8))
    return frozenset(found)


def _hours(text: str) -> tuple[time, time] | None:
    start, dash, end = text.partition("-")
    times = _time(start), _time(end)
    if not dash or times[0] is None or times[1] is None or start == "24:00":
        return None
    return (times[0], times[1]) if end == "24:00" or times[0] < times[1] else None


def _time(text: str) -> time | None:
    hour, colon, minute = text.partition(":")
    plain = f"{hour}{minute}"
    if not colon or len(hour) != 2 or len(minute) != 2 or not (plain.isascii() and plain.isdigit()):
        return None
    if text == "24:00":
        return time()
    return time(int(hour), int(minute)) if int(hour) < 24 and int(minute) < 60 else None


def _is_zone(name: str) -> bool:
    from zoneinfo import ZoneInfoNotFoundError

    try:
        _zone(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    from zoneinfo import ZoneInfo

    return ZoneInfo(name)
