"""What an event costs, as ratios against limits measured in the same run (`make bench`).

U is `orjson.loads` of the entry. The limit of the function is one that does nothing, served in the same way.
"""

from __future__ import annotations

import shutil
import sys

import instructions
import serving
from rich.console import Console
from rich.table import Table

AT_LEAST, AT_MOST = "at least", "at most"
Row = tuple[str, float, str, float]
"""What was measured, the figure, which side of the limit it must be on, the limit."""


def main() -> int:
    """Measure what this machine can measure; 1 if a limit is broken."""
    rows = [*_instructions(), *_serving()]
    table = Table("measure", "figure", "limit", "", box=None, pad_edge=False)
    for name, figure, side, limit in rows:
        table.add_row(name, f"{figure:.2f}", f"{side} {limit}", "ok" if _holds(figure, side, limit) else "BROKEN")
    Console(width=110).print(table)
    return int(not all(_holds(figure, side, limit) for _, figure, side, limit in rows))


def _holds(figure: float, side: str, limit: float) -> bool:
    return figure >= limit if side == AT_LEAST else figure <= limit


def _instructions() -> list[Row]:
    if not shutil.which("valgrind"):
        print("skipped: instruction counts need valgrind")
        return []
    units = instructions.units()
    return [
        ("decode to decision, a denial (U)", units["denial"], AT_MOST, 4.0),
        ("decode to decision, an entry to drop (U)", units["drop"], AT_MOST, 1.5),
    ]


def _serving() -> list[Row]:
    if not serving.is_possible():
        print("skipped: throughput, start and memory need wrk, taskset and two cores")
        return []
    told = serving.ratios()
    start, memory = told.pop("first 200"), told.pop("memory")
    loads = [(f"requests/s over a no-op: {kind}", ratio, AT_LEAST, 0.85) for kind, ratio in told.items()]
    return [
        *loads,
        ("time to the first 200 over a no-op", start, AT_MOST, 1.25),
        ("peak memory over a no-op", memory, AT_MOST, 1.25),
    ]


if __name__ == "__main__":
    sys.exit(main())
