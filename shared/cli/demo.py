"""`unforbid demo`: the samples through the real function, on this machine, told as stories."""

from __future__ import annotations

import base64
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from shared.cli.serve import HERE, server_command, server_environment
from shared.model.codec import to_json
from shared.settings import read_settings

if TYPE_CHECKING:
    from rich.console import Console

    from shared.adapters.sqlite_store import SqliteStore

SAMPLES = HERE / "samples"
STORE = Path(".unforbid/demo.db")
REPEATS = 300
STARTS_WITHIN_SECONDS = 30


@click.command(short_help="the stories of samples/ through the real function")
@click.option("--apply", "mends", is_flag=True, help="Three stories mended, proven and taken back in the sandbox.")
def demo(mends: bool) -> None:
    """Start the detect function, deliver the samples as Pub/Sub pushes over HTTP, and tell each story.

    Everything is real but the cloud: nothing is looked up, nothing is changed, no network is used beyond this machine.
    """
    from shared.adapters.sqlite_store import SqliteStore
    from shared.cli.draw import console
    from shared.cli.draw_runs import draw_runs

    if mends:
        from shared.cli.demo_apply import demo_apply

        sys.exit(0 if demo_apply(console()) else 1)
    read_settings(os.environ)
    if STORE.parent.exists() and not STORE.parent.is_dir():
        raise click.ClickException(f"{STORE.parent} is in the way: the demo keeps its store in a folder of that name")
    out = console()
    for old in STORE.parent.glob(f"{STORE.name}*"):
        old.unlink()
    started = time.perf_counter()
    with closing(SqliteStore(STORE)) as store:
        _tell(store, out)
        out.rule("what the store holds now", align="left", characters="-")
        draw_runs(store.runs(50), store.dropped(), store.quarantined(50))
    out.print(f"\n{time.perf_counter() - started:.1f} s. Look at one run: unforbid runs --store {STORE} show ID")
    out.print("Explain your own entries: unforbid explain FILE")


def _tell(store: SqliteStore, out: Console) -> None:
    """Every story, as the function stored it, and a storm of one of them."""
    from shared.cli.draw import draw_report

    with _server() as server:
        out.print(
            f"The detect function listens on {server.url}, as functions-framework runs it in the cloud. Observe mode.\n"
        )
        for path in sorted(SAMPLES.glob("*.json")):
            number, _, title = path.stem.partition("-")
            out.rule(f"{int(number)}. {title.replace('-', ' ')}", align="left", characters="-")
            for entry in json.loads(path.read_text("utf-8")):
                facts = server.deliver(entry)
                if "run" in facts:
                    draw_report(out, store.run(facts["run"]).report)
                else:
                    out.print(f"{facts['outcome']}: {facts['reason']}\n")
        out.rule("a storm", align="left", characters="-")
        storm = json.loads((SAMPLES / "06-bucket-not-readable.json").read_text("utf-8"))[0]
        for at in range(REPEATS):
            server.deliver({**storm, "insertId": f"storm{at}"})
        out.print(f"{REPEATS} more entries of story 6 were delivered: they are counted in the run it already had.\n")


class _Server:
    """The function under functions-framework, and its log to read back what became of each delivery."""

    def __init__(self, port: int, log: Path) -> None:
        self.url = f"http://127.0.0.1:{port}/"
        self._log, self._read, self._count = log, 0, 0

    def deliver(self, entry: dict[str, Any]) -> dict[str, Any]:
        """Push one entry as Pub/Sub does; the facts of the log line that answers it."""
        self._count += 1
        data = base64.b64encode(json.dumps(entry, separators=(",", ":")).encode()).decode()
        message = {"data": data, "attributes": {}, "messageId": str(self._count), "publishTime": entry["timestamp"]}
        body = to_json({"message": message, "subscription": "projects/demo/subscriptions/denied-calls"})
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self.url, body, headers)  # noqa: S310 - our own server on loopback
        try:
            with urllib.request.urlopen(request, timeout=10):  # noqa: S310 - likewise
                return self._next_line()
        except urllib.error.HTTPError as error:
            why = self._next_line().get("reason", "its log says no more")
            raise click.ClickException(f"the function answered {error.code}: {why}") from error
        except urllib.error.URLError as error:
            raise click.ClickException(f"the function did not answer: {error.reason}") from error

    def _next_line(self) -> dict[str, Any]:
        lines = self._log.read_text("utf-8").splitlines()[self._read :]
        self._read += len(lines)
        found: dict[str, Any] = json.loads(lines[-1])
        return found


@contextmanager
def _server() -> Iterator[_Server]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        log, errors = Path(folder) / "log", Path(folder) / "errors"
        environment = server_environment({**os.environ, "UNFORBID_STORE": str(STORE.absolute())})
        with log.open("wb") as log_file, errors.open("wb") as error_file:
            process = subprocess.Popen(  # noqa: S603 - our own command
                server_command(port), env=environment, stdout=log_file, stderr=error_file
            )
        try:
            _wait_for(port, process, errors)
            yield _Server(port, log)
        finally:
            process.terminate()
            process.wait(10)


def _wait_for(port: int, process: subprocess.Popen[bytes], errors: Path) -> None:
    deadline = time.monotonic() + STARTS_WITHIN_SECONDS
    while not _listens(port):
        if time.monotonic() > deadline or process.poll() is not None:
            said = errors.read_text("utf-8", "replace")[-2000:]
            raise click.ClickException(f"the function did not start: {said}")
        time.sleep(0.02)


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 0.2).close()
    except OSError:
        return False
    return True
