"""How a fix looks in a terminal: what would change as a diff, the timeline, what became of it, what undo would do."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from rich.console import Console
from rich.text import Text

from shared.execution.fold import Fix
from shared.model.effect import (
    AddBinding,
    DisableApi,
    Effect,
    EnableApi,
    RemoveBinding,
    ResetMachine,
    Result,
    SetAccess,
    SetSize,
    StartMachine,
    StopMachine,
)
from shared.model.journal import Closed, Intended, Line, Moved, Outcome, Paged, Received, Seen, Tried
from shared.model.work import Access, Disable, Enable, Grant, Recover, Revoke, Work
from shared.renderings.fold import visible

STYLE_OF = {
    Outcome.FIXED: "bold green",
    Outcome.UNDONE: "bold green",
    Outcome.NOTHING: "bold cyan",
    Outcome.COULD_NOT_TELL: "bold yellow",
}
SHOWN = 160
FOR_PEOPLE = ("boot", "agent", "flow_logs", "call", "evidence", "owned", "watchdog")
"""What is observed for people; other observations are for the machinery."""
RESULTS = {
    Result.CHANGED: "done",
    Result.ALREADY: "it was so already, so it is not ours",
    Result.STARTED: "Google has begun",
    Result.REFUSED: "refused",
}


def draw_works(out: Console, works: Iterable[Work]) -> None:
    """What would change, as a diff: a minus for what goes, a plus for what comes."""
    for work in works:
        for sign, line in _diff(work):
            out.print(Text.assemble((f"  {sign} ", _COLOUR[sign]), (visible(line), _COLOUR[sign])))


_COLOUR = {"+": "green", "-": "red", "!": "yellow", " ": "dim"}


def _diff(work: Work) -> Iterable[tuple[str, str]]:
    if isinstance(work, Grant):
        yield " ", work.resource
        yield "+", f"{work.role}  {work.member}"
        by = "by its own condition" if work.condition else "by our own revocation, queued before the write"
        yield " ", f"ends {work.until:%Y-%m-%d %H:%M} UTC, {by}"
    elif isinstance(work, Revoke):
        yield " ", work.resource
        yield "-", f"{work.role}  {work.member}"
    elif isinstance(work, Enable):
        yield " ", work.project
        yield "+", f"{work.service}  ENABLED, with what it depends on"
    elif isinstance(work, Disable):
        yield " ", work.project
        yield "-", f"{', '.join(work.services)}  if nothing used it since"
    else:
        yield from _machine_diff(work)


def _machine_diff(work: Access | Recover) -> Iterable[tuple[str, str]]:
    yield " ", work.machine.full_name
    if isinstance(work, Access):
        scopes = ", ".join(scope.rpartition("/")[2] for scope in work.scopes) or "no scopes"
        yield "+", f"{work.account or 'no account'}  {scopes}"
        yield "!", "the machine is stopped and started: what runs on it is interrupted"
    elif work.machine_type:
        yield "+", f"machine type {work.machine_type}"
        yield "!", "the machine is stopped and started: what runs on it is interrupted"
    else:
        yield "!", "the machine is reset: what it has in memory is lost, and it cannot be undone"


def draw_fix(out: Console, fix: Fix, lines: Iterable[Line], undo: Iterable[Work]) -> None:
    """One fix whole: who approved what, the timeline, how it ended, what undo would do."""
    kind = f"undo of {fix.opened.undo_of}" if fix.opened.undo_of else f"fix of {fix.opened.run}"
    by = ", ".join(visible(one) for one in fix.opened.approved_by)
    out.print(Text.assemble((fix.id, "bold"), f"  {kind}, approved by {by}, plan {fix.opened.plan_hash[:12]}"))
    draw_works(out, fix.opened.works)
    for line in lines:
        if text := told(line):
            out.print(Text.assemble((f"  {line.at:%H:%M:%S}  ", "dim"), text))
    if fix.outcome is not None:
        out.print(ended(fix))
        taken = list(undo)
        if taken:
            out.print("undo would take back:")
            draw_works(out, taken)


def ended(fix: Fix) -> Text:
    """How a fix ended, and why."""
    outcome = fix.outcome or Outcome.COULD_NOT_TELL
    style = STYLE_OF.get(outcome, "bold red")
    return Text.assemble((f"  {outcome.value.replace('_', ' ')}", style), f"  {visible(fix.why)}")


def told(line: Line) -> Text | None:
    """One line of a journal in words, None for what only the machinery needs."""
    teller = _TELLERS.get(type(line.body))
    return teller(line.body) if teller else None


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


def effect_said(effect: Effect) -> str:
    """An effect in words."""
    return _EFFECTS[type(effect)](effect)


_EFFECTS: dict[type, Callable[[Any], str]] = {
    AddBinding: lambda one: f"add {one.member} to {one.role} on {one.resource}",
    RemoveBinding: lambda one: f"take {one.member} out of {one.role} on {one.resource}",
    EnableApi: lambda one: f"switch {one.service} on in {one.project}",
    DisableApi: lambda one: f"switch {one.service} off in {one.project}",
    StopMachine: lambda one: f"stop {one.machine.name}",
    StartMachine: lambda one: f"start {one.machine.name}",
    ResetMachine: lambda one: f"reset {one.machine.name}",
    SetAccess: lambda one: (
        f"give {one.machine.name} the account {one.account} with "
        + ", ".join(scope.rpartition("/")[2] for scope in one.scopes)
    ),
    SetSize: lambda one: f"give {one.machine.name} the machine type {one.machine_type}",
}
