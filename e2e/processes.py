"""The functions as processes: started, killed at any moment, and started again."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from e2e.deployment import ROOT, Function
from e2e.emulators import free_port, wait_until_open

GONE_WITHIN, ASKED_EVERY = 10.0, 0.005


class Launcher:
    """Starts functions, from one process that has their libraries."""

    def __init__(self, process: subprocess.Popen[str], folder: Path) -> None:
        self._process, self._folder, self._lock = process, folder, threading.Lock()

    def start(self, function: Function, port: int, environment: dict[str, str]) -> int:
        """The id of a new process that serves a function on a port."""
        asked = {
            "target": function.target,
            "source": str(function.path),
            "port": port,
            "environment": {**_surroundings(), **environment},
            "clock": str(self._folder / "clock"),
            "folder": str(self._folder),
            "log": str(self._folder / f"{function.name}.log"),
        }
        with self._lock:
            assert self._process.stdin is not None  # noqa: S101
            assert self._process.stdout is not None  # noqa: S101
            self._process.stdin.write(f"{json.dumps(asked)}\n")
            self._process.stdin.flush()
            return int(self._process.stdout.readline())


class Instance:
    """One function on one port: always the same function, in ever new processes."""

    def __init__(self, function: Function, launcher: Launcher, environment: dict[str, str]) -> None:
        self.function, self.port = function, free_port()
        self._launcher, self._environment = launcher, environment
        self._pid, self._lock = 0, threading.Lock()
        self.kills = 0

    def start(self) -> None:
        """Start it; requests wait until it listens."""
        with self._lock:
            self._pid = self._launcher.start(self.function, self.port, self._environment)

    def kill(self) -> None:
        """End it as the machine's end would, with everything that it is at; and start it again."""
        with self._lock:
            self._end()
            self.kills += 1
            self._pid = self._launcher.start(self.function, self.port, self._environment)

    def end(self) -> None:
        """End it for good."""
        with self._lock:
            self._end()

    def _end(self) -> None:
        if not self._pid:
            return
        os.killpg(self._pid, signal.SIGKILL)
        waiting = threading.Event()
        for _ in range(int(GONE_WITHIN / ASKED_EVERY)):
            if not _listens(self.port):
                self._pid = 0
                return
            waiting.wait(ASKED_EVERY)
        raise RuntimeError(f"{self.function.name} survives SIGKILL")


@contextmanager
def launching(folder: Path) -> Iterator[Launcher]:
    """A launcher, whose logs and clock are in a folder."""
    command = [sys.executable, "-m", "e2e.launch"]
    around = {**os.environ, **_surroundings()}
    process = subprocess.Popen(  # noqa: S603 - our own
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=around
    )
    try:
        assert process.stdout is not None  # noqa: S101
        if process.stdout.readline().strip() != "ready":
            raise RuntimeError("the launcher of functions does not start")
        yield Launcher(process, folder)
    finally:
        process.kill()
        process.communicate()


@contextmanager
def running(instances: list[Instance]) -> Iterator[None]:
    """Run instances until the block ends."""
    try:
        for one in instances:
            one.start()
        for one in instances:
            wait_until_open(one.port)
        yield
    finally:
        for one in instances:
            one.end()


def _surroundings() -> dict[str, str]:
    """What every process here has in its environment: nothing of ours."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**kept, "PYTHONPATH": str(ROOT), "GRPC_VERBOSITY": "NONE", "PYTHONDONTWRITEBYTECODE": "1"}


def _listens(port: int) -> bool:
    """Whether somebody takes connections on a port; the dead do not, although init may not have noticed yet."""
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True
