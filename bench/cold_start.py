"""How long each function takes to its first answer, unpacked from its archive, over a function that does nothing.

`python bench/cold_start.py` prints the table of docs/deploy.md. Every start is a fresh server of functions-framework
that sees the archive and the packages of its lock, nothing else; the archives come in turn, and what is told is the
median of the ratios of processor time within a round, which others on the machine hardly change. `first answer` is
without compiled bytecode of ours and with that of the packages: Google's build compiles what pip installs
(`compileall --invalidation-mode unchecked-hash`) and nothing of the archive.
"""

from __future__ import annotations

import compileall
import hashlib
import hmac
import http.client
import json
import os
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

import events

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tools/terraform"), str(ROOT / "tests")]

from pack import archive, functions, install, packed
from unpacked import ALONE, STANDARD, unpack

PORT, ROUNDS, PATIENCE = 8933, 7, 60.0
ENTRIES = {"approve": "approve_click", "detect": "detect_denial", "execute": "execute_fix", "sweep": "sweep_up"}
NOTHING, FIRESTORE = "nothing", "nothing, but loads Firestore's client"
LIMITS = {
    NOTHING: "import functions_framework\n\n\n@functions_framework.http\ndef noop(request):\n    return 'ok'\n",
    FIRESTORE: "import functions_framework\n\n\n@functions_framework.http\ndef noop(request):\n"
    "    from google.cloud.firestore import Client\n\n    return Client.__name__\n",
}
"""Functions that do nothing; one loads what every function of a deployment loads with its first answer."""
SERVE = "import sys\nfrom functions_framework._cli import _cli\n_cli(sys.argv[1:])\n"
SECRET = "bench"  # noqa: S105 - signs clicks on this machine


class Started(NamedTuple):
    """A function that can be started: its folder, its entry point, and whether our bytecode is there."""

    name: str
    folder: Path
    entry: str
    compiled: bool


def main() -> None:
    """Measure, and print the table."""
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        packages = install((ROOT / "requirements.lock").read_text(), here / "packages")
        compileall.compile_dir(str(packages), quiet=2)
        started = [*_limits(here), *_ours(here)]
        rounds = [{one: _first_answer(one, packages, here) for one in started} for _ in _counted(ROUNDS)]
    nothing = started[0]
    ratio = {one: statistics.median(each[one] / each[nothing] for each in rounds) for one in started}
    print("| function | files | archive, KiB | first answer | with bytecode |\n|---|---|---|---|---|")
    print(f"| {FIRESTORE} | | | {ratio[started[1]]:.2f} | |")
    for name in functions():
        plain, compiled = (next(ratio[one] for one in started if one[::3] == (name, how)) for how in (False, True))
        size = len(archive(name)) / 1024
        print(f"| `{name}` | {len(packed(name))} | {size:.0f} | {plain:.2f} | {compiled:.2f} |")


def _limits(here: Path) -> Iterator[Started]:
    for number, (name, source) in enumerate(LIMITS.items()):
        folder = here / f"limit-{number}"
        folder.mkdir()
        (folder / "main.py").write_text(source)
        yield Started(name, folder, "noop", compiled=False)


def _ours(here: Path) -> Iterator[Started]:
    for name in functions():
        for compiled in (False, True):
            folder = unpack(name, ROOT, here / f"{name}-{compiled}")
            if compiled:
                compileall.compile_dir(str(folder), quiet=2)
            yield Started(name, folder, ENTRIES[name], compiled)


def _counted(times: int) -> Iterator[int]:
    for nth in range(times):
        print(f"  round {nth + 1} of {times}", file=sys.stderr)
        yield nth


def _first_answer(one: Started, packages: Path, here: Path) -> float:
    """Seconds of processor time that a server takes from its start to its first answer."""
    began, before = time.perf_counter(), _used()
    with _served(one, packages, here):
        while not _is_open():
            if time.perf_counter() - began > PATIENCE:
                raise SystemExit(f"{one.name} does not listen")
            time.sleep(0.001)
        connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=PATIENCE)
        connection.request("POST", "/", *_request(one.name))
        answer = connection.getresponse()
        answer.read()
        connection.close()
    if answer.status != 200:
        raise SystemExit(f"the first answer of {one.name} was {answer.status}")
    return _used() - before


def _used() -> float:
    """Seconds of processor time of all processes that we have started and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@contextmanager
def _served(one: Started, packages: Path, here: Path) -> Iterator[None]:
    code = ALONE.format(standard=STANDARD, packages=str(packages)) + SERVE
    where = Path(tempfile.mkdtemp(dir=here))
    command = [sys.executable, "-I", "-S", "-B", "-c", code, "--source", str(one.folder / "main.py")]
    server = subprocess.Popen(
        [*command, "--target", one.entry, "--host", "127.0.0.1", "--port", str(PORT)],
        cwd=where,
        env={"PATH": os.environ["PATH"], "UNFORBID_SLACK_SIGNING_SECRET": SECRET},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        server.terminate()
        server.wait()
        while _is_open():
            time.sleep(0.01)


def _is_open() -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", PORT)) == 0


def _request(name: str) -> tuple[bytes, dict[str, str]]:
    """What the caller of a function sends it."""
    if name == "approve":
        return _click()
    if name == "detect":
        return events.push(events.denial()), dict(events.HEADERS)
    return json.dumps({"fix": "f-0"}).encode(), {"Content-Type": "application/json"}


def _click() -> tuple[bytes, dict[str, str]]:
    """A signed click on a question that nobody has asked."""
    said = {
        "type": "view_submission",
        "user": {"id": "U1", "name": "ann", "team_id": "T1"},
        "team": {"id": "T1", "domain": "acme"},
        "enterprise": None,
        "api_app_id": "A1",
        "trigger_id": "1.trigger",
        "view": {
            "id": "V1",
            "type": "modal",
            "callback_id": "vote",
            "private_metadata": f"approve a-0 {'0' * 64}",
            "state": {"values": {"reason": {"reason": {"value": "the upload needs it"}}}},
        },
        "response_urls": [],
    }
    body, at = urlencode({"payload": json.dumps(said)}).encode(), str(int(time.time()))
    signature = hmac.new(SECRET.encode(), f"v0:{at}:".encode() + body, hashlib.sha256).hexdigest()
    kind = "application/x-www-form-urlencoded"
    return body, {"Content-Type": kind, "X-Slack-Request-Timestamp": at, "X-Slack-Signature": f"v0={signature}"}


if __name__ == "__main__":
    main()
