"""Google's own emulators of Pub/Sub and Firestore, where this machine has them."""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PUBSUB, FIRESTORE = "pubsub-emulator/lib/*-all.jar", "cloud-firestore-emulator/cloud-firestore-emulator.jar"
MAIN = "com.google.cloud.datastore.emulator.firestore.CloudFirestore"
STARTS_WITHIN, ASKED_EVERY = 30.0, 0.02


def missing() -> str:
    """What is not here, for the line that says why nothing was run; "" where everything is."""
    if shutil.which("java") is None:
        return "there is no java to run Google's emulators"
    for jar, name in ((PUBSUB, "Pub/Sub"), (FIRESTORE, "Firestore")):
        if _jar(jar) is None:
            return f"the {name} emulator of gcloud is not installed"
    return ""


@contextmanager
def pubsub() -> Iterator[str]:
    """A running Pub/Sub, as HOST:PORT."""
    with _running(["-jar", str(_jar(PUBSUB))]) as address:
        yield address


@contextmanager
def firestore() -> Iterator[str]:
    """A running Firestore, as HOST:PORT."""
    with _running(["-cp", str(_jar(FIRESTORE)), MAIN, "start", "--database-mode=firestore-native"]) as address:
        yield address


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def wait_until_open(port: int, process: subprocess.Popen[bytes] | None = None) -> None:
    """Wait until somebody listens on a port of this machine; raises `RuntimeError` where nobody does in time."""
    ends, waiting = time.monotonic() + STARTS_WITHIN, threading.Event()
    while time.monotonic() < ends and (process is None or process.poll() is None):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            waiting.wait(ASKED_EVERY)
        else:
            return
    raise RuntimeError(f"nobody listens on port {port}")


def _jar(pattern: str) -> Path | None:
    gcloud = shutil.which("gcloud")
    if gcloud is None:
        return None
    return next(Path(gcloud).resolve().parents[1].glob(f"platform/{pattern}"), None)


@contextmanager
def _running(arguments: list[str]) -> Iterator[str]:
    """Java itself, without the wrapper of gcloud, which would leave it behind."""
    port = free_port()
    command = ["java", "-Xmx512m", *arguments, "--host=127.0.0.1", f"--port={port}"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603 - our own
    try:
        wait_until_open(port, process)
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()
