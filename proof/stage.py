"""One served sandbox for a whole process, whose world is made anew for each run; Google's own clients talk to it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from proof.hooks import CLOUD, JOURNAL, SIGHT, Calls, Moments, Watched
from sandbox.clock import SandboxClock
from sandbox.server import serving
from sandbox.world import World
from shared.adapters import asking
from shared.adapters.google_clients import GoogleClients
from shared.adapters.google_cloud import GoogleCloud
from shared.adapters.google_sight import GoogleSight
from shared.adapters.sqlite_journal import SqliteJournal
from shared.pipeline.execute import Workshop

SHORTENED = {"INITIAL": 0.001, "MOST": 0.002}
"""What passes by itself is asked again at once: no time is lost by waiting for a sandbox whose time stands still."""
MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of its own is made in it


class Scene:
    """One run: its world, its journal, its moments, and workers as many as are wanted."""

    def __init__(self, stage: Stage, journal: SqliteJournal) -> None:
        self.world, self.journal, self.moments = stage.world, journal, Moments()
        self.calls = Calls(self.moments)
        self.world.calls = self.calls
        self._ports = {
            "sight": Watched(stage.sight, SIGHT, self.moments),
            "cloud": Watched(stage.cloud, CLOUD, self.moments),
            "journal": (kept := Watched(journal, JOURNAL, self.moments)),
            "queue": kept,
        }
        self._workers = count(1)

    def shop(self, name: str = "") -> Workshop:
        """What a new worker works with."""
        worker = name or f"worker-{next(self._workers)}"
        self.moments.worker = worker
        return Workshop(**self._ports, clock=self.world.clock, worker=worker)  # type: ignore[arg-type]


class Stage:
    """A served world, whose content is replaced for each run; clients and server stay."""

    def __init__(self, world: World, endpoint: str, folder: Path) -> None:
        self.world, self._folder, self._runs = world, folder, count()
        clients = GoogleClients(endpoint)
        self.sight, self.cloud = GoogleSight(clients), GoogleCloud(clients, reason="proof")

    @contextmanager
    def scene(self, fresh: World) -> Iterator[Scene]:
        """A run in a world of its own, with an empty journal."""
        with self.world.lock:
            kept: dict[str, Any] = {name: value for name, value in vars(fresh).items() if name != "lock"}
            vars(self.world).update(kept)
        path = self._folder / f"journal-{next(self._runs)}.db"
        try:
            with closing(SqliteJournal(path)) as journal:
                yield Scene(self, journal)
        finally:
            for left in self._folder.glob(f"{path.name}*"):
                left.unlink()


@contextmanager
def opened(start: Any) -> Iterator[Stage]:
    """The stage of this process; patience is shortened as long as it is open."""
    before = {name: getattr(asking, name) for name in SHORTENED}
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    world = World(clock=SandboxClock(start))
    where = MEMORY if MEMORY.is_dir() else None
    with serving(world) as endpoint, tempfile.TemporaryDirectory(dir=where) as folder:
        for name, value in SHORTENED.items():
            setattr(asking, name, value)
        try:
            yield Stage(world, endpoint, Path(folder))
        finally:
            for name, value in before.items():
                setattr(asking, name, value)
