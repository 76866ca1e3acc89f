"""Lets an event happen in a run: at its moment, at its call, or as a habit of the machine or the project."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from random import Random
from typing import TYPE_CHECKING

from proof.events import (
    CRASHES,
    DEATHS,
    DOWN,
    FAILS,
    FAULTS,
    FOREIGN,
    HANGS,
    LOSES,
    OVERTAKEN,
    REFUSED,
    REMADE,
    RIVAL,
    STALE_LOOK,
    STOCKOUTS,
    STORE,
    SWITCH_FAILS,
    Event,
)
from proof.hooks import Killed
from proof.scenery import machine_of, project_of, somebody_writes
from sandbox.compute_operations import settle
from sandbox.errors import Refusal
from sandbox.faults import FaultKind
from sandbox.machines import RECREATED, change_status
from shared.errors import StoreUnavailable
from shared.pipeline.execute import HELD_FOR, execute

if TYPE_CHECKING:
    from proof.life import Life

DOWN_FOR = timedelta(hours=1)
MOST_TURNS = 6
"""How many sweeps may come by while a worker is paused: enough to be overtaken in every state."""


class Happenings:
    """What is to happen in one run; `dice` decide how long a pause is."""

    def __init__(self, life: Life, dice: Random) -> None:
        self._life, self._dice = life, dice

    def arrange(self, event: Event) -> None:
        """Let it happen when its time has come."""
        life = self._life
        if event.kind in CRASHES:
            life.moments.at(event.at, self._crash(event.kind))
        elif event.kind == STALE_LOOK:
            life.moments.outdate(event.at)
        elif event.kind == REFUSED:
            life.scene.calls.at(event.at, _refuses)
        elif event.kind in FAULTS:
            life.world.faults.add("*", FaultKind(event.kind), times=1, after=event.at)
        elif event.family == SWITCH_FAILS:
            said = {"code": 13, "message": "Internal error encountered."}
            project_of(life.world).hidden["switch_fails"] = {event.part: said}
        elif event.family in (FAILS, LOSES, HANGS, STOCKOUTS):
            self._habit(event)
        else:
            life.scene.calls.at(event.at, partial(self._somebody, event.kind))

    def _habit(self, event: Event) -> None:
        machine, life = machine_of(self._life.world), self._life
        if event.family == FAILS:
            verb, _, code = event.part.partition(":")
            machine.hidden["fails"] = {verb: [code]}
        elif event.family == LOSES:
            machine.hidden["loses_operations"] = int(event.part)
        elif event.family == STOCKOUTS:
            machine.hidden["start_stockouts"] = int(event.part)
        else:
            machine.hidden["stop_hangs"] = True
            life.later(DOWN_FOR, lambda: machine.hidden.pop("stop_hangs", None))

    # at a moment of the workers

    def _crash(self, kind: str) -> Callable[[], None]:
        if kind in DEATHS:
            return partial(self._dies, kind)
        return {RIVAL: self._rival, OVERTAKEN: self._pause, STORE: _store_fails}[kind]

    def _dies(self, kind: str) -> None:
        if kind == DOWN:
            self._life.executor_down_for(DOWN_FOR)
        raise Killed(kind)

    def _rival(self) -> None:
        """Another worker is woken for the same fixes at this very moment, before the first one goes on."""
        life = self._life
        worker = life.moments.worker
        for fix in life.scene.journal.unfinished():
            life.as_an_invocation(partial(self._woken, fix))
        life.moments.worker = worker

    def _woken(self, fix: str) -> None:
        execute(fix, self._life.scene.shop())

    def _pause(self) -> None:
        """The worker is paused for longer than its claim holds; others go on meanwhile, then it wakes up again."""
        life = self._life
        worker = life.moments.worker
        for _ in range(self._dice.randint(1, MOST_TURNS)):
            life.turn(HELD_FOR + timedelta(seconds=1))
            life.as_an_invocation(life.swept)
        life.moments.worker = worker

    # at a call to the sandbox

    def _somebody(self, kind: str) -> None:
        life = self._life
        settle(life.world)
        machine = machine_of(life.world)
        if kind == FOREIGN:
            somebody_writes_everywhere(life)
        elif kind == REMADE:
            life.records.remade(machine)
            change_status(life.world, machine, RECREATED, life.world.now())
        elif machine.body["status"] == "TERMINATED":
            change_status(life.world, machine, "RUNNING", life.world.now())


def somebody_writes_everywhere(life: Life) -> None:
    """Others change what is theirs, in every policy."""
    for name, resource in list(life.world.resources.items()):
        if resource.policies:
            somebody_writes(life.world, name)


def _refuses() -> None:
    raise Refusal("FAILED_PRECONDITION", "Precondition check failed.")


def _store_fails() -> None:
    raise StoreUnavailable("the store does not answer")
