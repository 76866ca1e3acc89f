"""What was shown, what would be done now -> what has changed between them, in words."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest

import msgspec

from shared.model.work import Work

OF_THE_TIME = ("until", "condition", "enabled_at")
"""Fields that are other ones a minute later, although the same was approved."""
LONGEST_WORD = 120


def changed(shown: tuple[Work, ...], now: tuple[Work, ...]) -> str:
    """What differs between two plans of one run, in a sentence."""
    told = [said for was, work in zip_longest(shown, now) for said in _differences(was, work)]
    return "; ".join(told) or "a fix of this run was begun since, or the call that has to succeed is another one"


def _differences(was: Work | None, work: Work | None) -> Iterator[str]:
    if was is None:
        yield f"new: {_said(work)}"
    elif work is None:
        yield f"gone: {_said(was)}"
    elif type(was) is not type(work):
        yield f"{_said(was)} has become {_said(work)}"
    else:
        before, after = _facts(was), _facts(work)
        for name in before:
            if before[name] != after[name]:
                yield f"{name} was {_short(before[name])} and is {_short(after[name])}"


def _facts(work: Work) -> dict[str, object]:
    return {name: value for name, value in msgspec.structs.asdict(work).items() if name not in OF_THE_TIME}


def _said(work: Work | None) -> str:
    """A work by its kind and what it names."""
    named = (value for value in _facts(work).values() if value and isinstance(value, str)) if work is not None else ()
    return f"{type(work).__name__.lower()} {' '.join(map(_short, named))}"


def _short(value: object) -> str:
    said = str(value)
    return said if len(said) <= LONGEST_WORD else f"{said[:LONGEST_WORD]}…"
