"""The detect function beside the function that does nothing, both exactly as functions-framework serves them.

One server at a time, pinned to one core, wrk on another, in turn and several rounds: what is told is the median of the
ratios within a round. First come the starts, from the start of the process to its first 200, before anything has made
the machine busy; then the loads, and the peak of memory after them. Starts are measured with compiled bytecode, as all
but the very first start of a version have it.
"""

from __future__ import annotations

import compileall
import http.client
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import events

ROOT = Path(__file__).resolve().parents[1]
PORT = 8931
STARTS, ROUNDS, SECONDS, CONNECTIONS = 11, 5, 3, 8
DISTINCT = 2_000
LIMIT, OURS = (ROOT / "bench/noop/main.py", "noop"), (ROOT / "functions/detect/main.py", "detect_denial")


@dataclass
class Loads:
    """What is posted: one file a kind of load, one body a line."""

    folder: Path
    kinds: dict[str, Path] = field(default_factory=dict)

    def write(self, kind: str, bodies: list[bytes]) -> None:
        """Add a kind of load."""
        self.kinds[kind] = self.folder / f"{kind.replace(' ', '-')}.jsonl"
        self.kinds[kind].write_bytes(b"\n".join(bodies) + b"\n")

    @property
    def headers(self) -> Path:
        """The headers of a binary CloudEvent, as `name: value` lines."""
        file = self.folder / "headers"
        file.write_text("".join(f"{name}: {value}\n" for name, value in events.HEADERS.items()))
        return file


@dataclass
class Sample:
    """One round of one server: requests a second of each load, MiB at the peak."""

    rates: dict[str, float] = field(default_factory=dict)
    memory: float = 0.0


def ratios() -> dict[str, float]:
    """The detect function over the limit: requests/s of each load, time to the first 200, peak memory."""
    compileall.compile_dir(str(ROOT / "shared"), quiet=1)
    with tempfile.TemporaryDirectory() as folder:
        loads = _loads(Path(folder))
        starts = [(_start(LIMIT, loads, folder), _start(OURS, loads, folder)) for _ in _counted("start", STARTS)]
        rounds = [(_sample(LIMIT, loads, folder), _sample(OURS, loads, folder)) for _ in _counted("round", ROUNDS)]
    told = {kind: _median(ours.rates[kind] / limit.rates[kind] for limit, ours in rounds) for kind in loads.kinds}
    told["first 200"] = _median(ours / limit for limit, ours in starts)
    told["memory"] = _median(ours.memory / limit.memory for limit, ours in rounds)
    return told


def _counted(what: str, times: int) -> Iterator[int]:
    for nth in range(times):
        print(f"  {what} {nth + 1} of {times}", file=sys.stderr)
        yield nth


def _median(values: Iterator[float]) -> float:
    return statistics.median(values)


def _loads(folder: Path) -> Loads:
    loads = Loads(folder)
    loads.write("one entry again and again", [events.push(events.denial())])
    loads.write("new entries of one denial", [events.push(events.denial(nth), nth) for nth in range(DISTINCT)])
    callers = [f"job-{nth}@{events.PROJECT}.iam.gserviceaccount.com" for nth in range(200)]
    loads.write("200 denials in turn", [events.push(events.denial(nth, who), nth) for nth, who in enumerate(callers)])
    loads.write("entries to drop", [events.push(events.success(nth), nth) for nth in range(DISTINCT)])
    return loads


def _start(function: tuple[Path, str], loads: Loads, folder: str) -> float:
    started = time.perf_counter()
    with _served(function, folder) as server:
        return _until_first_200(server, loads, started)


def _sample(function: tuple[Path, str], loads: Loads, folder: str) -> Sample:
    sample = Sample()
    with _served(function, folder) as server:
        _until_first_200(server, loads, time.perf_counter())
        for kind, bodies in loads.kinds.items():
            _wrk(bodies, loads.headers, seconds=1)
            sample.rates[kind] = _wrk(bodies, loads.headers, seconds=SECONDS)
        sample.memory = _peak(server.pid)
    return sample


@contextmanager
def _served(function: tuple[Path, str], folder: str) -> Iterator[subprocess.Popen[bytes]]:
    source, target = function
    command = [str(Path(sys.executable).parent / "functions-framework"), "--source", str(source), "--target", target]
    store = Path(tempfile.mkdtemp(dir=folder)) / "store.db"
    environment = {**os.environ, "UNFORBID_STORE": str(store), "PYTHONPATH": str(ROOT)}
    signature = "cloudevent" if target == "noop" else "http"
    server = subprocess.Popen(
        ["taskset", "-c", "0", *command, "--signature-type", signature, "--host", "127.0.0.1", "--port", str(PORT)],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield server
    finally:
        server.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            server.wait(10)
        server.kill()
        server.wait()
        while _is_open():
            time.sleep(0.02)


def _is_open() -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", PORT)) == 0


def _until_first_200(server: subprocess.Popen[bytes], loads: Loads, started: float) -> float:
    while not _is_open():
        if server.poll() is not None:
            raise SystemExit(f"the server ended with {server.returncode} before it listened")
        time.sleep(0.001)
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=20)
    body = next(iter(loads.kinds.values())).read_bytes().partition(b"\n")[0]
    connection.request("POST", "/", body, events.HEADERS)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    if answer.status != 200:
        raise SystemExit(f"the first answer was {answer.status}")
    return (time.perf_counter() - started) * 1000


def _wrk(bodies: Path, headers: Path, *, seconds: int) -> float:
    command = ["taskset", "-c", "1", "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s"]
    script = str(ROOT / "bench/storm.lua")
    done = subprocess.run(
        [*command, script, f"http://127.0.0.1:{PORT}/", "--", str(bodies), str(headers)],
        capture_output=True,
        text=True,
        check=True,
    )
    result = next(line for line in done.stdout.splitlines() if line.startswith("RESULT"))
    _, rate, failed = result.split()
    if int(failed):
        raise SystemExit(f"{failed} requests of {bodies.stem} failed")
    return float(rate)


def _peak(parent: int) -> float:
    """The peak resident memory of the worker in MiB."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    status = Path(f"/proc/{children[0] if children else parent}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def is_possible() -> bool:
    """Whether this machine has what the measure needs: wrk, taskset and two cores."""
    return bool(shutil.which("wrk") and shutil.which("taskset")) and (os.cpu_count() or 1) > 1
