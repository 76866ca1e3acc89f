"""Day by day: what the journal and Google's audit log do not agree on becomes log lines that page a person.

A day is an item of the queue, by its date. Once it is over and its entries have arrived it is compared and puts the
next one: whatever happens to us in between, no day is left out, and one that was begun twice is told twice.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from shared.errors import NotFound
from shared.log import log
from shared.model.items import COMPARED
from shared.pipeline.compare import Span
from shared.pipeline.look_back import SETTLED, LookedBack, look_back
from shared.pipeline.workshop import Workshop

DAY, AGAIN = timedelta(days=1), timedelta(hours=1)
MOST_WAITING = 1_000
"""Where so many items wait, the day may be among those that are not seen, and none is put."""
MOST_TOLD = 50
"""So many differences get a line each; the last line has their number."""


def see_to_a_day(accounts: frozenset[str], shop: Workshop) -> None:
    """Begin with yesterday where no day waits to be compared; without accounts of ours there is nothing to compare."""
    now = shop.clock.now()
    if not accounts:
        return
    waiting = shop.queue.due(now + 2 * DAY, MOST_WAITING)
    if len(waiting) < MOST_WAITING and not any(one.startswith(COMPARED) for one in waiting):
        _put(now.astimezone(UTC).date() - DAY, shop)


def compare_day(item: str, accounts: frozenset[str], shop: Workshop) -> None:
    """Compare the day that an item names, say what differs, and put the next one.

    Raises:
        NotFound: the item names no day.
        StoreUnavailable: the journal cannot be read; the day stays due.
    """
    day, now = _day(item), shop.clock.now()
    if now < _due(day):
        _put(day, shop)
        return
    shop.queue.put(item, now + AGAIN)  # should we be ended in the middle, others have their turns before it
    if accounts:
        span = Span(since=_begin(day), until=_begin(day + DAY))
        _tell(day, look_back(shop.journal, shop.sight, accounts, span))
        _put(day + DAY, shop)
    shop.queue.drop(item)


def _tell(day: date, found: LookedBack) -> None:
    """A line for each difference, one for each thing that could not be told, and one with the numbers."""
    named = day.isoformat()
    for one in found.differences[:MOST_TOLD]:
        log("differs", severity="CRITICAL", day=named, what=one.what.value, at=one.at, reason=one.said)
    for why in found.untold[:MOST_TOLD]:
        log("not_compared", severity="ERROR", day=named, reason=why)
    differences, untold = len(found.differences), len(found.untold)
    log(
        "compared",
        day=named,
        projects=len(found.projects),
        effects=found.effects,
        calls=found.calls,
        differences=differences,
        untold=untold,
    )


def _put(day: date, shop: Workshop) -> None:
    shop.queue.put(f"{COMPARED}{day.isoformat()}", _due(day))


def _due(day: date) -> datetime:
    """When the entries of a day have arrived."""
    return _begin(day + DAY) + SETTLED


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _day(item: str) -> date:
    try:
        return date.fromisoformat(item.removeprefix(COMPARED))
    except ValueError as error:
        raise NotFound(f"{item[:100]} names no day") from error
