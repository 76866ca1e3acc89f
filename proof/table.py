"""The counts as a table, what was wrong with how to see it again, and one run told line by line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from msgspec import Struct

from shared.model.codec import to_json

if TYPE_CHECKING:
    from proof.life import Ended, Event, Life

SHOWN = 25
NAME, COLUMN = 32, 8


class Row(Struct, frozen=True, kw_only=True):
    """What came of one run: `sizes` are its moments, calls and lines where it was undisturbed."""

    case: str
    events: tuple[Event, ...]
    seed: int
    wrong: tuple[str, ...]
    outcomes: tuple[str, ...]
    sizes: tuple[int, int, int]


def draw(rows: Iterable[Row], seconds: float, seed: int) -> str:
    """The table of every case, and what was wrong."""
    rows = list(rows)
    head = ("moments", "calls", "lines", "crashes", "faults", "others", "runs", "wrong")
    lines = [f"{'case':{NAME}}" + "".join(f"{one:>{COLUMN}}" for one in head)]
    for case in dict.fromkeys(row.case for row in rows):
        own = [row for row in rows if row.case == case]
        lines.append(f"{case:{NAME}}" + "".join(f"{one:>{COLUMN}}" for one in _counts(own)))
    total = _counts(rows)
    lines.append(f"{'all':{NAME}}" + "".join(f"{one:>{COLUMN}}" for one in total))
    kinds = Counter(one.kind.partition(":")[0] for row in rows for one in row.events)
    lines += ["", ", ".join(f"{kind} {many}" for kind, many in sorted(kinds.items()))]
    lines += ["", *_wrong([row for row in rows if row.wrong])]
    lines.append(f"{len(rows)} runs in {seconds:.0f} s with seed {seed}, {sum(bool(row.wrong) for row in rows)} wrong")
    return "\n".join(lines) + "\n"


def _counts(rows: list[Row]) -> tuple[int, ...]:
    from proof.life import CRASHES, FAULTS

    sizes = [sum(row.sizes[at] for row in rows) for at in range(3)]
    kinds = [one.kind for row in rows for one in row.events]
    crashes, faults = sum(one in CRASHES for one in kinds), sum(one in FAULTS for one in kinds)
    return (*sizes, crashes, faults, len(kinds) - crashes - faults, len(rows), sum(bool(row.wrong) for row in rows))


def _wrong(rows: list[Row]) -> Iterable[str]:
    seen: Counter[tuple[str, str, str]] = Counter()
    for row in rows:
        said = row.wrong[0]
        key = (row.case, row.events[0].kind if row.events else "", said[:60])
        seen[key] += 1
        if seen[key] == 1 and len(seen) <= SHOWN:
            yield f"WRONG  {row.case}: {'; '.join(row.wrong)}"
            yield f"       {again(row)}"
    if rows:
        yield f"{len(rows)} runs went wrong in {len(seen)} ways"
        yield ""


def again(row: Row) -> str:
    """The command that makes this run again."""
    events = " ".join(f"--event '{one.kind}@{one.at}'" for one in row.events)
    return f".venv/bin/python -m proof --seed {row.seed} --case '{row.case}' {events}"


def told(life: Life, ended: Ended) -> str:
    """One run, everything that happened in its order."""
    lines = []
    for one in life.moments.story:
        if one.what == "line":
            body = to_json(one.value.body).decode()
            lines.append(f"{one.value.at:%H:%M:%S} {one.worker:10} {one.value.fix} {one.value.number:3} {body[:170]}")
        elif one.what == "call":
            lines.append(f"{'':9}{one.worker:10}   calls {one.value}")
        else:
            lines.append(f"{'':9}{one.worker:10}   {one.what} {str(one.value)[:150]}")
    lines += ["", f"ended: {', '.join(ended.outcomes)}", *(f"WRONG  {one}" for one in ended.wrong), ""]
    return "\n".join(lines)
