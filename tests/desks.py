"""A person's desk beside a served scenario: the command line with the sandbox in Google's place, and its clock turned."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from command import run
from fakes import FakeClock
from worlds import Cloud, cloud_of

from sandbox.callers import make_call
from sandbox.rehearse import play, push_body, request_in
from sandbox.scenario import load, shipped, world_of
from shared import wiring
from shared.adapters.merging_recorder import MergingRecorder
from shared.cli.demo_apply import snapshot
from shared.execution.fold import Fix, fold
from shared.flows import detect
from shared.pipeline.workshop import Workshop

A_WHILE = timedelta(seconds=20)


class Desk:
    """The commands of one person, and what is behind them. `then` happens at every pause of a command."""

    def __init__(self, served: Cloud, scenario: Any, folder: Path) -> None:
        self.world, self.endpoint, self.folder = served.world, served.endpoint, folder
        self.refused = play(scenario, served.world, served.endpoint)
        self.again = request_in(scenario)
        self.recorder = MergingRecorder(wiring.store(), served.world.clock, timedelta(hours=24))
        self.run_id = str(self.deliver())
        self.before = snapshot(served.world)
        self.then: Callable[[timedelta], None] = self.call_again

    def deliver(self) -> object:
        told = detect(push_body(self.refused.entry), self.recorder, wiring.store(), self.world.clock)
        self.recorder.flush()
        return told["run"]

    def call_again(self, passed: timedelta) -> None:
        if self.again is not None and passed >= A_WHILE:
            make_call(self.endpoint, self.again, self.world)

    def pause(self, passed: timedelta) -> None:
        self.world.clock.turn(passed)
        self.then(passed)

    def accepted(self) -> bool:
        """Whether the call goes through now that all has arrived; what was uploaded is gone, or it would be overwritten."""
        assert self.again is not None
        self.world.clock.turn(timedelta(minutes=10))
        for one in self.world.of_kind("objects"):
            del self.world.resources[one.name]
        return make_call(self.endpoint, self.again, self.world).accepted

    def says(self, *arguments: str) -> Result:
        return run(*arguments)

    def shown_hash(self, *more: str) -> str:
        """The hash that `apply` asks for when nobody has approved anything."""
        return self.says("apply", self.run_id, *more).output.partition("--approve ")[2].split()[0]

    def applies(self, *by: str, more: tuple[str, ...] = ()) -> Result:
        approved = [word for one in by for word in ("--by", one)]
        return self.says("apply", self.run_id, "--approve", self.shown_hash(*more), *approved, *more)

    def shop(self) -> Workshop:
        return wiring.workshop()

    def fixes(self) -> list[Fix]:
        """Every fix of the run, the first one first."""
        return [fold(wiring.journal().lines(one)) for one in reversed(wiring.journal().fixes(self.run_id))]

    def unchanged(self) -> bool:
        return snapshot(self.world) == self.before


@contextmanager
def desk_at(name: str, folder: Path, patch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A scenario, played and delivered, with every setting in a folder of its own."""
    scenario = load(shipped()[name], FakeClock())
    world = world_of(scenario)
    patch.chdir(folder)
    patch.setenv("GRPC_VERBOSITY", "NONE")
    patch.setenv("UNFORBID_ORGANIZATION", world.organization)
    with cloud_of(world) as served:
        patch.setenv("UNFORBID_ENDPOINT", served.endpoint)
        patch.setattr(wiring, "clock", lambda: world.clock)
        wiring.forget()
        try:
            desk = Desk(served, scenario, folder)
            patch.setattr(wiring, "pause", desk.pause)
            yield desk
        finally:
            wiring.store().close()
            wiring.journal().close()
            wiring.forget()
