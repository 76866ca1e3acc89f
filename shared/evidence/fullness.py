"""Whether the memory metric agrees that a machine is too small: kills alone may be those of one greedy moment.

Domain: 95 % for half an hour, or a steady growth. An agent that was killed measures nothing any more: that its metric
stops at the kill, with memory nearly full, is evidence as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from msgspec.structs import replace

from shared.evidence.memory import needed, times
from shared.model.evidence import NO, UNKNOWN, YES, Verdict
from shared.model.memory import Filled, MemoryStory, MemoryUse

FULL, NEARLY_FULL, GROWN_TO = 95.0, 90.0, 80.0
FOR_LONG, STOPS_NEAR, GAP = timedelta(minutes=30), timedelta(minutes=10), timedelta(minutes=15)
"""A gap is longer than two samples; a sample is of the five minutes before it."""
PART, MOST_BACK, GROWTH = timedelta(minutes=30), 1.0, 10.0
LEAST_PARTS = 4
"""A growth is steady over two hours or more, never back by more than a point, and by ten points in all."""


def recurs(story: MemoryStory, text: str, started: datetime | None, now: datetime) -> tuple[Verdict, str]:
    """Whether the whole machine ran out of memory again and again since it was last started.

    What was before may have been at another size: a machine that was just made larger is not made larger again for it.
    """
    advice = needed(story)
    if advice.resize is not YES:
        return advice.resize, advice.resize_why
    at = times(story.events, text, started)
    since = [one for one, when in zip(story.events, at, strict=True) if when and started and started <= when <= now]
    if needed(replace(story, events=tuple(since))).resize is YES:
        return YES, advice.resize_why
    when = f" at {_time(started)}" if started else ""
    return UNKNOWN, f"not all of that is known to be since the machine was last started{when}, perhaps at another size"


def is_too_small(
    use: MemoryUse, kills: Sequence[datetime | None], started: datetime | None, now: datetime
) -> tuple[Verdict, str]:
    """Whether what was measured since the last start agrees with kills for lack of memory, and in which words."""
    filled = [one for one in use.filled if started is None or one.at >= started]
    if not filled:
        return UNKNOWN, "could not tell whether the memory metric agrees: nothing measured the machine's memory"
    if full := _long_full(filled):
        first, last = full
        return YES, f"its memory was {FULL:g} % full or more from {_time(first.at)} to {_time(last.at)} ({use.by})"
    if end := _stops_full(filled, kills, now):
        return YES, f"its memory was {end.percent:.0f} % full when measuring it stopped at {_time(end.at)} ({use.by})"
    if grown := _grown(filled):
        low, high = grown
        said = f"grew steadily from {low.percent:.0f} to {high.percent:.0f} % until {_time(high.at)}"
        return YES, f"its memory {said} ({use.by})"
    highest = max(one.percent for one in filled)
    return NO, f"its memory was at most {highest:.0f} % full, and never full for long ({use.by}): see what takes it"


def _runs(filled: Sequence[Filled]) -> Iterator[list[Filled]]:
    """The samples in stretches without a gap."""
    run: list[Filled] = []
    for one in filled:
        if run and one.at - run[-1].at > GAP:
            yield run
            run = []
        run.append(one)
    if run:
        yield run


def _long_full(filled: Sequence[Filled]) -> tuple[Filled, Filled] | None:
    """The first and last sample of half an hour or more in which the memory was full throughout."""
    for run in _runs([one for one in filled if one.percent >= FULL]):
        if run[-1].at - run[0].at >= FOR_LONG and _is_whole(run, filled):
            return run[0], run[-1]
    return None


def _is_whole(run: Sequence[Filled], filled: Sequence[Filled]) -> bool:
    """Whether nothing lower was measured in between."""
    return len(run) == sum(run[0].at <= one.at <= run[-1].at for one in filled)


def _stops_full(filled: Sequence[Filled], kills: Sequence[datetime | None], now: datetime) -> Filled | None:
    """The last sample near a kill after which nothing was measured for a while."""
    ends = [run[-1] for run in _runs(filled) if run[-1].percent >= NEARLY_FULL and now - run[-1].at > GAP]
    near = [one for one in ends if any(kill is not None and abs(kill - one.at) <= STOPS_NEAR for kill in kills)]
    return near[-1] if near else None


def _grown(filled: Sequence[Filled]) -> tuple[Filled, Filled] | None:
    """The first and last half hour of a steady growth that ends in a memory that is all but full."""
    for run in _runs(filled):
        parts: dict[int, Filled] = {}
        for one in run:
            part = (one.at - run[0].at) // PART
            parts[part] = max(parts.get(part, one), one, key=lambda sample: sample.percent)
        tops = list(parts.values())
        start = max(
            (at + 1 for at, (a, b) in enumerate(pairwise(tops)) if b.percent < a.percent - MOST_BACK), default=0
        )
        steady = tops[start:]
        if len(steady) >= LEAST_PARTS and steady[-1].percent >= max(GROWN_TO, steady[0].percent + GROWTH):
            return steady[0], steady[-1]
    return None


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}"
