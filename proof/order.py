"""Whether the journal tells the truth, and in time: intent before effect, receipt after it, one worker at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from proof.hooks import CALL, EFFECT, FREED, LINE, OVER, RECEIPT, TAKEN
from shared.execution.fold import FIRST, Fix
from shared.model.effect import (
    AddBinding,
    DisableApi,
    EnableApi,
    RemoveBinding,
    ResetMachine,
    Result,
    StartMachine,
)
from shared.model.journal import GOES_ON, Claimed, Closed, Intended, Line, Moved, Outcome, Received, Seen
from shared.moves import MOVES, VERIFY

if TYPE_CHECKING:
    from proof.life import Life

CHANGES = (".setIamPolicy", "services.enable", "services.disable", "instances.stop", "instances.start",
           "instances.reset", "instances.setServiceAccount", "instances.setMachineType")  # fmt: skip
WATCHDOG = "watchdog"
NOT_TAKEN_BACK = (StartMachine, ResetMachine)


def broken(life: Life, fixes: list[Fix]) -> list[str]:
    """Every sentence about a journal that does not tell the story as it was."""
    wrong = [*Reading().wrong_in(life)]
    for fix in fixes:
        lines = life.scene.journal.lines(fix.id)
        wrong += [*_claims(lines), *_edges(fix, lines), *_images(lines)]
    return wrong


class Reading:
    """The story read from its beginning, line by line."""

    def __init__(self) -> None:
        self.intended: list[tuple[str, Any]] = []
        self.came_back: list[Any] = []
        self.doing: list[Any] = []
        self.watchdog = False
        self.at_work: dict[str, str] = {}
        self.holders: dict[str, str] = {}
        self.over: set[str] = set()

    def wrong_in(self, life: Life) -> Iterator[str]:
        """What was done in the wrong order."""
        for told in life.moments.story:
            if told.what == LINE:
                yield from self._line(told.value)
            elif told.what == EFFECT:
                yield from self._effect(told.value)
            elif told.what == RECEIPT:
                self.came_back.append(told.value[0])
            elif told.what == TAKEN:
                yield from self._taken(*told.value)
            elif told.what == FREED:
                self.holders = {target: fix for target, fix in self.holders.items() if fix != told.value}
            elif told.what == OVER:
                self.doing.remove(told.value)
            elif told.what == CALL and told.value.endswith(CHANGES) and not self.doing:
                yield f"{told.value} was called although no effect was begun"

    def _taken(self, target: str, fix: str) -> Iterator[str]:
        if self.holders.setdefault(target, fix) != fix:
            yield f"two fixes hold {target} at once"

    def _line(self, line: Line) -> Iterator[str]:
        body = line.body
        if isinstance(body, Intended):
            self.intended.append((line.fix, body.effect))
        elif isinstance(body, Seen) and body.what == WATCHDOG:
            self.watchdog = True
        elif isinstance(body, Received) and body.receipt.result is not Result.UNKNOWN:
            last = next((one for fix, one in reversed(self.intended) if fix == line.fix), None)
            if last not in self.came_back:
                yield f"the receipt of {type(last).__name__} is journaled before it came back"
        elif isinstance(body, Closed):
            self._closed(line.fix, body.outcome)

    def _closed(self, fix: str, outcome: Outcome) -> None:
        if outcome not in GOES_ON:
            self.over.add(fix)
            self.at_work = {target: other for target, other in self.at_work.items() if other != fix}

    def _effect(self, effect: Any) -> Iterator[str]:
        self.doing.append(effect)
        fix = next((fix for fix, one in self.intended if one == effect), None)
        if fix is None:
            if not (self.watchdog and isinstance(effect, StartMachine)):
                yield f"{type(effect).__name__} was begun without its intent in the journal"
            return
        target = _target(effect)
        if (
            fix in self.over
        ):  # sent by who was paused right before it: etags and request ids keep it from changing anything
            return
        if self.at_work.setdefault(target, fix) != fix:
            yield f"{type(effect).__name__} of one fix while another one is at {target}"


def _target(effect: Any) -> str:
    if isinstance(effect, AddBinding | RemoveBinding):
        return effect.resource
    if isinstance(effect, EnableApi | DisableApi):
        return f"{effect.project}/{effect.service}"
    return str(effect.machine.full_name)


def _claims(lines: list[Line]) -> Iterator[str]:
    """A claim is respected while it holds, and whoever was overtaken writes no more."""
    generation, held_until = 0, None
    for line in lines[1:]:
        body = line.body
        if isinstance(body, Claimed):
            if body.generation <= generation:
                yield f"claim {body.generation} follows claim {generation}"
            if held_until is not None and line.at < held_until:
                yield f"{body.worker} has claimed what another worker still holds"
            generation, held_until = body.generation, body.until
        elif line.generation != generation:
            yield f"a line of claim {line.generation} is kept under claim {generation}"
        elif _lets_go(body):
            held_until = None


def _lets_go(body: object) -> bool:
    """Whether a worker is through with its invocation by this line."""
    from shared.model.journal import Tried

    return isinstance(body, Moved | Received | Closed | Tried)


def _edges(fix: Fix, lines: list[Line]) -> Iterator[str]:
    """Every transition is one of the table."""
    states = dict.fromkeys(range(len(fix.steps)), FIRST)
    for line in lines:
        body = line.body
        if not isinstance(body, Moved | Received | Closed):
            continue
        works = fix.opened.works
        moves = MOVES[type(works[body.step])] if body.step < len(works) else VERIFY
        to = "end" if isinstance(body, Closed) else body.state
        if (states[body.step], to) not in {(one, other) for one, other, _ in moves.edges}:
            yield f"{moves.work.__name__} went from {states[body.step]} to {to}, which is no transition"
        states[body.step] = to


def _images(lines: list[Line]) -> Iterator[str]:
    """Every intent has what was there before, and what takes it back."""
    for line in lines:
        body = line.body
        if not isinstance(body, Intended):
            continue
        name, before = type(body.effect).__name__, body.before
        if isinstance(body.effect, AddBinding | RemoveBinding):
            is_told = bool(before.etag) and before.present is isinstance(body.effect, RemoveBinding)
        elif isinstance(body.effect, EnableApi | DisableApi):
            is_told = (body.effect.service in before.services) is isinstance(body.effect, DisableApi)
            is_told = is_told and bool(before.services)
        else:
            is_told = bool(before.status and before.machine_type and before.account)
        if not is_told:
            yield f"{name} was intended without what was there before"
        if body.inverse is None and not isinstance(body.effect, NOT_TAKEN_BACK):
            yield f"{name} was intended without what takes it back"
