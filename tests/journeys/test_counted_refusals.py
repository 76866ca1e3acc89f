"""An alert on refused calls in, one stored run out, through main.py; an ordinary entry loads nothing for it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from alerts import notification
from entries import audit, push
from fakes import FakeClock, MemoryStore

from shared import flows
from shared.adapters.merging_recorder import MergingRecorder
from shared.pipeline.incident import CLOSED
from shared.settings import Settings

LOADED = """
import json, sys
from shared import flows
for line in sys.stdin.buffer.read().splitlines():
    flows.explain_bytes(line)
    print("shared.pipeline.incident" in sys.modules, "shared.model.incident" in sys.modules)
"""


def test_an_alert_is_one_run_however_often_it_opens_and_its_closing_is_a_counted_drop() -> None:
    store, clock = MemoryStore(), FakeClock()
    recorder = MergingRecorder(store, clock, Settings().merge_for)
    told = [
        flows.detect(push(notification(incident_id=f"0.{n}", state=state)), recorder, store, clock)
        for n, state in enumerate(("open", "closed", "open", "open"))
    ]
    recorder.flush()
    assert [one["outcome"] for one in told] == ["run", "dropped", "merged", "merged"]
    (run,) = store.kept.values()
    assert (run.count, run.report.cause, run.state) == (3, "count.only", "NOTIFIED")
    assert store.drops == {CLOSED: 1}


def test_another_service_is_another_run() -> None:
    store, clock = MemoryStore(), FakeClock()
    recorder = MergingRecorder(store, clock, Settings().merge_for)
    for service in ("translate.googleapis.com", "vision.googleapis.com"):
        flows.detect(push(notification(service=service)), recorder, store, clock)
    recorder.flush()
    assert len(store.kept) == 2


def test_a_version_that_is_not_known_is_kept_whole_with_its_reason() -> None:
    store, clock = MemoryStore(), FakeClock()
    recorder = MergingRecorder(store, clock, Settings().merge_for)
    told = flows.detect(push(notification(version="2.0")), recorder, store, clock)
    assert (told["outcome"], "versions 1.x are read" in str(told["reason"])) == ("quarantined", True)


def test_nothing_of_it_is_loaded_before_the_first_alert_comes(root: Path) -> None:
    lines = b"\n".join(json.dumps(one).encode() for one in (audit(), notification()))
    done = subprocess.run([sys.executable, "-c", LOADED], input=lines, cwd=root, capture_output=True, check=True)
    assert done.stdout.decode().split("\n")[:2] == ["False False", "True True"]
