"""Google's Firestore emulator for tests, where this machine has it: started once, told to end when the tests do."""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

JAR = "platform/cloud-firestore-emulator/cloud-firestore-emulator.jar"
MAIN = "com.google.cloud.datastore.emulator.firestore.CloudFirestore"
STARTS_WITHIN, ASKED_EVERY = 30.0, 0.02


def missing() -> str:
    """Why there is no emulator here; "" where there is."""
    if shutil.which("java") is None:
        return "there is no java to run the Firestore emulator"
    if jar() is None:
        return "the Firestore emulator of gcloud is not installed"
    return ""


def jar() -> Path | None:
    """The emulator's jar, inside the Google Cloud CLI."""
    gcloud = shutil.which("gcloud")
    if gcloud is None:
        return None
    found = Path(gcloud).resolve().parents[1] / JAR
    return found if found.is_file() else None


@contextmanager
def firestore_emulator() -> Iterator[str]:
    """A running emulator, as HOST:PORT; without the CLI's wrapper, which would leave its java behind."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = ["java", "-Xmx256m", "-cp", str(jar()), MAIN, "start", "--database-mode=firestore-native"]
    process = subprocess.Popen(
        [*command, "--host=127.0.0.1", f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait_until_open(port, process)
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def _wait_until_open(port: int, process: subprocess.Popen[bytes]) -> None:
    ends, waiting = time.monotonic() + STARTS_WITHIN, threading.Event()
    while process.poll() is None and time.monotonic() < ends:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            waiting.wait(ASKED_EVERY)
        else:
            return
    raise RuntimeError(f"the Firestore emulator did not start: exit code {process.poll()}")
