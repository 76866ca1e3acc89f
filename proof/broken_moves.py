"""Defects of what is decided: what is not looked at, not tried again, or forgotten."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from proof.planting import Planted
from shared.execution.next import End, Go
from shared.model.effect import Result
from shared.model.evidence import UNKNOWN
from shared.model.journal import Outcome
from shared.moves import grant, restart, starting
from shared.moves.scene import CHECKED, OURS, SET, SETTING

SWEEP = import_module("shared.pipeline.sweep")


def end_forgotten() -> tuple[Planted, ...]:
    """The end of a grant is taken out of the queue, and nothing is begun."""

    def ends(self: Any, item: str) -> int:
        self._shop.queue.drop(item)
        return 0

    return (Planted(SWEEP._Sweeper, "_end_grants", ends),)  # noqa: SLF001 - a defect is inside of what it breaks


def all_given() -> tuple[Planted, ...]:
    """A binding counts as ours whether it was there before or not."""
    return (Planted(grant, "OURS", (*grant.OURS, Result.ALREADY)),)


def doubt_is_ours() -> tuple[Planted, ...]:
    """A binding that may be ours or somebody else's counts as ours, and nobody looks who has given it."""
    return (Planted(grant, "whose", lambda *_: End(outcome=Outcome.OK, why="it is there")),)


def one_read() -> tuple[Planted, ...]:
    """A read that lags behind the write is believed."""
    return (Planted(grant, "look_again", lambda _: None),)


def stopped_on_doubt() -> tuple[Planted, ...]:
    """A machine of which it cannot be told whether it has come up is stopped once more."""
    return (Planted(starting, "NO", UNKNOWN),)


def one_start() -> tuple[Planted, ...]:
    """A start that fails for lack of room is the end of it."""

    def again(scene: Any, told: Any, **_: Any) -> End:
        return End(outcome=Outcome.FAILED, why=f"{scene.change.name.name} could not be started: {told.words}")

    return (Planted(starting, "_again", again),)


def not_read_back() -> tuple[Planted, ...]:
    """That something was asked for is taken for having been done."""

    def setting(scene: Any) -> Any:
        return scene.start("STARTING", {SET: OURS}) if scene.is_stopped else Go(state="STARTING", seen={SET: OURS})

    def checked(_: Any) -> End:
        return End(outcome=Outcome.OK, why="it was asked for")

    return (Planted(restart.STATES, SETTING, setting), Planted(restart.STATES, CHECKED, checked))


def no_watchdog() -> tuple[Planted, ...]:
    """Nobody looks for machines that were left stopped."""
    return (Planted(SWEEP, "left_stopped", lambda *_: ()),)
