"""How a fix looks in a terminal: what would change as a diff, the timeline, what became of it, what undo would do."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from shared.execution.fold import Fix
from shared.model.effect import (
    AddBinding,
    Before,
    DisableApi,
    EnableApi,
    RemoveBinding,
    ResetMachine,
    Result,
    SetAccess,
    SetSize,
    StartMachine,
    StopMachine,
)
from shared.model.journal import (
    GOES_ON,
    Closed,
    Intended,
    Line,
    Moved,
    Opened,
    Outcome,
    Paged,
    Received,
    Seen,
    Tried,
)
from shared.model.work import Grant, Work
from shared.render.diff import diff_of, ends, short
from shared.render.timeline import FOR_PEOPLE, RESULTS, effect_said
from shared.renderings.fold import visible

STYLE_OF = {
    Outcome.FIXED: "bold green",
    Outcome.UNDONE: "bold green",
    Outcome.NOTHING: "bold cyan",
    Outcome.COULD_NOT_TELL: "bold yellow",
}
SHOWN = 160
INDENT = 2


def draw_works(out: Console, works: Iterable[Work]) -> None:
    """What would change, as a diff: a minus for what goes, a plus for what comes."""
    for work in works:
        _draw_diff(out, _lines(work))


def _draw_diff(out: Console, diff: Iterable[tuple[str, str]]) -> None:
    grid = Table.grid(padding=(0, 1, 0, 0))
    for sign, line in diff:
        grid.add_row(Text(sign, _COLOUR[sign]), Text(visible(line), _COLOUR[sign]))
    if grid.row_count:
        out.print(Padding(grid, (0, 0, 0, INDENT)))


def draw_line(out: Console, text: Text) -> None:
    """A line that belongs to what stands above it, also where it is too long for one."""
    out.print(Padding(text, (0, 0, 0, INDENT)))


_COLOUR = {"+": "green", "-": "red", "!": "yellow", " ": "dim"}


def _lines(work: Work) -> Iterable[tuple[str, str]]:
    yield from diff_of(work)
    if isinstance(work, Grant):
        yield " ", f"ends {work.until:%Y-%m-%d %H:%M} UTC, {ends(work)}"


def draw_fix(out: Console, fix: Fix, lines: Iterable[Line], undo: Iterable[Work] | str) -> None:
    """One fix whole: who approved what, the timeline, what changed, the proof, what undo would do, or why it cannot."""
    kind = f"undo of {fix.opened.undo_of}" if fix.opened.undo_of else f"fix of {fix.opened.run}"
    by = ", ".join(visible(one) for one in fix.opened.approved_by)
    out.print(Text.assemble((fix.id, "bold"), f"  {kind}, approved by {by}, plan {fix.opened.plan_hash[:12]}"))
    out.print(f"begun {fix.opened_at:%Y-%m-%d %H:%M:%S} UTC; what was approved:")
    draw_works(out, fix.opened.works)
    telling = Telling()
    for line in lines:
        if text := telling(line):
            draw_line(out, Text.assemble((f"{line.at:%H:%M:%S}  ", "dim"), text))
    changed = list(changes(fix))
    out.print("what was changed:" if changed else "nothing was changed")
    _draw_diff(out, changed)
    draw_line(out, ended(fix) if fix.outcome is not None else Text("it goes on", "bold cyan"))
    if fix.opened.undo_of is None:
        out.print(f"undo: {visible(undo)}" if isinstance(undo, str) else "undo would do:")
        draw_works(out, () if isinstance(undo, str) else undo)


def changes(fix: Fix) -> Iterable[tuple[str, str]]:
    """What a fix changed, by its receipts: signs and lines of a diff against what was there before."""
    for step in fix.steps:
        for done in step.effects:
            if done.receipt is not None and done.receipt.result in CHANGED:
                yield from _CHANGES[type(done.effect)](done.effect, done.before)


CHANGED = (Result.CHANGED, Result.STARTED, Result.UNKNOWN)


def _binding(one: AddBinding | RemoveBinding, _: Before) -> Iterable[tuple[str, str]]:
    yield " ", one.resource
    yield "+" if isinstance(one, AddBinding) else "-", f"{one.role}  {one.member}"


def _api(one: EnableApi | DisableApi, _: Before) -> Iterable[tuple[str, str]]:
    yield " ", one.project
    yield "+" if isinstance(one, EnableApi) else "-", f"{one.service}  ENABLED"


def _access(one: SetAccess, before: Before) -> Iterable[tuple[str, str]]:
    yield " ", one.machine.full_name
    yield "-", f"{before.account or 'no account'}  {short(before.scopes)}"
    yield "+", f"{one.account or 'no account'}  {short(one.scopes)}"


def _size(one: SetSize, before: Before) -> Iterable[tuple[str, str]]:
    yield " ", one.machine.full_name
    yield "-", f"machine type {before.machine_type}"
    yield "+", f"machine type {one.machine_type}"


def _interruption(one: StopMachine | StartMachine | ResetMachine, _: Before) -> Iterable[tuple[str, str]]:
    said = {StopMachine: "was stopped", StartMachine: "was started", ResetMachine: "was reset"}[type(one)]
    yield "!", f"{one.machine.name} {said}"


_CHANGES: dict[type, Callable[[Any, Before], Iterable[tuple[str, str]]]] = {
    AddBinding: _binding,
    RemoveBinding: _binding,
    EnableApi: _api,
    DisableApi: _api,
    SetAccess: _access,
    SetSize: _size,
    StopMachine: _interruption,
    StartMachine: _interruption,
    ResetMachine: _interruption,
}


def ended(fix: Fix) -> Text:
    """How a fix ended, and why."""
    outcome = fix.outcome or Outcome.COULD_NOT_TELL
    style = STYLE_OF.get(outcome, "bold red")
    return Text.assemble((outcome.value.replace("_", " "), style), f"  {visible(fix.why)}")


class Telling:
    """Lines of one journal in words, in their order; None for what only the machinery needs, or what is no news.

    An observation is news when its verdict changes, an attempt without an answer when the reason does; what ended the
    whole fix is told by `ended`.
    """

    def __init__(self) -> None:
        self._last: dict[tuple[int, str], str] = {}
        self._works = 0

    def __call__(self, line: Line) -> Text | None:
        """One line, if it is for people and says something new."""
        body = line.body
        if isinstance(body, Opened):
            self._works = len(body.works)
        if isinstance(body, Closed) and (body.outcome not in GOES_ON or body.step == self._works):
            return None
        if isinstance(body, Seen) and not self._is_news(body.step, body.what, body.value.partition(": ")[0]):
            return None
        if isinstance(body, Tried) and not self._is_news(body.step, "tried", body.why):
            return None
        teller = _TELLERS.get(type(body))
        return teller(body) if teller else None

    def _is_news(self, step: int, what: str, said: str) -> bool:
        before = self._last.get((step, what))
        self._last[step, what] = said
        return before != said


def _moved(body: Moved) -> Text | None:
    return Text(f"{body.state.lower().replace('_', ' ')}: {visible(body.note)}", "dim") if body.note else None


def _seen(body: Seen) -> Text | None:
    if body.what not in FOR_PEOPLE:
        return None
    return Text(f"{body.what.replace('_', ' ')}: {visible(body.value)[:SHOWN]}", "dim")


def _received(body: Received) -> Text:
    said = visible(body.receipt.said)[:SHOWN]
    return Text(f"{RESULTS[body.receipt.result]}{f': {said}' if said else ''}")


_TELLERS: dict[type, Callable[[Any], Text | None]] = {
    Intended: lambda body: Text.assemble(("will ", "bold"), visible(effect_said(body.effect))),
    Received: _received,
    Moved: _moved,
    Tried: lambda body: Text(f"no answer, again at {body.due:%H:%M:%S}: {visible(body.why)[:SHOWN]}", "yellow"),
    Paged: lambda body: Text(f"a person is called: {visible(body.why)}", "bold red"),
    Seen: _seen,
    Closed: lambda body: Text(f"step {body.step + 1} {body.outcome.value.replace('_', ' ')}: {visible(body.why)}"),
}
