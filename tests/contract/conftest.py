"""The ports on Google's Firestore emulator, where this machine has it; elsewhere those tests are skipped."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest
from emulators import firestore_emulator, missing
from fakes.firestore_faults import Network, network_before
from firestore_bench import Bench

from shared.adapters.firestore_database import FirestoreDatabase

PROJECTS = count(1)
WARM_SECONDS = 60.0


@pytest.fixture(scope="session")
def emulator() -> Iterator[str]:
    if why := missing():
        pytest.skip(why)
    with firestore_emulator() as address:
        _warm(address)
        yield address


def _warm(address: str) -> None:
    """Call everything once with much time: the first calls of a new java take longer than any rule here is about."""
    from google.cloud.firestore import Client

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FIRESTORE_EMULATOR_HOST", address)
        client = Client(project="test-warm")
        client.document("warm/up").set({"n": 1}, timeout=WARM_SECONDS)
        client.document("warm/up").get(timeout=WARM_SECONDS)
        client.collection("warm").order_by("n").get(timeout=WARM_SECONDS)


@pytest.fixture
def database(emulator: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[FirestoreDatabase]:
    """An empty database: each test has a project of its own."""
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", emulator)
    made = FirestoreDatabase(f"test-{next(PROJECTS)}")
    yield made
    made.close()


@pytest.fixture(scope="session")
def served(emulator: str) -> Iterator[tuple[Network, str]]:
    with network_before(emulator) as network:
        yield network


@pytest.fixture
def bench(database: FirestoreDatabase, served: tuple[Network, str], monkeypatch: pytest.MonkeyPatch) -> Bench:
    network, address = served
    network.faults.clear()
    network.asked.clear()
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", address)
    return Bench(database, network)
