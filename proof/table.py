"""The counts as a table, what was wrong with how to see it again, and one run told line by line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from proof.events import GROUPS, KINDS, Event
from proof.hooks import CALL, LINE
from shared.model.codec import to_json

if TYPE_CHECKING:
    from proof.life import Ended, Life

SHOWN = 25
NAME, COLUMN, WIDTH = 32, 11, 170
NOT_SIZED = (0, 0, 0)


class Row(Struct, frozen=True, kw_only=True):
    """What came of one run: `sizes` are its moments, calls and lines where it was undisturbed."""

    case: str
    events: tuple[Event, ...]
    seed: int
    wrong: tuple[str, ...]
    outcomes: tuple[str, ...]
    sizes: tuple[int, int, int] = NOT_SIZED


def draw(rows: list[Row], folded: dict[str, int], seconds: float, seed: int) -> str:
    """The table of every case, what was folded, and what was wrong."""
    wrong = [row for row in rows if row.wrong]
    lines = [*_by_case(rows), "", *_by_kind(rows, folded), "", *_wrong(wrong)]
    lines.append(f"{len(rows)} runs in {seconds:.0f} s with seed {seed}, {len(wrong)} wrong")
    return "\n".join(lines) + "\n"


def _by_case(rows: list[Row]) -> Iterator[str]:
    head = ("moments", "calls", "lines", *GROUPS, "runs", "wrong")
    yield f"{'case':{NAME}}" + "".join(f"{one:>{COLUMN}}" for one in head)
    for case in dict.fromkeys(row.case for row in rows):
        own = [row for row in rows if row.case == case]
        yield f"{case:{NAME}}" + "".join(f"{one:>{COLUMN}}" for one in _counts(own))
    yield f"{'all':{NAME}}" + "".join(f"{one:>{COLUMN}}" for one in _counts(rows))


def _counts(rows: list[Row]) -> tuple[int, ...]:
    sizes = [sum(row.sizes[at] for row in rows) for at in range(3)]
    families = [one.family for row in rows for one in row.events]
    groups = [sum(one in kinds for one in families) for kinds in GROUPS.values()]
    return (*sizes, *groups, len(rows), sum(bool(row.wrong) for row in rows))


def _by_kind(rows: list[Row], folded: dict[str, int]) -> Iterator[str]:
    from proof.plan import ELSEWHERE, FOLDED

    happened = Counter(one.family for row in rows for one in row.events)
    wrong = Counter(one.family for row in rows if row.wrong for one in row.events)
    yield f"{'what happens':{NAME}}" + "".join(f"{one:>{COLUMN}}" for one in ("events", "wrong", "folded"))
    for kind in (one for one in KINDS if happened[one] or folded.get(one)):
        counts = "".join(f"{one:>{COLUMN}}" for one in (happened[kind], wrong[kind], folded.get(kind, 0)))
        why = f"  {FOLDED.get(kind, ELSEWHERE)}" if folded.get(kind) else ""
        yield f"{kind:{NAME}}{counts}{why}"


def _wrong(rows: list[Row]) -> Iterator[str]:
    """The first run of each way to go wrong, and how many went that way."""
    seen: Counter[tuple[str, str]] = Counter()
    for row in rows:
        key = (row.case, row.wrong[0][:60])
        seen[key] += 1
        if seen[key] == 1 and len(seen) <= SHOWN:
            yield f"WRONG  {row.case}: {'; '.join(row.wrong)}"
            yield f"       {again(row)}"
    for (case, said), many in seen.most_common():
        yield f"{many:4} times  {case}: {said}"
    if rows:
        yield f"{len(rows)} runs went wrong in {len(seen)} ways"
        yield ""


def again(row: Row) -> str:
    """The command that makes this run again."""
    events = "".join(f" --event '{one}'" for one in row.events)
    return f".venv/bin/python -m proof --seed {row.seed} --case '{row.case}'{events}"


def story(life: Life, ended: Ended) -> str:
    """One run, everything that happened in its order."""
    lines = [*_told(life), "", f"ended: {', '.join(ended.outcomes)}", *(f"WRONG  {one}" for one in ended.wrong)]
    return "\n".join(lines) + "\n"


def _told(life: Life) -> Iterable[str]:
    for one in life.moments.story:
        if one.what == LINE:
            body = to_json(one.value.body).decode()
            yield f"{one.value.at:%H:%M:%S} {one.worker:10} {one.value.fix} {one.value.number:3} {body[:WIDTH]}"
        elif one.what == CALL:
            yield f"{'':9}{one.worker:10}   calls {one.value}"
        else:
            yield f"{'':9}{one.worker:10}   {one.what} {str(one.value)[:WIDTH]}"
