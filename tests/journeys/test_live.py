"""Entry in, run out, with Google asked: once for a new run, never for what merges into it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from entries import audit, on_vm, push, text
from fakes import FakeClock, MemoryStore
from fakes.facts import GIVEN, FakeFacts, live

from shared.adapters.merging_recorder import MergingRecorder
from shared.errors import StoreUnavailable
from shared.flows import After, detect
from shared.model.run import Run, RunState
from shared.settings import Settings

DENIED = audit(permission="storage.objects.get", resource="projects/_/buckets/b/objects/o")
AGAIN = DENIED | {"insertId": "i2", "timestamp": "2026-11-21T09:00:05Z"}
MERGE_FOR = Settings().merge_for


class Detecting:
    """The detect flow of one process, on a store that others share."""

    def __init__(self, store: MemoryStore, clock: FakeClock, facts: FakeFacts) -> None:
        self.store, self.clock, self.facts = store, clock, facts
        self.recorder = MergingRecorder(store, clock, MERGE_FOR)

    def sees(self, entry: dict[str, Any]) -> dict[str, object]:
        self.facts.logged.setdefault(entry["insertId"], json.dumps(entry).encode())
        return detect(push(entry), self.recorder, self.store, self.clock, After(live=live(self.facts)))

    def run(self) -> Run:
        (run,) = self.store.kept.values()
        return run

    def looks(self) -> int:
        return self.facts.count("access")


@pytest.fixture
def facts() -> FakeFacts:
    return FakeFacts()


@pytest.fixture
def function(clock: FakeClock, facts: FakeFacts) -> Detecting:
    return Detecting(MemoryStore(), clock, facts)


def test_a_new_run_is_looked_into_and_keeps_what_was_found(function: Detecting, clock: FakeClock) -> None:
    told = function.sees(DENIED)
    run = function.run()
    assert (run.report.proven, run.looked_at, run.state) == ("yes", clock.now(), RunState.DRY_RUN_DONE)
    assert told == {
        "outcome": "run",
        "run": run.id,
        "cause": "gcs.iam",
        "mode": "dry_run",
        "proven": "yes",
        "looks": len(run.report.looks),
    }


def test_what_looking_finds_changes_cause_and_state_of_the_run(function: Detecting) -> None:
    function.facts.logged["i1"] = json.dumps(audit(permission="storage.objects.delete")).encode()
    assert function.sees(DENIED)["mode"] == "refuse"
    assert function.run().state is RunState.REFUSED


@pytest.mark.hazard("H29")
def test_repeats_are_counted_and_never_looked_into(function: Detecting) -> None:
    function.sees(DENIED)
    for second in range(10, 50):
        assert (
            function.sees(DENIED | {"insertId": f"r{second}", "timestamp": f"2026-11-21T09:00:{second}Z"})["outcome"]
            == "merged"
        )
    function.recorder.flush()
    assert function.looks() == 1
    assert (function.run().count, function.run().report.proven) == (41, "yes")


@pytest.mark.hazard("H48")
def test_a_redelivery_is_not_looked_into_again(function: Detecting) -> None:
    for _ in range(3):
        function.sees(DENIED)
    assert function.looks() == 1


def test_another_process_does_not_look_again_whether_it_gets_a_repeat_or_a_redelivery(
    function: Detecting, clock: FakeClock
) -> None:
    function.sees(DENIED)
    other = Detecting(function.store, clock, function.facts)
    assert other.sees(DENIED)["outcome"] == "merged"
    assert other.sees(AGAIN)["outcome"] == "merged"
    assert function.looks() == 1


def test_a_look_whose_result_could_not_be_kept_is_made_again_with_the_next_delivery(function: Detecting) -> None:
    class Forgetful(MemoryStore):
        def learn(self, run: Run) -> None:
            if self.fails:
                raise StoreUnavailable("gone while Google was asked")
            super().learn(run)

    function.store = store = Forgetful()
    function.recorder = MergingRecorder(store, function.clock, MERGE_FOR)
    function.facts.meets = lambda _: setattr(store, "fails", True)
    with pytest.raises(StoreUnavailable):
        function.sees(DENIED)
    assert function.run().looked_at is None
    function.facts.meets, store.fails = None, False
    assert function.sees(DENIED)["proven"] == "yes"
    assert (function.looks(), function.run().report.proven) == (2, "yes")
    function.sees(DENIED)
    assert function.looks() == 2


def test_a_run_that_cannot_be_fetched_to_be_looked_into_again_is_fetched_with_the_next_delivery(
    function: Detecting,
) -> None:
    class Flaky(MemoryStore):
        fails_to = ""

        def learn(self, run: Run) -> None:
            self.fail("learn")
            super().learn(run)

        def run(self, run_id: str) -> Run:
            self.fail("run")
            return super().run(run_id)

        def fail(self, what: str) -> None:
            if what == self.fails_to:
                raise StoreUnavailable(f"gone at {what}")

    function.store = store = Flaky()
    function.recorder = MergingRecorder(store, function.clock, MERGE_FOR)
    for store.fails_to in ("learn", "run"):
        with pytest.raises(StoreUnavailable):
            function.sees(DENIED)
    store.fails_to = ""
    assert function.sees(DENIED)["proven"] == "yes"
    assert (function.looks(), function.run().count, function.run().report.proven) == (2, 1, "yes")


def test_a_denial_that_is_not_worth_it_asks_nothing_and_stays_as_it_was(function: Detecting) -> None:
    told = function.sees(text("Error 403: Rate Limit Exceeded, rateLimitExceeded"))
    assert (told["outcome"], function.facts.asked.total()) == ("run", 0)
    assert (function.run().looked_at, function.run().report.proven) == (None, None)


def test_what_is_no_denial_asks_nothing(function: Detecting) -> None:
    assert function.sees(audit(code=0))["outcome"] == "dropped"
    assert function.facts.asked.total() == 0


def test_after_a_day_the_same_denial_is_a_new_run_and_looked_into_anew(function: Detecting, clock: FakeClock) -> None:
    function.sees(DENIED)
    clock.turn(hours=24)
    function.facts.seen["storage.objects.get"] = GIVEN
    assert function.sees(AGAIN)["proven"] == "no"
    assert len(function.store.kept) == 2


def test_memory_that_was_exhausted_on_the_machine_is_still_noted_after_looking(function: Detecting) -> None:
    function.sees(
        on_vm("Out of memory: Killed process 812 (fluent-bit) total-vm:1830144kB, anon-rss:911208kB, file-rss:0kB")
    )
    denied = on_vm(
        "Error 403: app@acme-test.iam.gserviceaccount.com does not have storage.objects.get access to the Google Cloud Storage object gs://reports/o"
    ) | {"insertId": "t2"}
    function.sees(denied)
    (run,) = [one for one in function.store.kept.values() if one.report.cause == "gcs.iam"]
    assert run.report.proven == "yes"
    assert [line for line in run.report.evidence if line.startswith("memory was exhausted on this machine")]
    assert len(set(run.report.evidence)) == len(run.report.evidence)


OFF = """
import sys
sys.path[:0] = [{tests!r}, {root!r}]
from entries import audit, push
from fakes.clock import FakeClock
from fakes.store import MemoryStore
from shared import flows, wiring
from shared.adapters.merging_recorder import MergingRecorder
store, clock = MemoryStore(), FakeClock()
recorder = MergingRecorder(store, clock, wiring.settings().merge_for)
entry = audit(permission="storage.objects.get", resource="projects/_/buckets/b")
told = flows.detect(push(entry), recorder, store, clock, wiring.after())
print(told["outcome"], sorted(name for name, one in sys.modules.items() if getattr(one, "__file__", None) and name.startswith(("google", "grpc", "shared.evidence", "shared.live", "shared.pipeline.look", "shared.adapters.google"))))
"""


@pytest.mark.parametrize("look", ["", "never"])
def test_where_looking_is_off_nothing_that_looks_is_loaded(root: Path, tmp_path: Path, look: str) -> None:
    script = OFF.format(tests=str(root / "tests"), root=str(root))
    environment = {"UNFORBID_LOOK": look} if look else {}
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=tmp_path, env=environment
    )
    assert (done.stdout.strip(), done.returncode) == ("run []", 0), done.stderr


def test_where_looking_is_on_it_is_loaded(root: Path, tmp_path: Path) -> None:
    script = (
        OFF.format(tests=str(root / "tests"), root=str(root)).partition("told = ")[0]
        + "print(wiring.after().live is not None)"
    )
    environment = {"UNFORBID_LOOK": "always", "UNFORBID_ENDPOINT": "127.0.0.1:9"}
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=tmp_path, env=environment
    )
    assert (done.stdout.strip(), done.returncode) == ("True", 0), done.stderr
