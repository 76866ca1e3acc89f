"""One served sandbox for a whole process, whose world is made anew for each run; Google's own clients talk to it."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path
from shutil import rmtree
from types import ModuleType
from typing import Any

from requests import sessions

from proof.events import HANG, Event
from proof.hooks import CLOUD, GUARDS, JOURNAL, SIGHT, Calls, Moments, Watched
from proof.planting import Planted, planted
from sandbox.clock import SandboxClock
from sandbox.server import serving
from sandbox.world import World
from shared.adapters import asking
from shared.adapters.google_clients import GoogleClients
from shared.adapters.google_cloud import GoogleCloud
from shared.adapters.google_sight import GoogleSight
from shared.adapters.sqlite_guards import SqliteGuards
from shared.adapters.sqlite_journal import SqliteJournal
from shared.moves import recover, starting
from shared.pipeline.workshop import Workshop

SWITCHED_EVERY = 0.0005
"""Client and server are threads of one process: neither shall wait long for the other to let go."""
SHORTENED: tuple[tuple[ModuleType, str, Any], ...] = (
    (asking, "INITIAL", 0.001),
    (asking, "MOST", 0.002),
    (recover, "LOOK_SECONDS", (30, 1800)),
    (starting, "LOOK_AGAIN", timedelta(minutes=9)),
)
"""What passes by itself is asked again at once, as the sandbox's time stands still. Where nothing but time passes,
looks are not repeated much: each is like the one before, and so are a crash and a fault at it."""
ASKS_BY_ITSELF = "DISABLE_GCS_PYTHON_CLIENT_OTEL_BUCKET_METADATA"
"""Else the client of Cloud Storage reads a bucket once, in a thread of its own, whenever that gets its turn."""
HANG_SECONDS = 0.25
"""How long a call that hangs is waited for: the answers of the sandbox come within a few milliseconds."""
MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of its own is made in it


class Scene:
    """One run: its world, its journal, its moments, and workers as many as are wanted."""

    def __init__(self, stage: Stage, journal: SqliteJournal, guards: SqliteGuards) -> None:
        self.world, self.journal, self.moments = stage.world, journal, Moments()
        self.calls = Calls(self.moments)
        self.world.calls = self.calls
        self._sight: Any = Watched(stage.sight, SIGHT, self.moments)
        self._cloud: Any = Watched(stage.cloud, CLOUD, self.moments)
        self._kept: Any = Watched(journal, JOURNAL, self.moments)
        self._guards: Any = Watched(guards, GUARDS, self.moments)
        self._workers = count(1)

    def shop(self) -> Workshop:
        """What a new worker works with."""
        worker = self.moments.worker = f"worker-{next(self._workers)}"
        return Workshop(sight=self._sight, cloud=self._cloud, journal=self._kept, queue=self._kept,
                        guards=self._guards, clock=self.world.clock, worker=worker)  # fmt: skip


class Stage:
    """A served world, whose content is replaced for each run; clients and server stay."""

    def __init__(self, world: World, endpoint: str, folder: Path) -> None:
        self.world, self._folder, self._runs = world, folder, count()
        clients = GoogleClients(endpoint)
        self.sight, self.cloud = GoogleSight(clients), GoogleCloud(clients, reason="proof")

    @contextmanager
    def scene(self, fresh: World, events: tuple[Event, ...] = ()) -> Iterator[Scene]:
        """A run in a world of its own, with an empty journal."""
        with self.world.lock:
            vars(fresh)["lock"] = self.world.lock
            vars(self.world).clear()
            vars(self.world).update(vars(fresh))
        folder = self._folder / f"{next(self._runs)}"
        folder.mkdir()
        patience = HANG_SECONDS if any(one.kind == HANG for one in events) else asking.TIMEOUT_SECONDS
        try:
            with planted(Planted(asking, "TIMEOUT_SECONDS", patience)), _kept(folder) as kept:
                yield Scene(self, *kept)
        finally:
            fresh.faults.released.set()
            rmtree(folder)


@contextmanager
def _kept(folder: Path) -> Iterator[tuple[SqliteJournal, SqliteGuards]]:
    """Where a run keeps its lines, and what it has drawn on."""
    with (
        closing(SqliteJournal(folder / "journal.db")) as journal,
        closing(SqliteGuards(folder / "guards.db")) as guards,
    ):
        yield journal, guards


@contextmanager
def _at_once() -> Iterator[None]:
    """Look for nobody between client and server, which takes long, and let threads take turns quickly."""
    interval = sys.getswitchinterval()
    with planted(Planted(sessions, "get_environ_proxies", lambda *_, **__: {})):
        sys.setswitchinterval(SWITCHED_EVERY)
        try:
            yield
        finally:
            sys.setswitchinterval(interval)


@contextmanager
def opened(start: Any) -> Iterator[Stage]:
    """The stage of this process; patience is shortened as long as it is open."""
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    os.environ.setdefault(ASKS_BY_ITSELF, "true")
    world = World(clock=SandboxClock(start))
    where = MEMORY if MEMORY.is_dir() else None
    shortened = planted(*(Planted(*one) for one in SHORTENED))
    folder = tempfile.TemporaryDirectory(dir=where)
    with _at_once(), shortened, serving(world) as endpoint, folder as name:
        yield Stage(world, endpoint, Path(name))
