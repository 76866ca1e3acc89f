"""What every test stands on: no network but loopback, a clock that is passed in, entries built in one line."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes import FakeClock
from worlds import CHECKED, Cloud, cloud_of, small_world

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"


@pytest.fixture(autouse=True)
def _only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        host = address[0] if isinstance(address, tuple) else address
        if self.family != socket.AF_UNIX and host not in ("127.0.0.1", "::1", "localhost"):
            pytest.fail(f"a test tried to reach {host}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def root() -> Path:
    return ROOT


@pytest.fixture
def reference() -> Path:
    """The reference material beside the checkout; tests that need it skip where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("../shared is not there")
    return SHARED


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    """A small sandbox on loopback, whose every reply is held to Google's schemas."""
    with cloud_of(small_world()) as served:
        yield served


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if CHECKED:
        said = f"{CHECKED['requests']} requests and {CHECKED['replies']} replies of the sandbox passed Google's schemas"
        terminalreporter.write_line(said)
