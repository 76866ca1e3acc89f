"""The detect function with a store of its own, as an attacker's entries reach it."""

from __future__ import annotations

from pathlib import Path

import functions_framework
import pytest
from fakes import FakeClock, MemoryStore
from werkzeug.test import Client

from shared import wiring
from shared.adapters.merging_recorder import MergingRecorder
from shared.settings import Settings


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def client(root: Path, monkeypatch: pytest.MonkeyPatch, clock: FakeClock, store: MemoryStore) -> Client:
    recorder = MergingRecorder(store, clock, Settings().merge_for)
    monkeypatch.setattr(wiring, "clock", lambda: clock)
    monkeypatch.setattr(wiring, "store", lambda: store)
    monkeypatch.setattr(wiring, "recorder", lambda: recorder)
    app = functions_framework.create_app("detect_denial", str(root / "functions/detect/main.py"))
    made: Client = app.test_client()
    return made
