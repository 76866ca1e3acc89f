"""A Slack that others wrote (npm: emulate), served on loopback."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PACKAGE = "emulate@0.11.2"
TOKEN, CHANNEL = "test_token_admin", "C000000001"
"""What it begins with: a token that may do everything, and a channel."""
FOLDER = Path(tempfile.gettempdir()) / "unforbid-tests" / PACKAGE.replace("@", "-")


@contextmanager
def emulated_slack() -> Iterator[str]:
    """The address of Slack's Web API as others understand it; the test is skipped where it cannot be had."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("no node and npm here, so no other Slack to test against")
    if not (FOLDER / "node_modules/emulate").is_dir():
        FOLDER.mkdir(parents=True, exist_ok=True)
        install = [npm, "install", "--no-fund", "--no-audit", "--silent", "--prefix", str(FOLDER), PACKAGE]
        if subprocess.run(install, capture_output=True, check=False, timeout=120).returncode:
            pytest.skip(f"npm cannot install {PACKAGE} here, so no other Slack to test against")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(FOLDER / "node_modules/.bin/emulate"), "--service", "slack", "--port", str(port)]
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True, env={**os.environ}
    )
    try:
        _await(f"http://127.0.0.1:{port}/api/auth.test", process)
        yield f"http://127.0.0.1:{port}/api/"
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(10)


def _await(url: str, process: subprocess.Popen[bytes]) -> None:
    """Until it answers; a connection that is refused is tried again at once, for it costs nothing."""
    for _ in range(400):
        try:
            urllib.request.urlopen(url, data=b"", timeout=5).close()
        except urllib.error.HTTPError:
            return
        except (urllib.error.URLError, OSError):
            try:
                process.wait(0.05)
            except subprocess.TimeoutExpired:
                continue
            pytest.skip("the other Slack does not start here")
        else:
            return
    pytest.skip("the other Slack does not answer here")
