"""What came of all mornings: how often who was killed, what happened, and everything that is wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from e2e.deployment import FUNCTIONS
from e2e.morning import Happened

WIDTH, COLUMN = 24, 6
PUBLISHED = {"refusal": "refusals published", "again": "published again", "rubbish": "rubbish published"}
STRESS = ("killed at work", "answered with 503", "tasks sent twice")


def draw(mornings: Sequence[Happened], seconds: float, seed: int) -> str:
    """The table, for people."""
    return "\n".join([*_lines(mornings), "", _summary(mornings, seconds, seed), ""])


def _lines(mornings: Sequence[Happened]) -> Iterator[str]:
    yield _row("morning", [str(one) for one in range(1, len(mornings) + 1)], "all")
    for one in FUNCTIONS:
        yield _counted(f"killed {one.name}", [each.killed.get(one.name, 0) for each in mornings])
    yield _counted("kills", [sum(each.killed.values()) for each in mornings])
    for name in STRESS:
        yield _counted(f"  {name}", [each.counts.get(name, 0) for each in mornings])
    for name, said in PUBLISHED.items():
        yield _counted(said, [each.counts.get(name, 0) for each in mornings])
    for name in sorted({name for each in mornings for name in each.counts if name.startswith(("fix ", "end "))}):
        yield _counted(name, [each.counts.get(name, 0) for each in mornings])
    yield _counted("cards shown twice", [each.counts.get("cards shown twice", 0) for each in mornings])
    yield _counted("wrong", [len(each.wrong) for each in mornings])


def _counted(name: str, counts: Sequence[int]) -> str:
    return _row(name, [str(one) for one in counts], str(sum(counts)))


def _row(name: str, cells: Sequence[str], last: str) -> str:
    return f"{name:{WIDTH}}" + "".join(f"{one:>{COLUMN}}" for one in (*cells, last))


def _summary(mornings: Sequence[Happened], seconds: float, seed: int) -> str:
    kills = Counter[str]()
    for one in mornings:
        kills.update(one.killed)
    wrong = [f"  morning {at}: {said}" for at, one in enumerate(mornings, start=1) for said in one.wrong]
    said = "nothing is lost, nothing is done twice, nothing is left lying" if not wrong else f"{len(wrong)} wrong"
    return "\n".join([*wrong, f"{sum(kills.values())} kills with seed {seed} in {seconds:.0f} s: {said}"])
