"""How runs look in a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Table

from shared.cli.draw import console, draw_report
from shared.cli.draw_fix import draw_fix
from shared.model.run import Dropped, Quarantined, Run
from shared.renderings.fold import visible

if TYPE_CHECKING:
    from shared.cli.runs import ToldFix

SHOWN_BYTES = 400


def draw_runs(runs: Sequence[Run], dropped: Sequence[Dropped], kept: Sequence[Quarantined]) -> None:
    """Every run in a line, then what was dropped and what could not be read."""
    out = console()
    if not runs:
        out.print("no runs yet: deliver an entry to `unforbid serve`, or try `unforbid demo`")
    else:
        table = Table(box=None, pad_edge=False)
        for heading in ("run", "state", "times", "last seen", "cause", "who", "where"):
            table.add_column(
                heading,
                overflow="fold",
                justify="right" if heading == "times" else "left",
                no_wrap=heading in ("run", "state"),
            )
        for run in runs:
            report = run.report
            cells = (
                run.id,
                run.state.value,
                str(run.count),
                f"{run.last_seen:%Y-%m-%d %H:%M:%S}",
                report.cause or "",
                report.principal or "-",
                report.resource or "-",
            )
            table.add_row(*(visible(cell) for cell in cells))
        out.print(table)
    if dropped:
        out.print(f"\nno denials: {sum(one.count for one in dropped)}")
        for one in dropped:
            out.print(f"  {one.count:>6}  {visible(one.reason)}")
    if kept:
        out.print(f"\nin quarantine: {len(kept)}")
        for item in kept:
            out.print(f"  {item.id}  {item.at:%Y-%m-%d %H:%M:%S}  {item.size} bytes  {visible(item.reason)}")


def draw_run(run: Run, fixes: Sequence[ToldFix] = ()) -> None:
    """One run: when and how often, then the whole report, then every fix of it, the first one first."""
    out = console()
    out.print(f"{run.id}  {run.state.value}")
    out.print(f"opened {run.opened_at:%Y-%m-%d %H:%M:%S} UTC, last seen {run.last_seen:%Y-%m-%d %H:%M:%S} UTC")
    out.print(f"entries: {run.count}, deliveries: {run.deliveries}\n")
    draw_report(out, run.report)
    for one in fixes:
        draw_fix(out, one.fix, one.lines, one.undo)
        out.print()


def draw_told(told: ToldFix) -> None:
    """One fix whole."""
    draw_fix(console(), told.fix, told.lines, told.undo)


def draw_quarantined(item: Quarantined) -> None:
    """One message that could not be read: why, and how it begins."""
    out = console()
    out.print(f"{item.id}  {item.at:%Y-%m-%d %H:%M:%S} UTC  {item.size} bytes  sha256 {item.sha256}")
    out.print(f"reason: {visible(item.reason)}")
    out.print("begins: " + visible(item.data[:SHOWN_BYTES].decode("utf-8", "backslashreplace")))
