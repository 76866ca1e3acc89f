"""Each message that is acknowledged is one thing and no other, whatever it says and whatever breaks over it."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import functions_framework
import pytest
from entries import audit, push, text
from fakes import FakeClock, MemoryStore
from fakes.guards import MemoryGuards
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import Client

from shared import flows, wiring
from shared.adapters.merging_recorder import MergingRecorder
from shared.errors import StoreUnavailable
from shared.flows import OWN_CALL, After
from shared.guards.probing import BURST, probing_until
from shared.judging import Judge
from shared.policy.load import load
from shared.policy.versions import InForce, in_force
from shared.settings import Settings

CALLER = "app@acme-test.iam.gserviceaccount.com"


def denial(object_name: str = "o", **more: Any) -> dict[str, Any]:
    name = f"projects/_/buckets/{object_name}"
    return audit(permission="storage.objects.get", resource=name, **{"principal": CALLER, **more})


class Behind:
    """The detect function with a judge, and everything that it keeps."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.clock, self.store, self.guards = FakeClock(), MemoryStore(), MemoryGuards()
        self.recorder = MergingRecorder(self.store, self.clock, Settings().merge_for)
        self.after = After(judge=Judge(rules=self.rules, guards=self.guards, enforcing=True))
        monkeypatch.setattr(wiring, "clock", lambda: self.clock)
        monkeypatch.setattr(wiring, "store", lambda: self.store)
        monkeypatch.setattr(wiring, "recorder", lambda: self.recorder)
        monkeypatch.setattr(wiring, "after", lambda: self.after)
        app = functions_framework.create_app("detect_denial", str(root / "functions/detect/main.py"))
        self.client: Client = app.test_client()

    def rules(self, now: Any) -> InForce:
        return in_force((load(b"version: 1\n", now=now),))

    def post(self, entry: Any) -> int:
        return self.client.post("/", data=entry if isinstance(entry, bytes) else push(entry)).status_code


@pytest.fixture
def behind(root: Path, monkeypatch: pytest.MonkeyPatch) -> Behind:
    return Behind(root, monkeypatch)


def broken(*_: object) -> Any:
    raise ZeroDivisionError("a defect")


@pytest.mark.hazard("H32")
@pytest.mark.invariant("I20")
@pytest.mark.parametrize("part", ["rules", "pauses", "trips", "spent", "denials", "ruling"])
def test_an_exception_in_deciding_keeps_the_message_once_with_the_reason_and_decides_nothing(
    behind: Behind, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], part: str
) -> None:
    if part == "rules":
        behind.after = After(judge=Judge(rules=broken, guards=behind.guards, enforcing=True))
    else:
        monkeypatch.setattr(InForce if part == "ruling" else behind.guards, part, broken)
    assert [behind.post(denial()) for _ in range(3)] == [200, 200, 200]
    assert behind.store.kept == {}
    assert [one.reason for one in behind.store.items.values()] == ["a defect of unforbid: ZeroDivisionError"]
    lines = [json.loads(line)["outcome"] for line in capfd.readouterr().out.splitlines()]
    assert lines == ["defect", "quarantined"] * 3


@pytest.mark.hazard("H37")
@pytest.mark.invariant("I21")
@pytest.mark.parametrize("ours", [CALLER, "robot@acme-test.iam.gserviceaccount.com"])
def test_our_own_refusals_are_counted_and_nothing_is_asked_or_decided_about_them(behind: Behind, ours: str) -> None:
    behind.after = After(judge=Judge(rules=broken, guards=behind.guards), ours=frozenset({ours}))
    chain = [{"firstPartyPrincipal": {"principalEmail": "robot@acme-test.iam.gserviceaccount.com"}}]
    entry = denial(authenticationInfo={"principalEmail": CALLER, "serviceAccountDelegationInfo": chain})
    assert behind.post(entry) == 200
    behind.recorder.flush()
    assert (behind.store.kept, behind.store.items, dict(behind.store.drops)) == ({}, {}, {OWN_CALL: 1})
    assert behind.guards.refused == {}


@pytest.mark.hazard("H01")
def test_whoever_is_refused_ten_different_things_at_once_is_marked_and_repeats_do_not_count(behind: Behind) -> None:
    for number in range(BURST - 1):
        for again in range(3):
            assert behind.post({**denial(f"b{number}"), "insertId": f"{number} {again}"}) == 200
    who = f"serviceAccount:{CALLER}"
    now = behind.clock.now()
    assert probing_until(behind.guards.denials(who, now - timedelta(days=1)), now) is None
    behind.post(denial(f"b{BURST}"))
    assert probing_until(behind.guards.denials(who, now - timedelta(days=1)), now) == now + timedelta(hours=24)


@pytest.mark.hazard("H29")
def test_a_burst_that_cannot_be_counted_is_said_and_the_denial_is_kept(
    behind: Behind, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def away(*_: object) -> None:
        raise StoreUnavailable("the guards are away")

    monkeypatch.setattr(behind.guards, "denied", away)
    assert behind.post(denial()) == 200
    (line,) = [json.loads(one) for one in capfd.readouterr().out.splitlines()]
    assert (line["severity"], line["not_counted"]) == ("WARNING", "the guards are away")
    assert len(behind.store.kept) == 1


MESSAGES = st.one_of(
    st.binary(max_size=200),
    st.binary(max_size=200).map(push),
    st.text(max_size=60).map(text).map(push),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    ).map(push),
    st.sampled_from("abcdef").map(denial).map(push),
    st.sampled_from([0, 5, 16]).map(lambda code: push(audit(code=code))),
    st.tuples(st.sampled_from("abc"), st.text(max_size=20)).map(
        lambda said: push({**denial(said[0]), "insertId": said[1]})
    ),
)
OUTCOMES = {"run", "merged", "dropped", "quarantined"}


@pytest.mark.hazard("H31")
@pytest.mark.invariant("I26")
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(MESSAGES, max_size=12, unique=True))
def test_each_acknowledged_message_is_one_run_repeat_drop_or_quarantined_one(bodies: list[bytes]) -> None:
    clock, store = FakeClock(), MemoryStore()
    recorder = MergingRecorder(store, clock, Settings().merge_for)
    told = [str(flows.detect(body, recorder, store, clock)["outcome"]) for body in bodies]
    recorder.flush()
    assert set(told) <= OUTCOMES
    assert len(store.items) == told.count("quarantined")
    assert sum(store.drops.values()) == told.count("dropped")
    assert len(store.kept) == told.count("run")
    assert sum(run.deliveries for run in store.kept.values()) == told.count("run") + told.count("merged")
