"""A program that starts functions: each in a process of its own, by the Functions Framework, as their builder does.

The libraries are imported once, here, and each function is forked from that: two hundred starts would otherwise take
two seconds each. Nothing else is shared: settings are read, and clients made, after the fork. Beside that, one thing is
not as in production: `wiring.clock` tells the time that `e2e.clock` shares.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

LIBRARIES = (
    "googleapiclient.discovery",
    "google.cloud.bigquery",
    "google.cloud.compute_v1",
    "google.cloud.firestore",
    "google.cloud.iam_admin_v1",
    "google.cloud.iam_credentials_v1",
    "google.cloud.iam_v2",
    "google.cloud.iam_v3",
    "google.cloud.logging_v2.services.logging_service_v2",
    "google.cloud.monitoring_v3",
    "google.cloud.policytroubleshooter_iam_v3",
    "google.cloud.resourcemanager_v3",
    "google.cloud.service_usage_v1",
    "google.cloud.storage",
    "google.cloud.tasks_v2",
    "gunicorn.workers.gthread",
    "slack_bolt",
    "shared.errands",
    "shared.fixing",
    "shared.slack",
    "shared.wiring",
)

RUNNING: set[int] = set()
"""The processes that were started and have not ended: the number of one that has may be another process by now."""


def main() -> None:
    """Start a function for each line that comes in, and answer with its process id; end all of them in the end."""
    for name in LIBRARIES:
        import_module(name)
    signal.signal(signal.SIGCHLD, _reap)
    _say("ready")
    for line in sys.stdin:
        asked = json.loads(line)
        one = os.fork()
        if one == 0:
            _become(asked)
        RUNNING.add(one)
        _say(str(one))
    for one in tuple(RUNNING):  # whoever asked for them is gone
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(one, signal.SIGKILL)


def _say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def _reap(*_: object) -> None:
    """Let go of those that were killed."""
    try:
        while gone := os.waitpid(-1, os.WNOHANG)[0]:
            RUNNING.discard(gone)
    except ChildProcessError:
        return


def _become(asked: dict[str, Any]) -> None:
    """Be one function, until killed: a group of processes, as the framework has a worker beside its master."""
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        _write_to(Path(asked["log"]))
        os.chdir(asked["folder"])
        os.environ.clear()
        os.environ.update(asked["environment"])
        _serve(asked)
    finally:
        os._exit(1)


def _write_to(log: Path) -> None:
    nothing, kept = os.open(os.devnull, os.O_RDONLY), os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for instead, stream in ((nothing, 0), (kept, 1), (kept, 2)):
        os.dup2(instead, stream)


def _serve(asked: dict[str, Any]) -> None:
    from functions_framework import create_app
    from functions_framework._http import create_server

    from e2e.clock import SharedClock
    from shared import wiring

    clock = SharedClock(Path(asked["clock"]))
    vars(wiring)["clock"] = lambda: clock
    app = create_app(asked["target"], asked["source"])  # type: ignore[no-untyped-call]
    create_server(app, debug=False).run("127.0.0.1", asked["port"])  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    main()
