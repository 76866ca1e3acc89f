"""How a policy and what it says look in a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from shared.cli.draw import console
from shared.model.decision import Quorum
from shared.model.plan import Remedy
from shared.model.policy import GatePolicy
from shared.model.subject import Subject
from shared.policy.rulebook import WORDS, Heard, Ruling
from shared.renderings.fold import visible

STYLES = {"ignore": "green", "notify": "yellow", "dry_run": "cyan", "approve": "magenta", "auto": "bold red"}
UNTOLD = "could not tell"


def draw_summary(file: Path, policy: GatePolicy, *, roles_read: bool) -> None:
    """A good policy: its digest, what its rules permit, who is asked."""
    out, modes = console(), Counter(WORDS[rule.then.mode] for rule in policy.rules)
    out.print(Text.assemble(("GOOD", "bold green"), f"  {file}"))
    grid = _grid()
    grid.add_row("digest", f"sha256:{policy.digest}")
    counted = ", ".join(f"{modes[mode]} {mode}" for mode in STYLES if modes[mode])
    grid.add_row("rules", f"{len(policy.rules)}: {counted}" if counted else "none: everything is told")
    grid.add_row("defaults", f"{_hours(policy.defaults.hours)}, {policy.defaults.minutes} minutes to approve")
    for at, one in enumerate(policy.approvers):
        grid.add_row("" if at else "approvers", _quorum(one))
    if not roles_read:
        grid.add_row("note", "what the roles hold was not checked: read them with `unforbid roles refresh`")
    out.print(Padding(grid, (0, 0, 0, 2)))


def draw_step(out: Console, entry: str, subject: Subject, ruling: Ruling, heard: Iterable[Heard]) -> None:
    """One step: what it is, what the rules say, on what terms, and what became of each rule."""
    mode = WORDS[ruling.mode]
    out.print(Text.assemble((mode, STYLES[mode]), "  ", visible(entry)))
    grid = _grid()
    for label, content in _rows(subject, ruling):
        grid.add_row(label, content)
    for at, one in enumerate(heard):
        grid.add_row("" if at else "rules", _line(one))
    out.print(Padding(grid, (0, 0, 1, 2)))


def _rows(subject: Subject, ruling: Ruling) -> Iterable[tuple[str, str]]:
    what = " ".join((subject.action, *subject.roles, *subject.services))
    yield "step", visible(f"{what} for {subject.cause} ({subject.source})")
    yield "who", visible(subject.principal or UNTOLD)
    yield "on", visible(subject.target or UNTOLD)
    yield "why", visible("; ".join(ruling.reasons))
    permits = WORDS[ruling.mode] in ("approve", "auto")
    if permits and subject.action == Remedy.GRANT_ROLE:
        yield "lasts", _hours(ruling.hours)
    if permits and ruling.window:
        yield "window", visible(ruling.window)
    for one in ruling.quorums:
        yield "asks", visible(f"{_quorum(one)}, within {ruling.minutes} minutes")


def _line(one: Heard) -> Text:
    mark = ("decides", "bold") if one.decided else ("matches", "") if one.matched == "yes" else (one.matched, "dim")
    return Text.assemble(
        f"{one.rule}  ", (WORDS[one.mode], STYLES[WORDS[one.mode]]), "  ", mark, f"  {visible(one.why)}"
    )


def _quorum(one: Quorum) -> str:
    return f"{one.need} of {one.name} (group {one.group_id}){', with strong proof' if one.strong else ''}"


def _hours(hours: int) -> str:
    return f"{hours} hour{'s' if hours > 1 else ''}"


def _grid() -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True, min_width=9)
    grid.add_column(overflow="fold")
    return grid
